"""The critical section with a driver of values: its order, and what is never done out of it."""

from __future__ import annotations

from typing import cast

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.automatic import AnotherPromoted
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.round import breaking
from dataops.store import LeaseLost

from tests.unit.failover.round.staging import Told, staged


def test_it_breaks_notices_commits_fences_promotes_and_leads_over_in_this_order() -> None:
    told = Told()
    stage, leg = staged(told)

    breaking.fail_over(stage, leg)

    assert told.acts == [
        *("breaking", "break alpha", "committed", "fence alpha", "promote beta", "route beta", "promoted")
    ]
    marks = leg.marks
    moments = [marks.fault, marks.detected, marks.fenced, marks.promoted, marks.routed]
    assert moments == sorted(cast("list[float]", moments))
    assert leg.fenced
    assert stage.serving == "beta"


def test_a_fault_without_effect_commits_to_nothing() -> None:
    told = Told(effect=Verdict.INCONCLUSIVE)
    stage, leg = staged(told)

    with pytest.raises(breaking.NoEffect, match="as the test says"):
        breaking.fail_over(stage, leg)

    assert told.acts == ["breaking", "break alpha"]


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_nobody_is_promoted_before_the_fence_is_proven(verdict: Verdict) -> None:
    told = Told(fence=verdict)
    stage, leg = staged(told)

    with pytest.raises(breaking.FenceUnproven, match="beta was not promoted"):
        breaking.fail_over(stage, leg)

    assert told.acts[-1] == "fence alpha"
    assert not leg.fenced
    assert [check.verdict for check in stage.findings.checks] == [Verdict.PASSED, verdict]


@pytest.mark.parametrize(
    ("at", "then"), [("breaking", ["breaking"]), ("break alpha", ["breaking", "break alpha"])]
)
def test_a_lost_lease_ends_it_before_the_next_thing_that_cannot_be_undone(at: str, then: list[str]) -> None:
    told = Told()
    told.lost_at = at
    stage, leg = staged(told)

    with pytest.raises(LeaseLost):
        breaking.fail_over(stage, leg)

    assert told.acts == then


def test_a_lost_lease_after_the_fence_promotes_nobody() -> None:
    told = Told()
    told.lost_at = "fence alpha"
    stage, leg = staged(told)

    with pytest.raises(LeaseLost):
        breaking.fail_over(stage, leg)

    assert told.acts[-1] == "fence alpha"


def test_a_promotion_that_fails_leads_clients_nowhere() -> None:
    told = Told()
    told.promotes = DriverFailed("it died")
    stage, leg = staged(told)

    with pytest.raises(DriverFailed):
        breaking.fail_over(stage, leg)

    assert told.acts[-1] == "promote beta"
    assert leg.marks.promoted is None


def test_a_cluster_that_promotes_by_itself_is_waited_for_and_fenced_afterwards() -> None:
    told = Told()
    stage, leg = staged(told)

    breaking.fail_over_automatically(stage, leg)

    assert told.acts == [
        *("breaking", "break alpha", "committed", "promote beta", "route beta", "fence alpha", "promoted")
    ]
    assert leg.marks.fenced is None


def test_a_fault_without_effect_commits_to_nothing_there_either() -> None:
    told = Told(effect=Verdict.FAILED)
    stage, leg = staged(told)

    with pytest.raises(breaking.NoEffect):
        breaking.fail_over_automatically(stage, leg)

    assert told.acts == ["breaking", "break alpha"]


def test_the_round_goes_on_with_the_node_that_the_cluster_chose() -> None:
    told = Told()
    told.promotes = AnotherPromoted("gamma was promoted instead of beta", node="gamma")
    stage, leg = staged(told)

    breaking.fail_over_automatically(stage, leg)

    assert leg.new == stage.serving == "gamma"
    assert "route gamma" in told.acts


def test_a_planned_change_is_committed_to_before_anything_stops() -> None:
    told = Told()
    stage, leg = staged(told, fault="stop")

    breaking.switch_over(stage, leg)

    assert told.acts == ["committed", "switch alpha beta", "route beta", "promoted"]
