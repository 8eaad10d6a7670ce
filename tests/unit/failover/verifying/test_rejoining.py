"""Proof of a rejoin: a node that only looks as if it followed is red, by what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.topology import Role
from dataops.failover.verifying.rejoining import Follower, follows

from tests.unit.failover.builders import LSN, node

PRIMARY = node("beta", Role.PRIMARY, timeline=2, lsn=LSN + 100)
REJOINED = node("alpha", Role.STANDBY, timeline=2, lsn=LSN + 100)
WELL = Follower(REJOINED, PRIMARY, needed=LSN + 50)


def test_a_node_that_follows_without_a_row_of_its_own_is_proven() -> None:
    check = follows("old primary rejoined", WELL, how="rewound in 2 s")
    assert (check.verdict, check.observed) == (Verdict.PASSED, "rewound in 2 s")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"role": Role.PRIMARY, "streaming": False}, "standby"),
        ({"role": Role.DOWN, "reason": "no process lives"}, "standby"),
        ({"system_identifier": "1"}, "system identifier"),
        ({"timeline": 1}, "timeline"),
        ({"streaming": False}, "streaming"),
        ({"lsn": LSN}, "replay advances"),
    ],
)
def test_whatever_is_wrong_with_the_node_is_named(changes: dict[str, Any], part: str) -> None:
    check = follows("rejoined", replace(WELL, node=replace(REJOINED, **changes)))
    assert check.verdict is Verdict.FAILED
    assert check.reason.startswith(f"{part}: ")


def test_a_rewind_that_did_nothing_is_seen_by_the_rows_that_are_left() -> None:
    check = follows("rejoined", replace(WELL, own={f"1/{n}" for n in range(7)}, missing={"2/9"}))
    assert check.verdict is Verdict.FAILED
    assert (
        "alpha has 7 rows that beta has not: 1/0, 1/1, 1/2, 1/3, 1/4 and 2 more; 1 rows less: 2/9"
        in check.reason
    )


@pytest.mark.parametrize(
    "seen",
    [
        replace(WELL, own=None),
        replace(WELL, node=node("alpha", Role.UNKNOWN, reason="no answer", timeline=0, lsn=0)),
    ],
)
def test_what_nobody_could_look_at_is_open(seen: Follower) -> None:
    assert follows("rejoined", seen).verdict is Verdict.INCONCLUSIVE
