"""One recovery point on one scratch server: which driver and which method bring it there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from dataops.backup.steps import Job
from dataops.drill.point import Point
from dataops.drill.restored import RestoredServer
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Check


@contextmanager
def restored(job: Job, point: Point, *, drill_id: str) -> Generator[RestoredServer]:
    """The recovery point on a scratch server of its own, open for queries while the block lasts.

    Whatever ends the block, server, files and secrets are gone afterwards; ``torn_down`` verifies it. What
    cannot be matched on this machine raises ``InconclusiveError``; a backup that cannot be restored raises
    what was wrong with it. Errors of single objects do not stop it: they stand in ``restore_log``.
    """
    header, scratch = point.header, job.subject.drill.scratch
    if point.is_foreign:
        from dataops.drill.adapters import restored as restored_foreign

        with restored_foreign(job, point, drill_id=drill_id) as server:
            yield server
    elif header.rds is not None:
        from dataops.drill.restoring.snapshot import restored_snapshot

        with restored_snapshot(job, point, drill_id=drill_id) as server:
            yield server
    elif header.pgbackrest is not None and scratch == "local":
        from dataops.drill.restoring.physical import restored_physical

        with restored_physical(job, point, drill_id=drill_id) as server:
            yield server
    elif header.method == "logical":
        from dataops.drill.restoring.logical import restored_logical

        with restored_logical(job, point, drill_id=drill_id) as server:
            yield server
    else:
        raise ConfigurationError(
            f"Backup {header.backup_id} ({header.method}) cannot be restored with `scratch: {scratch}`: "
            "physical backups need `local`, RDS snapshots `rds`."
        )


def torn_down(job: Job, drill_id: str) -> Check:
    """Whether nothing of the drill is left: no directory, process, socket, shared memory, pod or instance."""
    from dataops.drill.leftovers import nothing_left

    return nothing_left(job, drill_id)
