"""Where recovery of a server stops, and which backup it begins from. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataops.backup.catalog import BACKUP_ID, Backup
from dataops.backup.manifest.header import Header, PgBackRest
from dataops.backup.physical.wal import position
from dataops.backup.restore.point import NoSuchPoint, choose

LSN = re.compile(r"^[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}$")


@dataclass(frozen=True)
class Aim:
    """One recovery: its backup, pgBackRest's options for where it stops, and the same in words."""

    header: Header
    label: str
    options: tuple[str, ...]
    words: str
    exact: bool
    """Whether the manifest says what must be there afterwards."""


def aim(backups: Sequence[Backup], point: str) -> Aim:
    """The recovery that ``latest``, a backup id, an ISO 8601 time or an LSN means.

    ``latest`` is the end of the archived WAL. A backup id is the manifest's own moment: recovery stops just
    before its LSN (``recovery_target_inclusive=off``; inclusive would replay one commit too many).
    """
    usable = [backup for backup in backups if backup.header.pgbackrest]
    if LSN.match(point):
        return _at_lsn(usable, point)
    header = choose(usable, point).header
    if point == "latest":
        return at_end(header)
    return at_backup(header) if BACKUP_ID.match(point) else at_time(header, _moment(point), point)


def at_backup(header: Header) -> Aim:
    """The manifest's own moment, exactly: just before its LSN."""
    options = _before(str(header.lsn), str(header.timeline))
    words = f"just before {header.lsn}, the moment of its manifest"
    return Aim(header, _copied(header).label, options, words, exact=True)


def at_end(header: Header) -> Aim:
    """The end of the archived WAL."""
    options = ("--type=default",)
    return Aim(header, _copied(header).label, options, "the end of the archived WAL", exact=False)


def at_time(header: Header, moment: datetime, words: str | None = None) -> Aim:
    """The last commit until a moment; PostgreSQL reads a time without a zone in its own, so it is said."""
    zoned = moment.astimezone(UTC).isoformat(sep=" ")
    options = ("--type=time", f"--target={zoned}", "--target-action=promote")
    return Aim(header, _copied(header).label, options, f"the last commit until {words or zoned}", exact=False)


def at_lsn(header: Header, lsn: str) -> Aim:
    """All that was written before an LSN, which lies behind the backup's end."""
    return Aim(header, _copied(header).label, _before(lsn, "latest"), f"just before {lsn}", exact=False)


def _at_lsn(backups: Sequence[Backup], lsn: str) -> Aim:
    reached = [each.header for each in backups if position(_copied(each.header).lsn_stop) <= position(lsn)]
    if not reached:
        raise NoSuchPoint(f"No backup ended before {lsn}: nothing to recover from.")
    return at_lsn(max(reached, key=lambda each: position(_copied(each).lsn_stop)), lsn)


def _before(lsn: str, timeline: str) -> tuple[str, ...]:
    return (
        "--type=lsn",
        f"--target={lsn}",
        "--target-exclusive",
        "--target-action=promote",
        f"--target-timeline={timeline}",
    )


def _moment(point: str) -> datetime:
    """The catalog reads a time without a zone as UTC."""
    moment = datetime.fromisoformat(point)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _copied(header: Header) -> PgBackRest:
    assert header.pgbackrest is not None
    return header.pgbackrest
