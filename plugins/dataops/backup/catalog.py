"""The catalog: which backups a subject has, read from the store alone. No manifest, no backup."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from dataops.backup.manifest.header import Header, UnreadableManifest
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.evidence.verdict import Verdict
from dataops.store import ObjectMissing

if TYPE_CHECKING:
    from dataops.store import ObjectStore

BACKUP_ID = re.compile(r"^(\d{8}T\d{6}Z)-[0-9a-f]{6}$")
READERS = 8
"""Manifests read at once: the listing of a year's backups stays within a second or two."""


class BackupGone(InconclusiveError):
    """A backup that was chosen is no longer there: it expired, or somebody deleted it."""


class Proof(BaseModel):
    """What a drill left about the backup that it restored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    """When the drill ended."""
    verdict: Verdict
    coverage: Mapping[str, JsonValue] = Field(default_factory=dict)
    """How much of the data it looked at, as the drill's checks say."""
    evidence: str = ""
    started: datetime | None = None
    kind: str = "backup"
    """What was restored: ``backup`` (its manifest's moment), ``instant`` or ``end of archive``."""
    reached: datetime | None = None
    """The moment that was restored; WAL was replayed from the backup's own moment to here."""


@dataclass(frozen=True)
class Backup:
    """One published backup: its manifest's header, and its proofs, the oldest first.

    A drill that failed takes away what an earlier one had proven. A drill that was inconclusive could not
    look: it says nothing new, and an earlier proof stands, with its own date.
    """

    header: Header
    proofs: tuple[Proof, ...] = ()

    @property
    def backup_id(self) -> str:
        """Its id."""
        return self.header.backup_id

    @property
    def proof(self) -> Proof | None:
        """The proof that stands, with its date and coverage; None where the backup is not proven."""
        told = [each for each in self.proofs if each.verdict is not Verdict.INCONCLUSIVE]
        return told[-1] if told and told[-1].verdict is Verdict.PASSED else None

    @property
    def proven(self) -> bool:
        """Whether its latest drill passed, not counting those that could not look."""
        return self.proof is not None

    @property
    def last_drill(self) -> Proof | None:
        """What its latest drill left, whatever its verdict."""
        return self.proofs[-1] if self.proofs else None


@dataclass(frozen=True)
class Damaged:
    """A manifest that is there and cannot be read, and why."""

    backup_id: str
    reason: str


@dataclass(frozen=True)
class Catalog:
    """All that the store holds of a subject, the newest first."""

    backups: tuple[Backup, ...]
    damaged: tuple[Damaged, ...]
    unfinished: tuple[str, ...]
    """Ids under which objects lie without a manifest: runs in progress, or leftovers of runs that died."""


def folder(subject: str, backup_id: str = "") -> str:
    """The prefix of everything that belongs to a subject, or to one of its backups."""
    return f"backups/{subject}/" + (f"{backup_id}/" if backup_id else "")


def proofs_folder(subject: str, backup_id: str = "") -> str:
    """The prefix of the proofs of a subject or of one backup: outside of what drills only read."""
    return f"proofs/{subject}/" + (f"{backup_id}/" if backup_id else "")


def manifest_key(subject: str, backup_id: str) -> str:
    """Where a backup's manifest lies."""
    return folder(subject, backup_id) + "manifest.json"


