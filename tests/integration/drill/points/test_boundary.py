"""A server under load is restored to moments nobody chose, and recovery stops between two named commits."""

from __future__ import annotations

import os
import random
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from dataops.backup import catalog
from dataops.backup.physical.wal import position
from dataops.drill.archived_wal import archived_wal
from dataops.drill.boundary import boundary_check
from dataops.drill.choosing import choose
from dataops.drill.restoring import restored
from dataops.evidence.verdict import Verdict
from dataops.postgres import connect

from tests.integration.drill.points.conftest import Plant

if TYPE_CHECKING:
    from dataops.drill.commits import Commit
    from dataops.drill.restored import RestoredServer

# The tests of a failover and of a whole drill restore a moment each as well.
MOMENTS = 20 if os.environ.get("DATAOPS_TORTURE") else 1


def in_ledger(server: RestoredServer, commit: Commit) -> bool:
    """Whether the restored tables hold what this transaction wrote."""
    with closing(connect(server.connection, autocommit=True)) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger WHERE xid = %s::text::xid8", (str(commit.xid),))
        row = cursor.fetchone()
        return row is not None and row[0] == 1


def wrote(plant: Plant, commit: Commit) -> bool:
    """Whether the transaction wrote into the ledger at all: one of the four kinds does not."""
    rows = plant.site.primary.execute(f"SELECT count(*) FROM ledger WHERE xid = '{commit.xid}'::xid8")
    return bool(rows[0][0])


@pytest.mark.torture
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_random_moment_is_restored_to_the_very_commit(plant: Plant, moment: int) -> None:
    point = choose(plant.drill(), "random", dice=random.Random(moment))
    boundary = point.boundary
    assert boundary is not None and not boundary.unknown, boundary
    assert boundary.before is not None
    with restored(plant.drill(), point, drill_id=f"20261125T150000Z-{moment:06x}") as server:
        check = boundary_check(server)
        assert check.verdict is Verdict.PASSED, check
        if wrote(plant, boundary.before):
            assert in_ledger(server, boundary.before)
        if boundary.after is not None and wrote(plant, boundary.after):
            assert not in_ledger(server, boundary.after)
        if boundary.after is not None:
            one_too_far = replace(boundary, before=boundary.after, after=None)
            elsewhere = replace(server, point=replace(point, boundary=one_too_far))
            assert boundary_check(elsewhere).verdict is Verdict.FAILED
        one_too_short = replace(boundary, before=None, after=boundary.before, assigned=True)
        elsewhere = replace(server, point=replace(point, boundary=one_too_short))
        assert boundary_check(elsewhere).verdict is Verdict.FAILED


def test_every_commit_is_read_from_the_archive_in_the_order_of_the_wal(plant: Plant) -> None:
    newest = catalog.backups(plant.platform.store, "plant")[-1].header
    assert newest.pgbackrest is not None
    with archived_wal(
        plant.platform, plant.server, since=newest.pgbackrest.wal_start, size=16 << 20, major=15
    ) as wal:
        found = wal.commits(min(wal.segments), wal.last)
    by_xid = {commit.xid: commit for commit in found}
    assert [position(each.lsn) for each in found] == sorted(position(each.lsn) for each in found)
    rows = plant.site.primary.execute(
        f"SELECT xid::text, at FROM ledger WHERE xid::text::bigint >= {found[0].xid}"
    )
    assert len(rows) > 500
    for xid, at in rows:
        assert by_xid[int(xid)].at >= at
    assert sum(each.prepared for each in found) > 50
    assert sum(bool(each.subxids) for each in found) > 50


def test_a_backup_restored_to_its_own_moment_stops_between_two_commits(plant: Plant) -> None:
    point = choose(plant.drill(), "oldest")
    assert point.boundary is not None and point.boundary.before and point.boundary.after, point.boundary
    with restored(plant.drill(), point, drill_id="20261125T150001Z-abcdef") as server:
        check = boundary_check(server)
    assert check.verdict is Verdict.PASSED, check


def test_what_nobody_could_find_out_is_inconclusive(plant: Plant) -> None:
    point = choose(plant.drill(), "oldest")
    reach = choose(plant.drill(), "random", dice=random.Random(1))
    key = next(
        key
        for key in plant.site.keys("backups/plant/repository/archive/")
        if str(point.header.pgbackrest and point.header.pgbackrest.wal_stop) in key
    )
    with plant.site.damaged(key, lambda whole: whole[: len(whole) // 2]):
        spoilt = choose(plant.drill(), point.header.backup_id)
    assert spoilt.boundary is not None and spoilt.boundary.unknown
    assert reach.boundary is not None and not reach.boundary.unknown
