"""The exact place of a chosen point in the WAL: between which two commits recovery must stop."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from dataops.backup.manifest.header import Header
from dataops.backup.physical.verify import segment_size
from dataops.backup.physical.wal import Segment, position, spelt
from dataops.backup.steps import Job
from dataops.drill.archived_wal import ArchivedWal, archived_wal
from dataops.drill.boundary import Boundary
from dataops.drill.boundary_search import ENDS, STEPS, Reach, around_moment, around_position, at_the_end
from dataops.drill.point import Kind, Point
from dataops.drill.window import Window
from dataops.errors import DataOpsError
from dataops.inventory import Server

JUST_BEFORE = timedelta(microseconds=1)
"""PostgreSQL's clock knows nothing shorter."""


def located(job: Job, kind: Kind, header: Header, at: datetime, because: str, reach: Window | None) -> Point:
    """The point with its boundary. What cannot be found out stands in it, and makes the check inconclusive.

    An instant behind the last archived commit becomes the end of the archive, for recovery to a moment that
    the WAL never reaches fails.
    """
    point = Point(kind, header, at, because, lsn=header.lsn if kind == "backup" else None)
    if reach is None or header.pgbackrest is None or not isinstance(job.subject, Server):
        return point
    job.say("Looking in the archived WAL for the commits around this point.")
    size = segment_size(header)
    try:
        with archived_wal(
            job.platform,
            job.subject,
            since=_before(header.pgbackrest.wal_start, size),
            size=size,
            major=int(re.split(r"\D", header.server_version, maxsplit=1)[0]),
        ) as wal:
            return _found(point, wal, _reach(header, wal, reach, size))
    except DataOpsError as error:
        job.say(f"The commits around this point are not known: {error}")
        return replace(point, boundary=Boundary(unknown=str(error)))


def _found(point: Point, wal: ArchivedWal, reach: Reach) -> Point:
    if point.kind == "backup":
        return replace(point, boundary=around_position(wal, reach, str(point.header.lsn)))
    if point.kind == "end of archive":
        boundary = at_the_end(wal, reach)
        return replace(point, boundary=boundary, at=boundary.before.at if boundary.before else point.at)
    boundary = around_moment(wal, reach, point.at)
    if boundary.after is None and reach.last < wal.last and boundary.before is not None:
        # A gap follows: recovery cannot go beyond the last commit before it, so it stops just before that.
        boundary = around_moment(wal, reach, boundary.before.at - JUST_BEFORE)
    if boundary.after is None and boundary.before is not None and boundary.no_after != ENDS:
        # Nothing but idle segments for long: the begin of the next one is as good as the commit behind them.
        idle = position(boundary.before.lsn) // wal.size + 1
        return replace(point, boundary=boundary, lsn=spelt(idle * wal.size))
    if boundary.after is None:
        return replace(
            point,
            kind="end of archive",
            boundary=boundary,
            chosen_because=f"{point.chosen_because}, which lies behind the last archived commit",
        )
    return replace(point, boundary=boundary, lsn=boundary.after.lsn)


def _before(wal_start: str, size: int) -> str:
    """The segment from which on a commit before the boundary is looked for: it may precede the backup."""
    start = Segment.named(wal_start, size)
    return Segment(start.timeline, max(start.number - STEPS, 0)).name(size)


def _reach(header: Header, wal: ArchivedWal, window: Window, size: int) -> Reach:
    """From the segment in which the backup ended to the last that recovery from it reaches."""
    assert header.pgbackrest is not None
    stop = Segment.named(header.pgbackrest.wal_stop, size).number
    mine = [each.last.number for each in window.stretches if each.backup_id == header.backup_id]
    return Reach(stop, max(stop, min(mine[0], wal.last) if mine else stop))
