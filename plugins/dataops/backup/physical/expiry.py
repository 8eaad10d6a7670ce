"""Expiry in pgBackRest's repositories: our decision carried out, and WAL that nothing needs freed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from dataops.backup import catalog
from dataops.backup.manifest.header import PgBackRest as Summary
from dataops.backup.physical.engine import PgBackRest, pgbackrest
from dataops.backup.physical.information import BackupInfo
from dataops.backup.physical.settings import server_of
from dataops.backup.steps import Job

GRACE = timedelta(hours=24)
"""A copy without a manifest may belong to a run that is still verifying; after this it is a leftover."""


def expire_label(job: Job, backup: Summary) -> None:
    """Remove a backup whose manifest is gone from both repositories, with leftovers of dead runs.

    What another backup builds on stays until that one goes: pgBackRest would expire the whole chain.
    Repeating it is harmless. Called under the server's lease.
    """
    server = server_of(job)
    published = [each.header.pgbackrest for each in catalog.backups(job.platform.store, server.name)]
    kept = [each for each in published if each]
    with pgbackrest(job.platform, server) as engine:
        for repository in engine.repositories:
            first = repository.number == 1
            needed = {each.label if first else each.replica for each in kept}
            wanted = backup.label if first else backup.replica
            present = engine.info(repository.number).of(repository.number)
            for label in removable(present, needed, wanted, datetime.now(UTC)):
                engine.run("expire", f"--set={label}", repo=repository.number)
                job.say(f"Expired {label} in repository {repository.number}.")
            _free_wal(engine, repository.number)


def removable(
    present: Sequence[BackupInfo], needed: Collection[str | None], wanted: str | None, now: datetime
) -> list[str]:
    """The labels that may go, in an order that never takes a base before what builds on it. Pure."""
    gone: list[str] = []
    for each in sorted(present, key=lambda backup: backup.label, reverse=True):
        builds_on_it = any(
            each.label in {other.prior, *(other.reference or ())}
            for other in present
            if other.label != each.label and other.label not in gone
        )
        leftover = each.label == wanted or now - each.finished > GRACE
        if each.label not in needed and leftover and not builds_on_it:
            gone.append(each.label)
    return gone


def _free_wal(engine: PgBackRest, repo: int) -> None:
    """WAL older than the oldest full backup goes: until then every moment stays reachable."""
    fulls = sum(each.type == "full" for each in engine.info(repo).of(repo))
    if fulls:
        engine.run("expire", f"--repo{repo}-retention-archive={fulls}", repo=repo)
