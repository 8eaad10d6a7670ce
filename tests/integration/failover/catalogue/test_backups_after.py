"""Backups after a failover: archiving goes on without a gap, restores are exact on both sides of the fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from dataops.backup import catalog
from dataops.backup.physical.archive import archived
from dataops.backup.physical.verify import segment_size
from dataops.backup.physical.wal import Segment, gaps
from dataops.backup.steps import Job as Restoring
from dataops.drill.point import Point
from dataops.drill.restoring import restored, torn_down
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.choosing import driver_of
from dataops.postgres import connect

from sandbox.deadline import wait_until
from tests.integration.failover.cell import DATABASE, SERVER, Cell

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))


def mark(cell: Cell, text: str) -> str:
    """Commit a row through the route, then close its WAL segment; the LSN just behind the commit."""
    node = cell.primary
    cell.execute(node, "INSERT INTO marks VALUES (%s)", text)
    lsn = str(cell.execute(node, "SELECT pg_current_wal_insert_lsn()")[0][0])
    cell.execute(node, "INSERT INTO marks VALUES (%s)", f"after {text}")
    cell.execute(node, "SELECT pg_switch_wal()")
    return lsn


def archive_of(cell: Cell, backup_id: str) -> list[Segment]:
    header = catalog.header(cell.store, SERVER, backup_id)
    assert header.pgbackrest
    (server,) = cell.platform.inventory.servers
    since = header.pgbackrest.wal_start
    return sorted(archived(cell.store, server, since=since, size=segment_size(header)))


def marks_at(cell: Cell, backup_id: str, lsn: str) -> list[str]:
    """The marks that a restore from this backup to just before the LSN has."""
    header = catalog.header(cell.store, SERVER, backup_id)
    job = Restoring(cell.platform, cell.platform.inventory.subject(SERVER), lambda line: None)
    point = Point("instant", header, datetime.now(UTC), "asked for", lsn=lsn)
    drill_id = f"20261128T120000Z-{os.urandom(3).hex()}"
    with (
        restored(job, point, drill_id=drill_id) as server,
        closing(connect(server.connection, dbname=DATABASE)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT what FROM marks ORDER BY at")
        found = [str(row[0]) for row in cursor]
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    return found


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="two backups and three restores: make torture")
def test_backups_go_on_after_a_failover_and_restore_exactly_on_both_sides_of_the_fork(
    make_cell: Callable[..., Cell],
) -> None:
    cell = make_cell(archive=True, segment_mb=1, proven=False)
    cell.serve_backups()
    cell.execute(
        "alpha",
        "CREATE TABLE marks (what text, at timestamptz DEFAULT clock_timestamp());SELECT pg_switch_wal()",
    )
    first = cell.back_up()
    before = mark(cell, "before")
    assert cell.caught_up()

    driver = driver_of(cell.platform, cell.platform.inventory.servers[0], lambda line: None)
    driver.observe()
    driver.inject("kill", "alpha")
    assert driver.fence("alpha").verdict is Verdict.PASSED
    driver.promote("beta")
    driver.route("beta")
    after = mark(cell, "after the failover")
    driver.rejoin("alpha", "beta")

    # Archiving goes on, on the new timeline, without a hole.

    def arrived() -> bool:
        return any(each.timeline == 2 for each in archive_of(cell, first))

    assert wait_until(arrived, seconds=30)
    segments = archive_of(cell, first)
    start = min(segments, key=lambda each: each.number)
    last = max(each for each in segments if each.timeline == 2)
    assert gaps(segments, start, last) == []

    # The next backup passes: it goes where the clients go.
    second = cell.back_up()
    later = mark(cell, "after the backup")
    assert wait_until(lambda: archive_of(cell, second)[-1].timeline == 2, seconds=30)

    there = ["before", "after before", "after the failover"]
    assert marks_at(cell, first, before) == ["before"]
    assert marks_at(cell, first, after) == there
    assert marks_at(cell, second, later) == [*there, "after after the failover", "after the backup"]
