"""The watch: could we recover now, as promised? Asked every few minutes, by the DAG and by cron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from dataops.backup import catalog
from dataops.backup.freshness import AHEAD, freshness, spell
from dataops.backup.heartbeat import beat
from dataops.evidence.checking import Seen, checked
from dataops.evidence.look import record_of_look
from dataops.evidence.record import Record
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Verdict, overall
from dataops.inventory import Database, Server, unenrolled
from dataops.inventory.environments import unnamed
from dataops.platform import Platform

REPLICA_GRACE = timedelta(minutes=15)
"""How long a published backup may be missing from the replica bucket before that is red."""


def watch(platform: Platform, *, say: Say, lineage: Mapping[str, str] | None = None) -> Record:
    """The record of one look at everything. When all is well the external heartbeat is called.

    Whoever misses the heartbeat raises the alarm: a dead scheduler cannot tell of itself.
    """
    return record_of_look(
        "backup_watch", platform.environment, _with_beat(platform), say=say, lineage=lineage
    )


def _with_beat(platform: Platform) -> Iterator[Check]:
    done = []
    for check in checks(platform):
        done.append(check)
        yield check
    if overall(done) is Verdict.PASSED:
        yield checked("heartbeat: answers", "HTTP 200", lambda: beat(platform))


def checks(platform: Platform, now: datetime | None = None) -> Iterator[Check]:
    """Every check of the watch, one by one: per subject, per server, and of the store itself."""
    now = now or datetime.now(UTC)
    yield checked("inventory: every file is valid", [], lambda: _inventory(platform))
    for subject in platform.inventory.backed_up:
        yield from _subject_checks(platform, subject, now)
    yield checked("store: versioning and object lock are on", "both on", lambda: _protection(platform))
    yield checked("store: no backups of unknown subjects", [], lambda: _orphans(platform))
    yield checked(
        f"replica: has every backup after {spell(REPLICA_GRACE)}", [], lambda: _replica(platform, now)
    )


def _subject_checks(platform: Platform, subject: Database | Server, now: datetime) -> Iterator[Check]:
    rpo = subject.objectives.rpo
    yield checked(
        f"{subject.name}: newest recoverable moment within RPO",
        f"at most {spell(rpo)}",
        lambda: freshness(newest_recoverable(platform, subject, now), rpo, now),
    )
    yield checked(f"{subject.name}: newest manifest is readable", [], lambda: _damaged(platform, subject))
    if isinstance(subject, Server):
        yield checked(
            f"{subject.name}: WAL archiving works", "no failure", lambda: _archiver(platform, subject)
        )
        yield checked(
            f"{subject.name}: WAL heartbeat is written", "written", lambda: _pulse(platform, subject)
        )
        yield checked(f"{subject.name}: every database is enrolled", [], lambda: _enrolled(platform, subject))


def newest_recoverable(platform: Platform, subject: Database | Server, now: datetime) -> datetime | None:
    """The latest moment that a restore could bring back; None where there is no backup at all.

    Logical and snapshot: when the newest backup's snapshot was taken. Physical: the end of the WAL archived
    without a gap since a backup; a server whose WAL did not move since is fresh at ``now``.
    """
    found = catalog.newest(platform.store, subject.name, until=now + AHEAD).backups
    if not found:
        return None
    taken = found[0].header.snapshot_at
    if isinstance(subject, Server) and subject.rds is None:
        from dataops.backup.physical import wal_status

        return max(taken, wal_status(platform, subject).newest_recoverable or taken)
    return taken


def _inventory(platform: Platform) -> Seen:
    inventory = platform.inventory
    if inventory.folder and (problem := unnamed(inventory.folder, platform.environment)):
        return Seen(False, [problem], "nobody looks after an environment that no file names")
    broken = [f"{each.path}: {each.errors[0]}" for each in inventory.invalid]
    return Seen(
        not broken, broken, "subjects in files that cannot be read are not backed up" if broken else ""
    )


def _damaged(platform: Platform, subject: Database | Server) -> Seen:
    damaged = [
        f"{each.backup_id}: {each.reason}" for each in catalog.newest(platform.store, subject.name).damaged
    ]
    return Seen(not damaged, damaged, "a manifest that cannot be read is no backup" if damaged else "")


def _archiver(platform: Platform, server: Server) -> Seen | None:
    if server.rds is not None:
        return None
    from dataops.backup.physical import wal_status

    status = wal_status(platform, server)
    if status.gap:
        return Seen(
            False, status.gap, "WAL is missing from the archive: moments after the gap cannot be recovered"
        )
    if status.failing:
        return Seen(False, status.failing, "the archiver's last attempt failed: see the server's log")
    return Seen(
        True,
        f"last archived {status.last_archived_at:%Y-%m-%d %H:%M:%S} UTC" if status.last_archived_at else "",
    )


def _pulse(platform: Platform, server: Server) -> Seen | None:
    from dataops.backup.physical import write_heartbeat

    return write_heartbeat(platform, server)


def _enrolled(platform: Platform, server: Server) -> Seen:
    missing = [each.database for each in unenrolled(platform, server)]
    return Seen(not missing, missing, "these databases have no file in include/databases" if missing else "")


def _protection(platform: Platform) -> Seen:
    found = platform.store.protection()
    observed = f"versioning {_on(found.versioning)}, object lock {_on(found.object_lock)}"
    well = found.versioning and found.object_lock
    return Seen(well, observed, "" if well else "whoever holds the keys could erase every backup")


def _on(flag: bool) -> str:
    return "on" if flag else "off"


def _orphans(platform: Platform) -> Seen:
    known = {subject.name for subject in platform.inventory.subjects}
    known |= {each.name for each in platform.inventory.invalid}
    unknown = sorted(set(catalog.subjects(platform.store)) - known)
    reason = (
        "their file was deleted without `retired: <date>`: nobody expires or watches these" if unknown else ""
    )
    return Seen(not unknown, unknown, reason)


def _replica(platform: Platform, now: datetime) -> Seen | None:
    if platform.replica is None:
        return Seen(
            False, "no replica bucket", "a lost region would take every backup: set DATAOPS_REPLICA_BUCKET"
        )
    late = []
    for subject in catalog.subjects(platform.store):
        copied = set(catalog.published(platform.replica, subject))
        for backup_id, published_at in sorted(catalog.published(platform.store, subject).items()):
            if backup_id not in copied and now - published_at > REPLICA_GRACE:
                late.append(f"{subject}/{backup_id}")
    return Seen(not late, late, "these backups lie in one region only" if late else "")
