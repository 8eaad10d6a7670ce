"""A server under load is restored to moments nobody chose, and recovery stops between two named commits."""

from __future__ import annotations

import os
import random
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from dataops.drill.boundary import boundary_check
from dataops.drill.choosing import choose
from dataops.drill.restoring import restored
from dataops.evidence.verdict import Verdict
from dataops.postgres import connect

from tests.integration.drill.points.conftest import Plant

if TYPE_CHECKING:
    from dataops.drill.commits import Commit
    from dataops.drill.restored import RestoredServer

MOMENTS = 20 if os.environ.get("DATAOPS_TORTURE") else 2


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
