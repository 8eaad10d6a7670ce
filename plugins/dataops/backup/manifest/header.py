"""The clear part of a manifest: what a catalog, a watch or a person needs to know without any key."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Artifact

FORMAT = 1
"""The newest format that this program reads and the one that it writes."""


class UnreadableManifest(DataOpsError):
    """A manifest is not JSON, lacks something, or was written by a newer program."""


class Consistency(StrEnum):
    """How well the manifest's moment equals the backup's."""

    EXACT_SNAPSHOT = "exact snapshot"
    EXACT_LSN = "exact at LSN"
    BEST_KNOWN = "best known"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Encryption(_Part):
    """How the objects are encrypted: ``age``, ``pgbackrest``, ``kms`` or ``off``, and for whom."""

    scheme: str
    recipients: tuple[str, ...] = ()


class Coverage(_Part):
    """How much of the data the manifest counted and hashed itself, and what it could not see."""

    content: str = "full"
    tables: int = 0
    hashed: int = 0
    blind: tuple[str, ...] = ()


class PgBackRest(_Part):
    """What pgBackRest calls this backup, and the WAL that it needs."""

    label: str
    type: str
    stanza: str
    repo: int = 1
    lsn_start: str = ""
    lsn_stop: str = ""
    wal_start: str = ""
    wal_stop: str = ""
    prior: str | None = None
    replica: str | None = None
    """The label of the backup of its own in the replica bucket's repository."""


class Rds(_Part):
    """The snapshot of a managed server, and its copy in the second region."""

    snapshot: str
    arn: str = ""
    region: str = ""
    copy_arn: str = ""
    copy_region: str = ""
    kms_key: str = ""


class Header(_Part):
    """``manifest.json``: it is written last, so a backup exists only where one stands.

    Bytes and rows are exact; times are UTC; ``objects`` lists every object of the backup but this one.
    """

    format: int = FORMAT
    backup_id: str
    subject: str
    kind: str
    method: str
    environment: str
    server: str
    dbname: str | None = None

    started: datetime
    finished: datetime
    snapshot_at: datetime
    consistency: Consistency
    lsn: str | None = None
    timeline: int | None = None
    system_identifier: str | None = None
    server_version: str = ""
    encoding: str | None = None
    collation: str | None = None

    database_bytes: int = 0
    stored_bytes: int = 0
    rows: int | None = None
    tables: int | None = None
    coverage: Coverage = Coverage()

    objects: tuple[Artifact, ...] = ()
    details_key: str | None = None
    encryption: Encryption
    programs: dict[str, str] = Field(default_factory=dict)
    git_commit: str | None = None
    fence: int | None = None

    pgbackrest: PgBackRest | None = None
    rds: Rds | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """JSON that a person can read, keys in the order of this model."""
        return self.model_dump_json(indent=2).encode() + b"\n"

    @classmethod
    def from_bytes(cls, body: bytes, key: str = "manifest.json") -> Header:
        """The header that ``to_bytes`` wrote; ``UnreadableManifest`` says what is wrong with ``key``."""
        try:
            written = json.loads(body)
            newer = int(written["format"]) > FORMAT
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableManifest(
                f"{key} is not a manifest: it is no JSON object with a format."
            ) from error
        if newer:
            raise UnreadableManifest(
                f"{key} has format {written['format']}, this program reads up to {FORMAT}: update dataops."
            )
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise UnreadableManifest(f"{key} is not a valid manifest: {field}: {first['msg']}.") from error
