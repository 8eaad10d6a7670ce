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
    copied = _copied(header)
    if point == "latest":
        return Aim(header, copied.label, ("--type=default",), "the end of the archived WAL", exact=False)
    if BACKUP_ID.match(point):
        options = _before(str(header.lsn), str(header.timeline))
        words = f"just before {header.lsn}, the moment of its manifest"
        return Aim(header, copied.label, options, words, exact=True)
    options = ("--type=time", f"--target={_with_zone(point)}", "--target-action=promote")
    return Aim(header, copied.label, options, f"the last commit until {point}", exact=False)


def _at_lsn(backups: Sequence[Backup], lsn: str) -> Aim:
    reached = [each.header for each in backups if position(_copied(each.header).lsn_stop) <= position(lsn)]
    if not reached:
        raise NoSuchPoint(f"No backup ended before {lsn}: nothing to recover from.")
    header = max(reached, key=lambda each: position(_copied(each).lsn_stop))
    options = _before(lsn, "latest")
    return Aim(header, _copied(header).label, options, f"just before {lsn}", exact=False)


def _before(lsn: str, timeline: str) -> tuple[str, ...]:
    return (
        "--type=lsn",
        f"--target={lsn}",
        "--target-exclusive",
        "--target-action=promote",
        f"--target-timeline={timeline}",
    )


def _with_zone(point: str) -> str:
    """PostgreSQL reads a time without a zone in its own, the catalog in UTC: so it is always said."""
    moment = datetime.fromisoformat(point)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(sep=" ")


def _copied(header: Header) -> PgBackRest:
    assert header.pgbackrest is not None
    return header.pgbackrest
