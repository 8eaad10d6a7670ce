"""A managed server's drill: an instance that AWS restores from the snapshot, deleted afterwards."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from dataops.backup.physical.contents import databases
from dataops.backup.rds_snapshot import POLL_SECONDS
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.scratch import rds
from dataops.drill.scratch.wanted import major_of
from dataops.errors import ConfigurationError

NO_CONTENTS = "AWS gives no access to the source's files, so the manifest of a snapshot holds no contents"
_OF_AWS = {"rdsadmin"}
"""Databases of a managed server that nobody but AWS can look into."""


@contextmanager
def restored_snapshot(
    job: Job, point: Point, *, drill_id: str, poll: float = POLL_SECONDS
) -> Generator[RestoredServer]:
    """See ``dataops.drill.restoring.restored``. As tasks: ``rds.setup``, ``restored_of``, ``teardown``."""
    if job.subject.drill.scratch != "rds":
        raise ConfigurationError(f"{job.subject.name} has RDS snapshots: say `scratch: rds` in its `drill:`.")
    begun = time.monotonic()
    try:
        rds.setup(job, point.header, drill_id)
        connection = rds.wait(job, drill_id, poll=poll)
        yield restored_of(job, point, connection, drill_id=drill_id, seconds=time.monotonic() - begun)
    finally:
        rds.teardown(job, drill_id, poll=poll)


def restored_of(
    job: Job, point: Point, connection: Connection, *, drill_id: str, seconds: float
) -> RestoredServer:
    """The instance as checks look at it; ``seconds`` that AWS took to restore it."""
    names = tuple(name for name in databases(connection) if name not in _OF_AWS)
    return RestoredServer(
        drill_id=drill_id,
        point=point,
        header=point.header,
        method="physical",
        connection=connection,
        major=major_of(point.header),
        keys=job.platform.keys,
        settings=job.subject.drill,
        phases=Phases(restore=round(seconds, 3)),
        dbnames=names,
        expectations=dict.fromkeys(names),
        inexact=NO_CONTENTS,
    )
