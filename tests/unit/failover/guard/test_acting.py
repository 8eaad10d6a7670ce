"""What the guard does to a cluster, and what it says where it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Check, Verdict, overall
from dataops.failover.drivers.driver import Driver, DriverFailed, OutcomeUnknown
from dataops.failover.guard.acting import Acting
from dataops.failover.guard.course import decide
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.topology import Role, Topology
from dataops.store import LeaseLost
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.guard.simulation import Cluster, told

KILL = Undo("heal", "alpha", "kill")
DOWN = {"alpha": Role.DOWN, "beta": Role.STANDBY}


def by_role(driver: Driver, seen: Topology, expected: str, dbname: str | None) -> Check:
    """Who is writable, by the word of the simulated nodes."""
    found = [each.name for each in seen.primaries]
    well = found == [expected]
    return Check(name="one writable primary", verdict=Verdict.PASSED if well else Verdict.FAILED)


def act(cluster: Cluster, entry: Round, **wishes: Any) -> Acting:
    acting = Acting(cluster.driver, entry, lambda _: None, patience=0, prove=by_role, **wishes)
    seen = cluster.observe()
    acting.carry_out(decide(entry, seen, automatic=cluster.automatic), seen)
    return acting


def red(acting: Acting) -> dict[str, str]:
    return {each.name: each.reason for each in acting.checks if each.verdict is not Verdict.PASSED}


def test_a_killed_primary_is_started_again_before_the_commit_point() -> None:
    cluster = Cluster(DOWN | {})
    acting = act(cluster, told(Phase.BREAKING, KILL))
    assert cluster.done == ["heal kill alpha"]
    assert overall(acting.checks) is Verdict.PASSED
    assert cluster.roles == {"alpha": Role.PRIMARY, "beta": Role.STANDBY}


def test_a_primary_that_does_not_come_back_is_red() -> None:
    cluster = Cluster(DOWN | {}, failing={"heal": DriverFailed("alpha does not start: disk full")})
    found = red(act(cluster, told(Phase.BREAKING, KILL)))
    assert found["heal kill of alpha"] == "alpha does not start: disk full"
    assert "the primary serves again" in found


def test_a_route_that_leads_nowhere_is_led_back() -> None:
    cluster = Cluster(DOWN | {}, routed="beta")
    act(cluster, told(Phase.BREAKING, KILL))
    assert cluster.done == ["heal kill alpha", "route alpha"]


def test_past_the_commit_point_the_old_primary_is_fenced_first_then_the_new_one_promoted() -> None:
    cluster, fenced = Cluster(DOWN | {}), []
    acting = act(cluster, told(Phase.COMMITTED, KILL), fenced=fenced.append)
    assert cluster.done == ["fence alpha", "promote beta", "route beta"]
    assert fenced == ["alpha"]
    assert overall(acting.checks) is Verdict.PASSED


def test_nothing_is_promoted_without_a_proven_fence() -> None:
    cluster = Cluster({"alpha": Role.UNKNOWN, "beta": Role.STANDBY}, fence_proven=False)
    found = red(act(cluster, told(Phase.COMMITTED, KILL)))
    assert cluster.done == ["fence alpha"]
    assert found["old primary fenced"] == "alpha's host is silent"


def test_nothing_is_promoted_where_the_fence_cannot_be_told_or_the_lease_is_gone() -> None:
    cluster = Cluster(DOWN | {}, failing={"fence": OutcomeUnknown("no answer")})
    found = red(act(cluster, told(Phase.COMMITTED)))
    assert "promote beta" not in cluster.done
    assert found["old primary fenced"] == "no answer"

    def lost(_: str) -> None:
        raise LeaseLost("somebody else took it over")

    cluster = Cluster(DOWN | {})
    with pytest.raises(LeaseLost):
        act(cluster, told(Phase.COMMITTED), fenced=lost)
    assert cluster.done == ["fence alpha"]


def test_a_new_primary_is_not_promoted_again_and_the_route_is_finished() -> None:
    cluster = Cluster({"alpha": Role.DOWN, "beta": Role.PRIMARY})
    acting = act(cluster, told(Phase.COMMITTED, KILL))
    assert cluster.done == ["fence alpha", "route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_an_old_primary_that_follows_already_is_left_in_peace() -> None:
    cluster = Cluster({"alpha": Role.STANDBY, "beta": Role.PRIMARY}, routed="beta")
    acting = act(cluster, told(Phase.PROMOTED, KILL))
    assert cluster.done == []
    assert overall(acting.checks) is Verdict.PASSED


def test_a_dead_candidate_is_started_before_it_is_promoted() -> None:
    cluster = Cluster({"alpha": Role.DOWN, "beta": Role.DOWN}, rises_as=Role.STANDBY)
    acting = act(cluster, told(Phase.COMMITTED, KILL))
    assert cluster.done == ["fence alpha", "heal kill beta", "promote beta", "route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_a_candidate_that_stays_dead_is_said_and_the_old_primary_stays_fenced() -> None:
    cluster = Cluster({"alpha": Role.DOWN, "beta": Role.DOWN}, failing={"heal": DriverFailed("beta is down")})
    found = red(act(cluster, told(Phase.COMMITTED, KILL)))
    assert found["beta is promoted"] == "beta is down"
    assert "heal kill alpha" not in cluster.done


def test_cuts_end_once_the_old_primary_is_fenced_and_it_is_not_started() -> None:
    cluster = Cluster(DOWN | {})
    undo = (Undo("heal", "alpha", "cut_node"), KILL, Undo("heal", "beta", "lagging_standby"))
    act(cluster, told(Phase.COMMITTED, *undo))
    assert cluster.done == [
        "fence alpha",
        "promote beta",
        "route beta",
        "heal lagging_standby beta",
        "heal cut_node alpha",
    ]


def test_cuts_stay_where_the_old_primary_may_still_write() -> None:
    cluster = Cluster({"alpha": Role.UNKNOWN, "beta": Role.PRIMARY}, fence_proven=False)
    act(cluster, told(Phase.COMMITTED, Undo("heal", "alpha", "cut_node")))
    assert cluster.done == ["fence alpha", "route beta"]


def test_a_planned_change_of_roles_is_finished_as_it_was_begun() -> None:
    cluster = Cluster()
    acting = act(cluster, told(Phase.COMMITTED, by="switch"))
    assert cluster.done == ["switch alpha beta", "route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_a_change_of_roles_that_cannot_be_finished_without_loss_is_red() -> None:
    cluster = Cluster(failing={"switch": DriverFailed("beta lacks WAL; alpha was started again")})
    found = red(act(cluster, told(Phase.COMMITTED, by="switch")))
    assert found["the change of roles is finished"] == "beta lacks WAL; alpha was started again"
    assert "promote beta" not in cluster.done


def test_settled_rounds_only_get_their_route() -> None:
    cluster = Cluster({"alpha": Role.STANDBY, "beta": Role.PRIMARY}, routed="alpha")
    acting = act(cluster, told(Phase.REJOINED, KILL))
    assert cluster.done == ["route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_hands_off_means_that_nothing_is_touched_and_all_is_red() -> None:
    cluster = Cluster({"alpha": Role.DOWN, "beta": Role.PRIMARY}, routed="beta")
    found = red(act(cluster, told(Phase.BREAKING, KILL)))
    assert cluster.done == []
    assert "somebody else promoted it" in found["nobody else acts on the cluster"]


def test_a_cluster_that_promotes_by_itself_is_waited_for_and_then_fenced() -> None:
    cluster = Cluster(DOWN | {}, automatic=True)
    acting = act(cluster, told(Phase.COMMITTED))
    assert cluster.done == ["promote beta", "fence alpha", "route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_whoever_a_cluster_chose_by_itself_serves_also_after_healing() -> None:
    cluster = Cluster({"alpha": Role.DOWN, "beta": Role.PRIMARY}, automatic=True, rises_as=Role.STANDBY)
    acting = act(cluster, told(Phase.BREAKING, KILL))
    assert cluster.done == ["heal kill alpha", "route beta"]
    assert overall(acting.checks) is Verdict.PASSED


def test_a_cluster_that_promotes_by_itself_is_left_alone_where_its_primary_never_went() -> None:
    cluster = Cluster(automatic=True)
    acting = act(cluster, told(Phase.COMMITTED))
    assert cluster.done == []
    assert overall(acting.checks) is Verdict.PASSED


ACTIONS = ("heal", "fence", "promote", "switch", "route")


@given(
    st.sampled_from([each for each in Phase if each is not Phase.FINISHED]),
    st.sampled_from(Role),
    st.sampled_from(Role),
    st.sets(st.sampled_from(ACTIONS)),
    st.booleans(),
    st.booleans(),
)
def test_it_never_makes_a_second_primary(
    phase: Phase, alpha: Role, beta: Role, failing: set[str], proven: bool, switching: bool
) -> None:
    before = [alpha, beta].count(Role.PRIMARY)
    cluster = Cluster(
        {"alpha": alpha, "beta": beta},
        failing={each: DriverFailed(f"no {each}") for each in failing},
        fence_proven=proven,
    )
    acting = act(cluster, told(phase, KILL, **({"by": "switch"} if switching else {})))
    after = list(cluster.roles.values()).count(Role.PRIMARY)
    assert after <= max(1, before)
    if after != 1:
        assert overall(acting.checks) is not Verdict.PASSED
