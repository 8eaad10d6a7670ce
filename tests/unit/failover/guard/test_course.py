"""What the guard decides, by the journal first and by what it sees."""

from __future__ import annotations

import dataclasses

import pytest
from dataops.failover.guard.course import FENCED, Course, decide
from dataops.failover.journal import Phase
from dataops.failover.topology import Role
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.builders import cluster, node
from tests.unit.failover.guard.simulation import told

ROLES = st.sampled_from(Role)


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.BREAKING])
@pytest.mark.parametrize("alpha", list(Role))
def test_before_the_commit_point_it_heals_whatever_the_primary_looks_like(phase: Phase, alpha: Role) -> None:
    seen = cluster(node("alpha", alpha), node("beta", Role.STANDBY), routed="")
    assert decide(told(phase), seen, automatic=False).course is Course.HEAL


@pytest.mark.parametrize("phase", [Phase.COMMITTED, Phase.PROMOTED])
@pytest.mark.parametrize("alpha", list(Role))
def test_past_it_it_goes_forward_also_where_the_old_primary_is_well(phase: Phase, alpha: Role) -> None:
    seen = cluster(node("alpha", alpha), node("beta", Role.STANDBY), routed="")
    assert decide(told(phase), seen, automatic=False).course is Course.FORWARD


@pytest.mark.parametrize("phase", [Phase.REJOINED, Phase.FAILED_BACK])
def test_where_both_are_in_their_place_it_touches_neither(phase: Phase) -> None:
    seen = cluster(node("alpha", Role.STANDBY), node("beta", Role.PRIMARY), routed="beta")
    assert decide(told(phase), seen, automatic=False).course is Course.SETTLE


def test_it_does_not_start_the_old_primary_beside_one_that_somebody_else_promoted() -> None:
    seen = cluster(node("alpha", Role.DOWN), node("beta", Role.PRIMARY), routed="beta")
    decision = decide(told(Phase.BREAKING), seen, automatic=False)
    assert decision.course is Course.HANDS_OFF
    assert "starting alpha again would make two primaries" in decision.because


def test_where_the_cluster_promotes_by_itself_another_primary_is_no_surprise() -> None:
    seen = cluster(node("alpha", Role.DOWN), node("beta", Role.PRIMARY), routed="beta")
    assert decide(told(Phase.BREAKING), seen, automatic=True).course is Course.HEAL


def test_it_does_not_fight_a_person_who_made_the_fenced_node_primary() -> None:
    fenced = dataclasses.replace(told(Phase.COMMITTED), facts={FENCED: "alpha"})
    seen = cluster(node("alpha", Role.PRIMARY), node("beta", Role.STANDBY))
    assert decide(fenced, seen, automatic=False).course is Course.HANDS_OFF


def test_but_two_primaries_it_does_not_bear() -> None:
    fenced = dataclasses.replace(told(Phase.COMMITTED), facts={FENCED: "alpha"})
    seen = cluster(node("alpha", Role.PRIMARY), node("beta", Role.PRIMARY))
    assert decide(fenced, seen, automatic=False).course is Course.FORWARD


@pytest.mark.parametrize("phase", [Phase.COMMITTED, Phase.PROMOTED])
def test_a_third_node_that_somebody_promoted_is_not_its_business(phase: Phase) -> None:
    seen = cluster(node("alpha", Role.DOWN), node("beta", Role.STANDBY), node("gamma", Role.PRIMARY))
    decision = decide(told(phase), seen, automatic=False)
    assert decision.course is Course.HANDS_OFF
    assert "gamma is primary" in decision.because


@given(st.sampled_from(Phase), ROLES, ROLES, st.booleans(), st.booleans())
def test_it_never_heals_past_the_commit_point_and_never_goes_forward_before_it(
    phase: Phase, alpha: Role, beta: Role, automatic: bool, fenced: bool
) -> None:
    seen = cluster(node("alpha", alpha), node("beta", beta), routed="")
    entry = told(phase, **({FENCED: "alpha"} if fenced else {}))
    course = decide(entry, seen, automatic=automatic).course
    if phase in {Phase.PREPARED, Phase.BREAKING}:
        assert course in {Course.HEAL, Course.HANDS_OFF}
    elif phase in {Phase.COMMITTED, Phase.PROMOTED}:
        assert course in {Course.FORWARD, Course.HANDS_OFF}
    else:
        assert course is Course.SETTLE
