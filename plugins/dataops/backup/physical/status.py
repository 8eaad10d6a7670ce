"""How far the archived WAL reaches: what a disaster now would leave."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataops.backup import catalog
from dataops.backup.manifest.header import Header, PgBackRest
from dataops.backup.physical.archive import archived
from dataops.backup.physical.wal import Segment, gaps, reachable
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.postgres import connect, explained, sql


@dataclass(frozen=True)
class Archiver:
    """What the primary says of its archiver."""

    last_archived_time: datetime | None
    failed_count: int
    last_failed_wal: str | None
    last_failed_time: datetime | None
    current_wal: str
    archive_timeout: int
    segment_size: int
    now: datetime

    @property
    def failing(self) -> str:
        """Why the last attempt is red; empty where it went well."""
        failed, done = self.last_failed_time, self.last_archived_time
        if failed is None or (done is not None and done > failed):
            return ""
        return f"{self.last_failed_wal} could not be archived at {failed:%Y-%m-%d %H:%M:%S} UTC"

    def has_only_current(self, last: Segment) -> bool:
        """Whether nothing is left to archive after ``last`` but the current segment, which is not full."""
        return (
            not self.failing and last.number + 1 >= Segment.named(self.current_wal, self.segment_size).number
        )


@dataclass(frozen=True)
class WalStatus:
    """What the archive holds since the newest backup, and how fresh that is."""

    last_archived_at: datetime | None
    failed_count: int
    failing: str
    """The archiver's last failure where it came after its last success; empty otherwise."""
    gap: tuple[str, ...]
    """Missing segments since the newest backup, as ``first`` or ``first to last``."""
    newest_recoverable: datetime | None
    """None where there is no backup, or the WAL that makes it consistent is missing."""


def wal_status(platform: Platform, server: Server) -> WalStatus:
    """The state of a server's archive, from the store's own listing and the primary's archiver.

    A server that wrote nothing is fresh: PostgreSQL switches segments ``archive_timeout`` after the last
    change (documentation, archive_timeout), so once every finished segment is archived, all that is older
    than ``archive_timeout`` is.
    """
    archiver = ask_archiver(platform, server)
    newest = catalog.newest(platform.store, server.name).backups
    backup = newest[0].header.pgbackrest if newest else None
    if backup is None or not newest:
        return WalStatus(archiver.last_archived_time, archiver.failed_count, archiver.failing, (), None)
    found, needed = _archived(platform, server, newest[0].header, backup, archiver.segment_size)
    start = Segment.named(backup.wal_start, archiver.segment_size)
    return WalStatus(
        last_archived_at=archiver.last_archived_time,
        failed_count=archiver.failed_count,
        failing=archiver.failing,
        gap=tuple(_spelt(hole, archiver.segment_size) for hole in gaps(found, start, needed)),
        newest_recoverable=_newest(found, start, needed, archiver),
    )


def ask_archiver(platform: Platform, server: Server) -> Archiver:
    """What the primary's statistics say of its archiver."""
    connection = platform.connection(server.connection)
    with (
        closing(connect(connection, application_name="watch archiver", autocommit=True)) as session,
        explained(f"the archiver of {server.name}"),
        session.cursor() as cursor,
    ):
        cursor.execute(sql(__package__, "archiver"))
        row = cursor.fetchone()
        assert row is not None and cursor.description is not None
        return Archiver(**dict(zip((column.name for column in cursor.description), row, strict=True)))


def _archived(
    platform: Platform, server: Server, header: Header, backup: PgBackRest, size: int
) -> tuple[dict[Segment, datetime], Segment]:
    """What lies in the archive since the backup began, and the last segment that its manifest needs."""
    found = dict(archived(platform.store, server, since=backup.wal_start, size=size))
    needed = Segment.named(backup.wal_stop, size)
    if header.lsn and header.timeline:
        needed = max(needed, Segment.holding(header.lsn, header.timeline, size))
    return found, needed


def _newest(
    found: dict[Segment, datetime], start: Segment, needed: Segment, archiver: Archiver
) -> datetime | None:
    last = reachable(found, start)
    if last is None or last.number < needed.number:
        return None
    if last == max(found) and archiver.has_only_current(last) and archiver.archive_timeout:
        return max(found[last], archiver.now - timedelta(seconds=archiver.archive_timeout))
    return found[last]


def _spelt(hole: tuple[Segment, Segment], size: int) -> str:
    first, last = (segment.name(size) for segment in hole)
    return first if first == last else f"{first} to {last}"
