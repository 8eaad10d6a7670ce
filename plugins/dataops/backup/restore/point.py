"""Which backup a recovery point means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dataops.backup.catalog import BACKUP_ID, Backup
from dataops.errors import ConfigurationError


class NoSuchPoint(ConfigurationError):
    """No backup of the subject reaches this recovery point."""


def choose(backups: Sequence[Backup], point: str) -> Backup:
    """The backup that ``latest``, a backup id or an ISO 8601 time means; a time without a zone is UTC."""
    if not backups:
        raise NoSuchPoint("There is no backup yet: nothing can be restored.")
    newest_first = sorted(backups, key=lambda backup: backup.header.snapshot_at, reverse=True)
    if point == "latest":
        return newest_first[0]
    if BACKUP_ID.match(point):
        found = [backup for backup in newest_first if backup.backup_id == point]
        missing = f"There is no backup {point}; the newest is {newest_first[0].backup_id}."
    else:
        moment = _moment(point)
        found = [backup for backup in newest_first if backup.header.snapshot_at <= moment]
        oldest = newest_first[-1].header.snapshot_at
        missing = f"There is no backup at or before {point}; the oldest is of {oldest:%Y-%m-%d %H:%M:%S} UTC."
    if not found:
        raise NoSuchPoint(missing)
    return found[0]


def _moment(point: str) -> datetime:
    try:
        moment = datetime.fromisoformat(point)
    except ValueError:
        raise NoSuchPoint(
            f"{point!r} is no recovery point: write latest, a backup id, or a time like 2026-11-23T14:15:00Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
