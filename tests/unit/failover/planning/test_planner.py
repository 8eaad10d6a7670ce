"""A scenario and a cluster give the exact steps, the worst case and one hash, whatever moves meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dataops.failover.journal import Phase
from dataops.failover.planning.candidate import NoPlan
from dataops.failover.planning.course import OF_FAULT, Course
from dataops.failover.planning.exposure import Pace
from dataops.failover.planning.plan import Plan, plan_from_json
from dataops.failover.planning.planner import Situation, plan
from dataops.failover.planning.render import document, markdown, text
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Role, Topology
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.builders import Teller, cluster, database, failover, node, scenario, server

PRIMARY, STANDBY = Role.PRIMARY, Role.STANDBY


def planned(
    wanted: Scenario | None = None,
    seen: Topology | None = None,
    *,
    automatic: bool = False,
    pace: Pace | None = None,
    commit: str = "c0ffee" * 6,
    **settings: Any,
) -> Plan:
    situation = Situation(
        scenario=wanted or scenario(),
        server=server(),
        settings=failover(**settings),
        databases=(database(), database("bills")),
        seen=seen or cluster(),
        owner="shop-team",
        git_commit=commit,
        pace=pace,
    )
    return plan(situation, Teller(automatic=automatic))


def actions(found: Plan) -> list[str]:
    return [f"{step.action} {step.node}".strip() for step in found.steps]


def test_a_crash_fences_before_it_promotes_and_fails_back() -> None:
    assert actions(planned()) == [
        "canary",
        "break alpha",
        "fence alpha",
        "promote beta",
        "route beta",
        "verify",
        "rejoin alpha",
        "switch alpha",
        "route alpha",
        "rejoin beta",
        "verify",
        "verify",
    ]


def test_a_cluster_that_promotes_by_itself_is_waited_for_and_fenced_after() -> None:
    found = planned(automatic=True)
    assert actions(found)[1:5] == ["break alpha", "promote beta", "route beta", "fence alpha"]
    lines = text(found).splitlines()
    at = next(number for number, line in enumerate(lines) if "commit point" in line)
    assert "Wait until the cluster has promoted beta" in lines[at + 1]


def test_without_failback_roles_stay_as_they_are() -> None:
    assert actions(planned(scenario(failback=False)))[-2:] == ["rejoin alpha", "verify"]


def test_a_cut_is_taken_away_before_the_old_primary_rejoins() -> None:
    found = actions(planned(scenario("partition")))
    assert found[1] == "break alpha"
    assert found.index("heal alpha") < found.index("rejoin alpha")


@pytest.mark.parametrize(
    ("mode", "fault", "broken"),
    [
        ("partition", "cut_replication", "alpha"),
        ("partition", "cut_clients", "alpha"),
        ("crash", "lagging_standby", "beta"),
        ("crash", "kill_standby", "beta"),
        ("crash", "standby_disk_full", "beta"),
    ],
)
def test_what_must_be_endured_promotes_nobody(mode: str, fault: str, broken: str) -> None:
    found = planned(scenario(mode, fault=fault))
    assert actions(found) == ["canary", f"break {broken}", "verify", f"heal {broken}", "verify"]
    assert found.loss.bytes == 0
    assert "alpha stays primary" in found.summary


def test_a_promotion_that_dies_is_gone_on_with_and_never_reverted() -> None:
    found = actions(planned(scenario(fault="kill_standby_while_promoting")))
    assert found[2:9] == [
        "fence alpha",
        "promote beta",
        "verify",
        "fence beta",
        "heal beta",
        "promote beta",
        "route beta",
    ]
    assert "rejoin alpha" in found


def test_each_step_is_told_of_the_cluster_as_it_will_be_then() -> None:
    found = [command for step in planned().steps for command in step.commands]
    assert "promote beta of alpha" in found
    assert "rejoin alpha of beta" in found
    assert "switch alpha of beta" in found
    assert "rejoin beta of alpha" in found


def test_a_switchover_breaks_nothing_and_loses_nothing() -> None:
    found = planned(scenario("switchover"))
    assert "break alpha" not in actions(found)
    assert actions(found)[1:3] == ["switch beta", "route beta"]
    assert (found.loss.bytes, found.loss.rows) == (0, 0)


def test_a_lost_region_is_restored() -> None:
    assert "restore" in actions(planned(scenario("region_loss")))


def test_a_tabletop_tells_the_round_and_does_nothing() -> None:
    found = planned(scenario("tabletop"))
    assert found.course is Course.TELL
    assert not found.touches
    assert actions(found) == actions(planned(scenario("crash")))
    assert "A tabletop: nothing is done" in text(found)


def test_every_other_standby_follows_the_new_primary() -> None:
    seen = cluster(node("alpha", PRIMARY), node("beta", STANDBY), node("gamma", STANDBY))
    found = actions(planned(seen=seen))
    assert found.count("rejoin gamma") == 2
    assert found.index("rejoin gamma") < found.index("rejoin alpha")


def test_the_synchronous_standby_is_promoted_though_another_is_ahead() -> None:
    seen = cluster(
        node("alpha", PRIMARY),
        node("beta", STANDBY, received=1 << 40),
        node("gamma", STANDBY, sync_state="quorum"),
    )
    found = planned(seen=seen)
    assert found.candidate == "gamma"
    assert found.loss.bytes == 0
    assert "synchronous standby" in found.loss.says


def test_the_one_that_is_ahead_is_promoted_else_the_first_by_name() -> None:
    behind = node("beta", STANDBY, received=0x1000000)
    seen = cluster(node("alpha", PRIMARY), behind, node("gamma", STANDBY))
    assert planned(seen=seen, lag="1MB").candidate == "gamma"
    assert planned(seen=seen, lag="100MB").candidate == "beta"


def test_a_standby_that_does_not_stream_is_the_last_choice() -> None:
    seen = cluster(node("alpha", PRIMARY), node("beta", STANDBY, streaming=False), node("gamma", STANDBY))
    assert planned(seen=seen).candidate == "gamma"


def test_a_node_of_a_managed_service_takes_over_from_itself() -> None:
    seen = cluster(node("alpha", PRIMARY), driver="rds")
    found = planned(seen=seen, automatic=True)
    assert (found.primary, found.candidate) == ("alpha", "alpha")
    assert not {"switch alpha", "rejoin alpha"} & set(actions(found))
    switched = planned(scenario("switchover"), seen, automatic=True)
    assert actions(switched) == ["canary", "switch alpha", "route alpha", "verify", "verify"]
    assert found.loss.bytes == 0


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (cluster(node("alpha", STANDBY), node("beta", STANDBY)), "no node says that it is"),
        (cluster(node("alpha", PRIMARY), node("beta", PRIMARY)), "alpha and beta says that it is"),
        (
            cluster(node("alpha", PRIMARY), node("beta", Role.UNKNOWN, reason="timed out")),
            r"beta is unknown \(timed out\)",
        ),
    ],
)
def test_no_plan_without_one_primary_and_a_standby(seen: Topology, said: str) -> None:
    with pytest.raises(NoPlan, match=said):
        planned(seen=seen)


def test_the_node_that_is_broken_must_have_its_role_still() -> None:
    turned = cluster(node("alpha", STANDBY), node("beta", PRIMARY), routed="beta")
    assert planned(scenario(node="alpha")).broken == "alpha"
    with pytest.raises(NoPlan, match="breaks alpha as the primary, and beta is primary now: fail back"):
        planned(scenario(node="alpha"), turned)
    assert planned(scenario("partition", fault="cut_replication", node="alpha"), turned).broken == "alpha"
    assert planned(scenario(fault="kill_standby", node="alpha"), turned).broken == "alpha"
    with pytest.raises(NoPlan, match="beta, which the scenario breaks, is no standby"):
        planned(scenario(fault="kill_standby", node="beta"), turned)
    with pytest.raises(NoPlan, match="gamma, which the scenario breaks, was not seen"):
        planned(scenario(node="gamma"))


def test_a_named_standby_must_be_one() -> None:
    seen = cluster(node("alpha", PRIMARY), node("beta", STANDBY), node("gamma", Role.DOWN, reason="refused"))
    with pytest.raises(NoPlan, match=r"gamma, which the scenario promotes, is no standby: it is down"):
        planned(scenario(standby="gamma"), seen)


def test_the_hash_stays_while_wal_moves_and_the_pace_changes() -> None:
    first = planned()
    seen = cluster(node("alpha", PRIMARY, lsn=1 << 33), node("beta", STANDBY, received=(1 << 33) - 5000))
    assert planned(seen=seen, pace=Pace(1e6, 50)).hash == first.hash


@pytest.mark.parametrize(
    "changed",
    [
        planned(scenario(load={"rate": 51})),
        planned(scenario(fault="hang")),
        planned(scenario(owner="others")),
        planned(commit="d" * 40),
        planned(lag="17MB"),
        planned(seen=cluster(routed="beta")),
        planned(seen=cluster(node("alpha", STANDBY), node("beta", PRIMARY))),
        planned(seen=cluster(node("alpha", PRIMARY, system_identifier="1"), node("beta", STANDBY))),
        planned(seen=cluster(node("alpha", PRIMARY, address="10.0.0.9:5432"), node("beta", STANDBY))),
        planned(seen=cluster(node("alpha", PRIMARY, timeline=2), node("beta", STANDBY))),
        planned(seen=cluster(node("alpha", PRIMARY), node("beta", STANDBY, sync_state="sync"))),
    ],
)
def test_the_hash_changes_with_whatever_a_person_agreed_to(changed: Plan) -> None:
    assert changed.hash != planned().hash


def test_the_loss_of_an_asynchronous_standby_is_bounded_and_told() -> None:
    found = planned(pace=Pace(wal=1_970_000, commits=400), lag="16MB")
    assert found.loss.bytes == 16_000_000
    assert found.loss.seconds == pytest.approx(8)
    assert found.loss.rows == 4000
    assert "16,000,000 bytes of WAL that beta has not received" in found.loss.says


def test_a_promise_that_the_worst_case_breaks_is_told() -> None:
    loose = planned(scenario(objectives={"rpo": "10s"}), pace=Pace(wal=1_970_000, commits=400))
    tight = planned(scenario(objectives={"rpo": "5s"}), pace=Pace(wal=1_970_000, commits=400))
    none = planned(pace=Pace(wal=1_970_000, commits=400))
    assert not any("promises" in note for note in loose.notes)
    assert any("promises to lose 5s at most" in note for note in tight.notes)
    assert any("promises that nothing is lost" in note for note in none.notes)
    sync = cluster(node("alpha", PRIMARY), node("beta", STANDBY, sync_state="sync"))
    assert not any("promises" in note for note in planned(seen=sync).notes)


def test_a_pace_that_could_not_be_measured_is_no_zero() -> None:
    found = planned(pace=None)
    assert (found.loss.rows, found.loss.seconds) == (None, None)
    assert "could not be measured" in found.loss.says


def test_a_plan_survives_the_store_and_nothing_else_passes_for_it() -> None:
    found = planned(pace=Pace(1e6, 50))
    kept = found.to_json()
    assert plan_from_json(kept) == found
    with pytest.raises(ValueError, match="no longer what it was"):
        plan_from_json(kept.replace(b'"candidate": "beta"', b'"candidate": "alpha"'))
    with pytest.raises(ValueError, match="holds no plan"):
        plan_from_json(b"[]")


def test_a_hash_is_named_by_twelve_characters_at_least() -> None:
    found = planned()
    assert found.names(found.hash)
    assert found.names(found.hash[:12])
    assert not found.names(found.hash[:11])
    assert not found.names("")


@pytest.mark.parametrize("show", [text, markdown])
def test_people_read_the_worst_case_first_and_every_command(show: Any) -> None:
    found = planned(pace=Pace(1e6, 50), members=("crm",))
    told = show(found)
    lines = [line for line in told.splitlines() if line]
    assert "orst case" in "".join(lines[:3])
    assert "bills" in told
    assert "crm" in told
    for step in found.steps:
        assert step.title in told
        assert all(command in told for command in step.commands)
    assert told.index("commit point") > told.index("break kill alpha") or show is markdown
    assert found.hash[:12] in told


def test_the_commit_point_stands_before_the_fence() -> None:
    lines = text(planned()).splitlines()
    at = next(number for number, line in enumerate(lines) if "commit point" in line)
    assert "Fence alpha" in lines[at + 1]
    assert sum("commit point" in line for line in lines) == 1


def test_a_program_reads_the_hash_and_the_worst_case() -> None:
    found = planned()
    told = document(found)
    assert told["hash"] == found.hash
    assert told["worst"].startswith("At most 16,000,000 bytes")
    assert len(told["steps"]) == len(found.steps)


@given(st.sampled_from(sorted(OF_FAULT)), st.booleans(), st.booleans())
def test_no_plan_promotes_before_it_fences(fault: str, failback: bool, automatic: bool) -> None:
    found = planned(scenario("tabletop", fault=fault, failback=failback), automatic=automatic)
    steps = [step.action for step in found.steps]
    if "promote" in steps and not automatic:
        assert steps.index("fence") < steps.index("promote")
    phases = [list(Phase).index(step.phase) for step in found.steps]
    assert phases == sorted(phases)
    assert found.hash == planned(
        scenario("tabletop", fault=fault, failback=failback), replace(cluster()), automatic=automatic
    ).hash  # fmt: skip