def started_at(backup_id: str) -> datetime:
    """When the run of this id began, UTC, as the id itself says."""
    matched = BACKUP_ID.match(backup_id)
    if matched is None:
        raise ConfigurationError(f"{backup_id!r} is no backup id: one looks like 20261123T141500Z-3f9a2c.")
    return datetime.strptime(matched[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def header(store: ObjectStore, subject: str, backup_id: str) -> Header:
    """The manifest's header of one backup.

    Raises ``BackupGone`` where there is none, ``UnreadableManifest`` where it is damaged.
    """
    key = manifest_key(subject, backup_id)
    try:
        return Header.from_bytes(store.get(key), key)
    except ObjectMissing:
        raise BackupGone(
            f"Backup {backup_id} of {subject} is no longer in the store: it expired or was deleted. "
            "Choose another one."
        ) from None


def read(store: ObjectStore, subject: str) -> Catalog:
    """The catalog of a subject, eight backups read at a time; one listing finds the proofs of all."""
    proofs = _proof_keys(store, subject)
    with ThreadPoolExecutor(READERS) as pool:
        found = list(
            pool.map(
                lambda backup_id: _entry(store, subject, backup_id, proofs.get(backup_id, [])),
                _ids(store, subject),
            )
        )
    return Catalog(
        backups=tuple(
            sorted(
                (each for each in found if isinstance(each, Backup)),
                key=lambda each: (each.header.snapshot_at, each.backup_id),
                reverse=True,
            )
        ),
        damaged=tuple(each for each in found if isinstance(each, Damaged)),
        unfinished=tuple(each for each in reversed(found) if isinstance(each, str)),
    )


def backups(store: ObjectStore, subject: str) -> tuple[Backup, ...]:
    """The published backups of a subject, the newest first."""
    return read(store, subject).backups


def newest(store: ObjectStore, subject: str, *, until: datetime | None = None) -> Catalog:
    """The catalog from its newest entry down to the first readable backup: few reads, however many.

    Entries that begin after ``until`` are passed over where there are others: a clock that once jumped ahead
    must not hide what came later.
    """
    damaged: list[Damaged] = []
    unfinished: list[str] = []
    ids = _ids(store, subject)
    past = [each for each in ids if until is None or started_at(each) <= until]
    for backup_id in reversed(past or ids):
        proofs = [listed.key for listed in store.list(proofs_folder(subject, backup_id))]
        entry = _entry(store, subject, backup_id, proofs)
        if isinstance(entry, Backup):
            return Catalog((entry,), tuple(damaged), tuple(unfinished))
        if isinstance(entry, Damaged):
            damaged.append(entry)
        elif entry is not None:
            unfinished.append(entry)
    return Catalog((), tuple(damaged), tuple(unfinished))


def published(store: ObjectStore, subject: str) -> dict[str, datetime]:
    """From the id of each published backup to the moment its manifest was written, by the store's clock."""
    found = {}
    for backup_id in _ids(store, subject):
        for listed in store.list(manifest_key(subject, backup_id)):
            found[backup_id] = listed.modified
    return found


def subjects(store: ObjectStore) -> tuple[str, ...]:
    """The names under which anything lies in the store's ``backups/``, sorted."""
    return tuple(name for name in _names(store, "backups/") if _holds_anything(store, folder(name)))


def _ids(store: ObjectStore, subject: str) -> list[str]:
    return [name for name in _names(store, folder(subject)) if BACKUP_ID.match(name)]


def _holds_anything(store: ObjectStore, prefix: str) -> bool:
    """Some stores go on listing a folder whose last object was deleted."""
    return any(True for _ in store.list(prefix))


def _names(store: ObjectStore, prefix: str) -> list[str]:
    """The names of the folders right under a prefix, sorted."""
    listed = (each.key for each in store.list(prefix, "/"))
    return sorted(key.removeprefix(prefix).rstrip("/") for key in listed if key.endswith("/"))


def _proof_keys(store: ObjectStore, subject: str) -> dict[str, list[str]]:
    """From each backup's id to the keys of its proofs."""
    prefix = proofs_folder(subject)
    found: dict[str, list[str]] = {}
    for listed in store.list(prefix):
        found.setdefault(listed.key.removeprefix(prefix).partition("/")[0], []).append(listed.key)
    return found


def _entry(
    store: ObjectStore, subject: str, backup_id: str, proofs: Sequence[str]
) -> Backup | Damaged | str | None:
    """The backup; what is wrong with its manifest; the bare id without one; None for an empty folder."""
    key = manifest_key(subject, backup_id)
    try:
        told = Header.from_bytes(store.get(key), key)
        if told.backup_id != backup_id:
            return Damaged(backup_id, f"{key} is the manifest of {told.backup_id}.")
        if told.subject != subject:
            return Damaged(backup_id, f"{key} is the manifest of a backup of {told.subject}.")
        read = [proof for key in proofs if (proof := _proof(store, key)) is not None]
        return Backup(told, tuple(sorted(read, key=lambda proof: proof.at)))
    except ObjectMissing:
        return backup_id if _holds_anything(store, folder(subject, backup_id)) else None
    except UnreadableManifest as error:
        return Damaged(backup_id, str(error))


def _proof(store: ObjectStore, key: str) -> Proof | None:
    """The proof; None where it went in between, with its backup."""
    try:
        return Proof.model_validate(json.loads(store.get(key)))
    except ObjectMissing:
        return None
    except (ValueError, ValidationError) as error:
        raise UnreadableManifest(f"{key} is not a proof: {type(error).__name__}.") from error
