"""Problems whose counters moved between the majors are found by the right code, with the right cause."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.performance.seeds.catalogue import CATALOGUE, SHARED
from tests.integration.performance.seeds.seeded import Bed, Seed, missed, night
from tests.integration.performance.watched import watched

MOVED = frozenset({
    "unused-index",  # 16: when an index was last read
    "temp-spill",  # 17: pg_stat_statements' columns of block times were renamed
    "backend-writes",  # 17: from pg_stat_bgwriter to pg_stat_io
    "constraint-not-valid",  # 18: constraints that are not enforced, and NOT NULL as a constraint
    "archiver-failing",
})
NOT_HERE = frozenset({"replication-lag", "jit-overhead"})
"""No standby is made without the client programs, and these servers are built without LLVM."""
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))


def _forced_checkpoints(bed: Bed) -> None:
    """As the catalogue's, by the counter that this major has."""
    split = int(bed.execute("SHOW server_version_num")[0][0]) >= 170000
    count = (
        "SELECT num_requested FROM pg_stat_checkpointer"
        if split
        else "SELECT checkpoints_req FROM pg_stat_bgwriter"
    )
    bed.setting("max_wal_size", "32MB")
    before = bed.execute(count)[0][0]
    for _ in range(20):
        bed.execute("CREATE TABLE logged AS SELECT * FROM wide", "DROP TABLE logged")
        if bed.execute(count)[0][0] >= before + 7:
            break


STORM = Seed(
    14,
    "checkpoint-storm",
    next(each for each in CATALOGUE if each.number == 14).cause,
    "server",
    _forced_checkpoints,
)
EVERYWHERE = tuple(
    STORM if each.code == STORM.code else each for each in CATALOGUE if each.code not in NOT_HERE
)


@pytest.fixture
def bed(server: DatabaseServer, object_store_server: ObjectStoreServer) -> Iterator[Bed]:
    made = Bed(watched(server, object_store_server))
    made.execute(*SHARED)
    yield made
    made.close()


@pytest.mark.parametrize("major", [17, 18], indirect=True)
def test_problems_are_found_by_the_counters_of_this_major(bed: Bed) -> None:
    seeds = [each for each in EVERYWHERE if each.code in MOVED or each is STORM]
    judgement = night(bed, seeds)
    assert [what for seed in seeds if (what := missed(judgement, seed))] == []
    assert [gap for gap in judgement.gaps if "broke" in gap.reason] == []


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="make torture")
def test_the_whole_catalogue_is_found_on_this_major(bed: Bed) -> None:
    judgement = night(bed, EVERYWHERE)
    assert [what for seed in EVERYWHERE if (what := missed(judgement, seed))] == []
    assert [gap for gap in judgement.gaps if "broke" in gap.reason] == []
