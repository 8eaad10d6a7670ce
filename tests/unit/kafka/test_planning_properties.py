"""What holds of every plan, whatever is declared and whatever is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dataops.kafka.changes import AddPartitions, DeleteTopic, Reassign, Risk, plan_from_json
from dataops.kafka.desired import Desired, State
from dataops.kafka.memory import Memory
from dataops.kafka.observed import ObservedCluster, Partition
from dataops.kafka.planning import plan
from dataops.kafka.planning.assignment import fresh, moved
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kafka.builders import NOW, desired, observed, there, topic
from tests.unit.kafka.simulation import applied
from tests.unit.kafka.strategies import brokers, observed_clusters, told, wishes

QUIET = Memory(quiet={})


@given(wishes(), observed_clusters())
@settings(max_examples=60, deadline=None)
def test_what_is_planned_leads_to_the_declared_state(wanted: Desired, cluster: ObservedCluster) -> None:
    """Refused topics stay as they are; everything else is then as declared: a second plan is empty."""
    first = plan(wanted, cluster)
    after = applied(cluster, first.changes)
    for _ in range(2):
        # A topic in quarantine waits; a deletion may follow, and nothing else.
        again = plan(wanted, after)
        assert all(isinstance(change.action, DeleteTopic) for change in again.changes), told(again)
        after = applied(after, again.changes)
    assert told(plan(wanted, after)) == []
    assert {each.resource for each in plan(wanted, after).refusals} <= {
        each.resource for each in first.refusals
    }


@given(wishes(), observed_clusters())
@settings(max_examples=60, deadline=None)
def test_the_gated_part_still_holds_once_the_safe_part_is_applied(
    wanted: Desired, cluster: ObservedCluster
) -> None:
    first = plan(wanted, cluster, git_commit="abc")
    second = plan(wanted, applied(cluster, first.safe.changes), git_commit="abc")
    assert second.safe.changes == ()
    assert second.gated.hash == first.gated.hash
    assert [change.action for change in second.gated.changes] == [
        change.action for change in first.gated.changes
    ]


@given(wishes(), observed_clusters())
@settings(max_examples=40, deadline=None)
def test_a_plan_survives_the_store_and_is_the_same_each_time(
    wanted: Desired, cluster: ObservedCluster
) -> None:
    made = plan(wanted, cluster, git_commit="abc")
    assert plan_from_json(made.to_json()) == made
    assert plan(wanted, cluster, git_commit="abc") == made


@given(wishes(), observed_clusters())
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_unless_the_files_say_absent(wanted: Desired, cluster: ObservedCluster) -> None:
    made = plan(wanted, cluster)
    touched = {change.topic for change in made.changes} - {None}
    assert touched <= wanted.topics.keys()
    for change in made.changes:
        if isinstance(change.action, DeleteTopic):
            assert wanted.topics[change.action.topic].state is State.ABSENT
        if isinstance(change.action, AddPartitions):
            assert change.action.after > change.action.before
        if change.risk is Risk.DESTRUCTIVE and not isinstance(change.action, DeleteTopic):
            assert change.acknowledged
    refused = {each.resource for each in made.refusals}
    assert not refused & {change.resource for change in made.changes}


@given(observed_clusters())
@settings(max_examples=50, deadline=None)
def test_an_empty_wish_changes_nothing(cluster: ObservedCluster) -> None:
    assert plan(desired(), cluster).exit_code == 0


def test_a_plan_goes_stale_with_whatever_it_is_made_of() -> None:
    wanted = desired(topic(partitions=6, acknowledged={"partitions": "6"}, configs={"segment.ms": "1000"}))
    cluster = observed(there())
    first = plan(wanted, cluster, git_commit="a")
    assert first.safe.hash and first.gated.hash and first.safe.hash != first.gated.hash
    for other in (
        plan(wanted, cluster, git_commit="b"),
        plan(replace(wanted, fingerprint="0"), cluster, git_commit="a"),
        plan(wanted, observed(there(topic_id="another")), git_commit="a"),
        plan(wanted, observed(there(configs={"cleanup.policy": "compact"})), git_commit="a"),
        plan(wanted, observed(there(partitions=4)), git_commit="a"),
        plan(
            replace(wanted, cluster=replace(wanted.cluster, cluster_id="x")), replace(cluster, cluster_id="x")
        ),
    ):
        assert other.safe.hash != first.safe.hash
        assert other.gated.hash != first.gated.hash


def test_a_plan_does_not_go_stale_with_what_changes_all_the_time() -> None:
    wanted = desired(topic(partitions=6, acknowledged={"partitions": "6"}, configs={"segment.ms": "1000"}))
    first = plan(wanted, observed(there(), stakes={}), git_commit="a")
    lagging = there(placed=tuple(Partition(at, 2, (1, 2, 3), (2,)) for at in range(3)))
    later = observed(lagging, there("unrelated"), at=NOW + timedelta(hours=2))
    second = plan(wanted, later, git_commit="a")
    assert (second.safe.hash, second.gated.hash) == (first.safe.hash, first.gated.hash)


@given(brokers, st.integers(1, 12), st.integers(1, 3))
@settings(deadline=None)
def test_fresh_replicas_are_spread_evenly_over_brokers_and_racks(
    live: tuple[object, ...], count: int, copies: int
) -> None:
    placed = fresh(count, copies, live, apart=True)  # type: ignore[arg-type]
    racks = {each.id: each.rack for each in live}  # type: ignore[attr-defined]
    assert all(len({racks[each] for each in replicas}) == copies for replicas in placed)
    leads = [sum(1 for replicas in placed if replicas[0] == each) for each in racks]
    assert max(leads) - min(leads) <= 1


@given(observed_clusters(uneven=True), st.integers(1, 3), st.booleans())
@settings(max_examples=40, deadline=None)
def test_moved_replicas_are_as_wanted_and_the_leader_stays(
    cluster: ObservedCluster, copies: int, apart: bool
) -> None:
    racks = {each.id: each.rack for each in cluster.brokers}
    for each in cluster.topics.values():
        target = moved(each.partitions, copies, cluster.brokers, apart=apart)
        for partition in each.partitions:
            replicas = target.get(partition.index, partition.replicas)
            assert len(set(replicas)) == len(replicas) == copies
            assert partition.leader in replicas
            if apart:
                assert len({racks[broker] for broker in replicas}) == copies
            if copies >= len(partition.replicas) and not apart:
                assert set(partition.replicas) <= set(replicas)


def test_more_copies_come_before_more_are_wanted_in_sync_and_fewer_after() -> None:
    agreed = {"min.insync.replicas": "2", "replication_factor": "1"}
    grown = topic(replication_factor=3, configs={"min.insync.replicas": "2"}, acknowledged=agreed)
    made = plan(desired(grown), observed(there(replicas=(1,))))
    assert [change.kind for change in made.gated.changes] == ["reassign", "set config"]
    shrunk = topic(replication_factor=1, configs={"min.insync.replicas": "1"}, acknowledged=agreed)
    made = plan(desired(shrunk), observed(there(configs={"min.insync.replicas": "2"})))
    assert [change.kind for change in made.gated.changes] == ["set config", "reassign"]
    assert isinstance(made.gated.changes[1].action, Reassign)
