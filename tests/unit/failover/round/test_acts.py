"""What was done is what was planned, in its order, or the round is red."""

from __future__ import annotations

from typing import Any, cast

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import Driver
from dataops.failover.round.acts import Act, Recorded, as_planned

PLANNED: list[Act] = [
    ("break", "alpha"),
    ("fence", "alpha"),
    ("promote", "beta"),
    ("route", "beta"),
    ("rejoin", "alpha"),
]


class Obedient:
    """Does nothing, for whatever it is told."""

    name = "obedient"

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: None


def test_what_the_driver_is_told_to_change_is_noted_and_what_it_is_asked_is_not() -> None:
    driver = Recorded(cast("Driver", Obedient()))

    driver.observe()
    driver.inject("kill", "alpha")
    driver.effect("kill", "alpha")
    driver.fence("alpha")
    driver.switch("alpha", "beta")
    driver.rejoin("alpha", "beta", rebuild=True)

    assert driver.acts == [("break", "alpha"), ("fence", "alpha"), ("switch", "beta"), ("rejoin", "alpha")]
    assert driver.name == "obedient"


def test_the_plan_carried_out_is_as_planned() -> None:
    assert as_planned(PLANNED, PLANNED, instead={}).verdict is Verdict.PASSED


def test_an_act_done_twice_in_a_row_is_one() -> None:
    done = [PLANNED[0], PLANNED[1], PLANNED[1], *PLANNED[2:]]

    assert as_planned(PLANNED, done, instead={}).verdict is Verdict.PASSED


def test_a_node_that_the_cluster_chose_stands_for_the_planned_one() -> None:
    done = [(action, "gamma" if node == "beta" else node) for action, node in PLANNED]

    assert as_planned(PLANNED, done, instead={"beta": "gamma"}).verdict is Verdict.PASSED
    assert as_planned(PLANNED, done, instead={}).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        (PLANNED[:-1], "act 5: planned was rejoin alpha, done was nothing more"),
        ([*PLANNED, ("heal", "alpha")], "act 6: planned was nothing more, done was heal alpha"),
        (
            [PLANNED[0], PLANNED[2], PLANNED[1], *PLANNED[3:]],
            "act 2: planned was fence alpha, done was promote",
        ),
        ([], "act 1: planned was break alpha, done was nothing more"),
    ],
)
def test_anything_else_is_red_and_says_where_it_went_another_way(done: list[Act], reason: str) -> None:
    found = as_planned(PLANNED, done, instead={})

    assert found.verdict is Verdict.FAILED
    assert found.reason.startswith(reason)
