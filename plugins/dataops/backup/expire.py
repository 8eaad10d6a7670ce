"""Expiry: carry out what retention decided, and nothing else."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dataops.backup import catalog
from dataops.backup.catalog import Backup, Catalog
from dataops.backup.drilled import drilled
from dataops.backup.removal import remove, withdraw
from dataops.backup.retention import Action, Candidate, Decision, Policy, decide
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.inventory import Database, Server
from dataops.platform import Platform
from dataops.store import ObjectMissing, ObjectStore, lease

LEASE_SECONDS = 120


def plan(platform: Platform, subject: Database | Server, now: datetime | None = None) -> tuple[Decision, ...]:
    """What expiry would do now: one decision a backup, newest first. The dry run prints this very plan."""
    return _plan(platform, subject, catalog.read(platform.store, subject.name), now or datetime.now(UTC))


def step(job: Job) -> StepReport:
    """Expire what the plan lets go, in both buckets, under the subject's lease."""
    started = datetime.now(UTC)
    platform, subject = job.platform, job.subject
    holder = f"expire of {subject.name} on {socket.gethostname()}, process {os.getpid()}"
    with lease(platform.store, f"backup/{subject.name}", holder=holder, seconds=LEASE_SECONDS) as held:
        found = catalog.read(platform.store, subject.name)
        decisions = _plan(platform, subject, found, started)
        expired = []
        # Newest first: a chain is cut from its end, so that what is left can be restored at every moment.
        for backup in _newest_first([each for each in found.backups if _expires(each, decisions)]):
            held.check()
            if not _given_up(platform, subject, backup, found):
                job.say(f"Kept {backup.backup_id}: a drill has begun to restore it, or what builds on it.")
                continue
            remove(job, backup.header)
            expired.append(backup)
            job.say(f"Expired {backup.backup_id}: {_reason(backup, decisions)}")
        checks = (_executed(platform, subject, expired),)
    job.say(f"Kept {len(decisions) - len(expired)}, expired {len(expired)} backups of {subject.name}.")
    return StepReport(
        step="expire",
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        figures=(
            Figure(name="backups kept", value=len(decisions) - len(expired), unit="count"),
            Figure(name="backups expired", value=len(expired), unit="count"),
        ),
        data={"expired": [each.backup_id for each in expired]},
    )


def policy_of(subject: Database | Server) -> Policy:
    """The retention of a subject. With WAL, every moment of its ``daily`` days stays reachable."""
    wants = subject.retention
    has_wal = isinstance(subject, Server) and subject.rds is None
    return Policy(
        daily=wants.daily,
        weekly=wants.weekly,
        monthly=wants.monthly,
        minimum=wants.minimum,
        keep_proven=wants.keep_proven,
        window=timedelta(days=wants.daily) if has_wal else None,
    )


def _plan(
    platform: Platform, subject: Database | Server, found: Catalog, now: datetime
) -> tuple[Decision, ...]:
    """Decide, ask the store for the locks of what would go, and decide again: few objects are asked for."""
    restoring = drilled(platform.store, subject.name, {each.backup_id for each in found.backups})
    candidates = {each.backup_id: each for each in _candidates(found, restoring)}
    policy = policy_of(subject)
    for decision in decide(candidates.values(), policy, now):
        if decision.action is Action.EXPIRE:
            locked = _locked_until(platform, subject.name, decision.backup_id)
            candidates[decision.backup_id] = replace(candidates[decision.backup_id], locked_until=locked)
    return decide(candidates.values(), policy, now)


def _locked_until(platform: Platform, subject: str, backup_id: str) -> datetime | None:
    """The later lock of the two buckets' manifests: a backup leaves both together or neither."""
    key = catalog.manifest_key(subject, backup_id)
    return max((lock for store in _stores(platform) if (lock := _lock(store, key))), default=None)


def _lock(store: ObjectStore, key: str) -> datetime | None:
    try:
        return store.locked_until(key)
    except ObjectMissing:
        return None


def _stores(platform: Platform) -> list[ObjectStore]:
    return [store for store in (platform.store, platform.replica) if store is not None]


def _given_up(platform: Platform, subject: Database | Server, backup: Backup, found: Catalog) -> bool:
    """Whether the backup exists no longer, because no drill needs it.

    Its manifest goes first, then the drills' lease is read. A drill takes the lease first, then reads the
    manifest. So one of the two always sees the other, whoever came first.
    """
    put_back = withdraw(platform, backup.header)
    needed = {each.backup_id for each in found.backups if _builds_on(each, backup, found)}
    if not drilled(platform.store, subject.name, needed):
        return True
    put_back()
    return False


def _builds_on(backup: Backup, base: Backup, found: Catalog) -> bool:
    """Whether ``backup`` is ``base`` or cannot be restored without it."""
    labels = _labels(found)
    by_id = {each.backup_id: each for each in found.backups}
    waiting, seen = [backup.backup_id], set[str]()
    while waiting:
        here = waiting.pop()
        if here == base.backup_id:
            return True
        seen.add(here)
        waiting += _needs(by_id[here], labels) - seen
    return False


def _labels(found: Catalog) -> dict[str, str]:
    """From pgBackRest's label to the backup's id."""
    return {each.header.pgbackrest.label: each.backup_id for each in found.backups if each.header.pgbackrest}


def _candidates(found: Catalog, restoring: frozenset[str]) -> list[Candidate]:
    labels = _labels(found)
    finished = [
        Candidate(
            each.backup_id,
            each.header.snapshot_at,
            proven=each.proven,
            needs=_needs(each, labels),
            restoring=each.backup_id in restoring,
        )
        for each in found.backups
    ]
    in_progress = [
        Candidate(backup_id, catalog.started_at(backup_id), in_progress=True)
        for backup_id in found.unfinished
    ]
    return finished + in_progress


def _needs(backup: Backup, labels: dict[str, str]) -> frozenset[str]:
    prior = backup.header.pgbackrest and backup.header.pgbackrest.prior
    return frozenset({labels[prior]}) if prior and prior in labels else frozenset()


def _expires(backup: Backup, decisions: tuple[Decision, ...]) -> bool:
    return any(each.backup_id == backup.backup_id and each.action is Action.EXPIRE for each in decisions)


def _reason(backup: Backup, decisions: tuple[Decision, ...]) -> str:
    return next(each.reason for each in decisions if each.backup_id == backup.backup_id)


def _newest_first(backups: list[Backup]) -> list[Backup]:
    return sorted(backups, key=lambda each: (each.header.snapshot_at, each.backup_id), reverse=True)


def _executed(platform: Platform, subject: Database | Server, expired: list[Backup]) -> Check:
    """Read the catalogs of both buckets again: what was expired must be gone."""
    left = {
        backup.backup_id
        for store in _stores(platform)
        for backup in catalog.backups(store, subject.name)
        if backup.backup_id in {each.backup_id for each in expired}
    }
    return Check(
        name="retention carried out",
        verdict=Verdict.FAILED if left else Verdict.PASSED,
        expected=[],
        observed=sorted(left),
        reason="these were to expire and are still there" if left else "",
    )
