"""The steady state: one primary that clients are led to, everybody else near behind it, and nothing left."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.topology import Role, Topology
from dataops.failover.verifying.steady import is_steady, steady_state

from tests.unit.failover.builders import LSN, cluster, node

PRIMARY, STANDBY = Role.PRIMARY, Role.STANDBY
LIMIT = 1000


def judged(after: Topology, before: Topology | None = None, **more: Any) -> Check:
    return steady_state("steady state", before or cluster(), after, primary="alpha", lag=LIMIT, **more)


def test_as_it_was_is_steady() -> None:
    assert judged(cluster()).verdict is Verdict.PASSED
    assert is_steady(cluster(), cluster(), primary="alpha", lag=LIMIT)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (cluster(node("alpha", PRIMARY), node("beta", PRIMARY)), "alpha and beta"),
        (
            cluster(node("alpha", STANDBY), node("beta", PRIMARY)),
            "one primary: expected alpha, observed beta",
        ),
        (cluster(node("alpha", STANDBY), node("beta", STANDBY)), "observed none"),
        (cluster(routed="beta"), "route: expected alpha, observed beta"),
        (cluster(routed=""), "route: expected alpha, observed nothing"),
        (cluster(node("alpha", PRIMARY), node("beta", STANDBY, streaming=False)), "does not stream"),
        (
            cluster(node("alpha", PRIMARY), node("beta", STANDBY, received=LSN - LIMIT - 1)),
            "streams, 1001 bytes behind",
        ),
        (
            cluster(node("alpha", PRIMARY), node("beta", Role.DOWN, reason="refused")),
            "observed down (refused)",
        ),
    ],
)
def test_whatever_is_not_as_it_should_be_is_failed(after: Topology, said: str) -> None:
    found = judged(after)
    assert found.verdict is Verdict.FAILED
    assert said in found.reason
    assert not is_steady(cluster(), after, primary="alpha", lag=LIMIT)


@pytest.mark.parametrize(
    "beta", [node("beta", Role.UNKNOWN, reason="timed out"), node("beta", STANDBY, received=0)]
)
def test_a_node_of_which_nobody_can_tell_is_inconclusive(beta: Any) -> None:
    assert judged(cluster(node("alpha", PRIMARY), beta)).verdict is Verdict.INCONCLUSIVE


def test_a_lag_up_to_the_limit_is_steady() -> None:
    near = cluster(node("alpha", PRIMARY), node("beta", STANDBY, received=LSN - LIMIT))
    assert judged(near).verdict is Verdict.PASSED


def test_what_could_not_be_taken_away_is_failed() -> None:
    found = judged(cluster(), left=("the file that filled the disk",))
    assert found.verdict is Verdict.FAILED
    assert "the file that filled the disk: expected taken away" in found.reason


def test_a_node_that_was_down_before_may_be_down_after() -> None:
    down = cluster(node("alpha", PRIMARY), node("beta", STANDBY), node("gamma", Role.DOWN))
    assert judged(down, down).verdict is Verdict.PASSED
    assert judged(down).verdict is Verdict.FAILED
