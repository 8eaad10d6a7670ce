"""What ``pgbackrest info --output=json`` says, with the error fields that its exit code does not show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dataops.backup.manifest.header import PgBackRest
from dataops.backup.physical.errors import PgBackRestFailed

NO_STANZA = {1, 2, 3}
"""Status codes of info: missing stanza path, no valid backups, missing stanza data."""


class _Part(BaseModel):
    # pgBackRest adds fields with its releases and promises to keep those that there are.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Status(_Part):
    """0 is well; everything else has a message."""

    code: int
    message: str = ""


class RepositoryStatus(_Part):
    """One repository of the stanza."""

    key: int
    status: Status


class Range(_Part):
    """From a first to a last WAL segment or LSN."""

    start: str | None = None
    stop: str | None = None


class Times(_Part):
    """Seconds since 1970, UTC."""

    start: int
    stop: int


class Reference(_Part):
    """A database of the stanza: after an upgrade the same stanza has several."""

    id: int
    repository: int = Field(1, alias="repo-key")


class Amount(_Part):
    """Bytes: of the whole set, and of what this backup added."""

    size: int = 0
    delta: int = 0


class Sizes(Amount):
    """Bytes in PostgreSQL, and in the repository."""

    repository: Amount = Amount()


class Tool(_Part):
    """The pgBackRest that took it."""

    version: str = ""


class BackupInfo(_Part):
    """One backup of the repository."""

    label: str
    type: Literal["full", "diff", "incr"]
    error: bool | None = None
    """Whether page checksums were invalid; None where a version does not say."""
    error_list: tuple[str, ...] = Field((), alias="error-list")
    prior: str | None = None
    reference: tuple[str, ...] | None = None
    archive: Range = Range()
    lsn: Range = Range()
    timestamp: Times
    database: Reference
    info: Sizes = Sizes()
    backrest: Tool = Tool()

    @property
    def finished(self) -> datetime:
        """When it ended."""
        return datetime.fromtimestamp(self.timestamp.stop, UTC)

    def summary(self, stanza: str) -> PgBackRest:
        """What the manifest's header keeps of it."""
        return PgBackRest(
            label=self.label,
            type=self.type,
            stanza=stanza,
            repo=self.database.repository,
            lsn_start=self.lsn.start or "",
            lsn_stop=self.lsn.stop or "",
            wal_start=self.archive.start or "",
            wal_stop=self.archive.stop or "",
            prior=self.prior,
        )


class Stanza(_Part):
    """All that the repositories hold of one stanza."""

    name: str
    status: Status
    repo: tuple[RepositoryStatus, ...] = ()
    backup: tuple[BackupInfo, ...] = ()

    def exists_in(self, number: int) -> bool:
        """Whether the repository has the stanza; ``PgBackRestFailed`` where that cannot be known."""
        status = next((each.status for each in self.repo if each.key == number), self.status)
        if status.code not in {0, 2, *NO_STANZA}:
            raise PgBackRestFailed(f"Repository {number} of stanza {self.name}: {status.message}.")
        return status.code in {0, 2}

    def of(self, number: int) -> tuple[BackupInfo, ...]:
        """The backups in one repository, the oldest first."""
        return tuple(each for each in self.backup if each.database.repository == number)


def parse(text: str, stanza: str) -> Stanza:
    """The stanza that pgBackRest's JSON describes; ``PgBackRestFailed`` where it is not as documented."""
    try:
        found = TypeAdapter(tuple[Stanza, ...]).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PgBackRestFailed(f"pgBackRest's info cannot be read: {where}: {first['msg']}.") from error
    for each in found:
        if each.name == stanza:
            return each
    return Stanza(name=stanza, status=Status(code=1, message="missing stanza path"))
