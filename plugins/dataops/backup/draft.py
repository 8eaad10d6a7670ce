"""A backup that is not one yet: what was stored, kept in the store between the steps of a run."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from dataops.backup.catalog import folder as folder_of
from dataops.backup.manifest.header import Header
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Artifact

if TYPE_CHECKING:
    from dataops.store import ObjectStore


class NoDraft(DataOpsError):
    """The draft that a step needs is gone or unreadable."""


class Piece(BaseModel):
    """One object with files of the dump: ``size`` and ``sha256`` as stored, ``plain_size`` before sealing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    key: str
    size: int
    sha256: str
    plain_size: int

    @property
    def artifact(self) -> Artifact:
        """What the manifest lists of it."""
        return Artifact(key=self.key, size=self.size, sha256=self.sha256)


class Draft(BaseModel):
    """``draft.json``: since when a backup is being made, and its manifest once everything is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backup_id: str
    subject: str
    state: Literal["taking", "taken"]
    started: datetime
    holder: str
    header: Header | None = None

    def to_bytes(self) -> bytes:
        """JSON for the store."""
        return self.model_dump_json().encode()


def new_backup_id(started: datetime) -> str:
    """``20261123T141500Z-3f9a2c``: the start in UTC and something random."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def read_draft(store: ObjectStore, subject: str, backup_id: str, sha256: str) -> Header:
    """The manifest that a draft with this SHA-256 holds; ``NoDraft`` where it cannot be had."""
    from dataops.store import ObjectMissing

    key = folder_of(subject, backup_id) + "draft.json"
    try:
        body = store.get(key)
    except ObjectMissing as error:
        raise NoDraft(
            f"There is no {key}: the backup was not taken, is published already, or was swept."
        ) from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise NoDraft(f"{key} is not the draft that was sent: another run wrote over it, or it was damaged.")
    header = Draft.model_validate_json(body).header
    if header is None:
        raise NoDraft(f"{key} is the draft of a backup that was not taken to its end.")
    return header
