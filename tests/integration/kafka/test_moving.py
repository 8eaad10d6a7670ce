"""Replicas move under a throttle that never stays behind, on three brokers in three racks."""

from __future__ import annotations

import dataclasses
import os

import pytest
from dataops.kafka.applying import moving
from dataops.kafka.applying.apply import Patience
from dataops.kafka.applying.journal import read_unfinished
from dataops.kafka.applying.outcome import Result
from dataops.kafka.applying.preflight import preflight
from dataops.kafka.changes import AddPartitions, CreateTopic, Reassign, SetConfig
from dataops.kafka.cluster.configs import read_broker_configs
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.metadata import live_brokers
from dataops.kafka.cluster.observing import observe
from dataops.kafka.desired import Cluster, Source
from dataops.kafka.health import health
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import (
    HASTY,
    carry_out,
    create,
    part,
    reasons,
    results,
    session_with,
    topic_of,
)

ONLY_TORTURE = pytest.mark.skipif(
    not os.environ.get("DATAOPS_TORTURE"), reason="takes half a minute: make torture"
)


def throttles(session: Session, topic: str) -> dict[str, object]:
    """What is throttled on the brokers and the topic now."""
    found: dict[str, object] = {
        key: value for key, value in topic_of(session, topic).configs.items() if "throttled" in key
    }
    for node in live_brokers(session.wire):
        configs = read_broker_configs(session.wire, node)
        found |= {
            f"{node} {name}": configs[name][0]
            for name in moving.RATES
            if name in configs and configs[name][1] == moving.DYNAMIC_BROKER
        }
    return found


def test_replication_factor_and_placement_change_and_no_throttle_stays(
    three_brokers: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    name = f"{prefix}topic"
    three_brokers.create(name, partitions=2)
    three_brokers.produce(name, 100, size=1000)
    with session_with(three_brokers) as session:
        topic = topic_of(session, name)
        before = {each.index: each.replicas for each in topic.partitions}
        grown = {0: (1, 2, 3), 1: (2, 3, 1)}
        wanted = part(Reassign(name, topic.topic_id, before, grown, throttle=10_000_000))
        assert {check.verdict for check in preflight(session, wanted)} <= {"passed", "not applicable"}
        report = carry_out(session, store, wanted)
        assert results(report) == [Result.APPLIED], reasons(report)
        after = topic_of(session, name)
        assert {each.index: each.replicas for each in after.partitions} == grown
        assert all(set(each.in_sync) == {1, 2, 3} for each in after.partitions)
        wait_for("the throttles are gone", lambda: not throttles(session, name))
        assert results(carry_out(session, store, wanted)) == [Result.ALREADY]
        shrunk = part(Reassign(name, topic.topic_id, grown, {0: (3,)}, throttle=None))
        assert results(carry_out(session, store, shrunk)) == [Result.APPLIED]
        assert topic_of(session, name).partitions[0].replicas == (3,)


@pytest.mark.torture
@ONLY_TORTURE
def test_a_move_that_takes_long_is_unknown_and_gone_on_with(
    three_brokers: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    """A throttle of 200 kB/s keeps 1.6 MB moving; the second run waits for it."""
    name = f"{prefix}topic"
    three_brokers.create(name)
    three_brokers.produce(name, 16, size=100_000)
    with session_with(three_brokers) as session:
        topic = topic_of(session, name)
        (old,) = topic.partitions[0].replicas
        new = old % 3 + 1
        move = Reassign(name, topic.topic_id, {0: (old,)}, {0: (new,)}, throttle=200_000)
        hasty = dataclasses.replace(HASTY, batch=1, move=1)
        report = carry_out(session, store, part(move), patience=hasty)
        assert results(report) == [Result.UNKNOWN]
        assert "still moving" in report.outcomes[0].reason
        seen = topic_of(session, name)
        assert seen.reassigning and throttles(session, name)
        stale = part(
            Reassign(name, topic.topic_id, {0: (old,)}, {0: (new % 3 + 1,)}),
            AddPartitions(name, topic.topic_id, 1, 2),
        )
        refused = carry_out(session, store, stale, cluster="other")
        assert results(refused) == [Result.REFUSED, Result.SKIPPED]
        assert "another reassignment" in refused.outcomes[0].reason
        again = carry_out(session, store, part(move))
        assert again.resumed and results(again) == [Result.APPLIED], reasons(again)
        assert topic_of(session, name).partitions[0].replicas == (new,)
        wait_for("the throttles are gone", lambda: not throttles(session, name))
        assert read_unfinished(store, "test") is None


def test_throttles_that_a_crash_left_behind_are_removed_by_the_next_run(
    three_brokers: KafkaServer, store: ObjectStore, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{prefix}topic"
    three_brokers.create(name)
    with session_with(three_brokers) as session:
        topic = topic_of(session, name)
        (old,) = topic.partitions[0].replicas
        move = Reassign(name, topic.topic_id, {0: (old,)}, {0: (old % 3 + 1,)}, throttle=1_000_000)

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(moving, "_start", crash)
            with pytest.raises(KeyboardInterrupt):
                carry_out(session, store, part(move))
        wait_for("the throttle is set", lambda: len(throttles(session, name)) >= 4)
        empty = carry_out(session, store, part())
        assert (results(empty), empty.left) == ([], ())
        wait_for("the throttles are gone", lambda: not throttles(session, name))
        left = read_unfinished(store, "test")  # what was begun is still known
        assert left is not None and left.begun == [0] and not left.throttles
        other = part(create(f"{prefix}other", 1))
        report = carry_out(session, store, other)  # another plan: the move itself is not gone on with
        assert results(report) == [Result.APPLIED] and not report.resumed and len(report.left) == 1
        assert topic_of(session, name).partitions[0].replicas == (old,)


@pytest.mark.torture
@ONLY_TORTURE
def test_a_broker_that_is_down_makes_the_cluster_unwell_and_is_no_reason_to_move(
    three_brokers: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    name, lonely = f"{prefix}topic", f"{prefix}lonely"
    three_brokers.create(name, partitions=3, replicas=3)
    node = three_brokers.nodes[2]
    with session_with(three_brokers) as session:
        pinned = CreateTopic(lonely, 1, 1, assignment=((3,),))
        assert results(carry_out(session, store, part(pinned))) == [Result.APPLIED]
        cluster = Cluster("test", "test", "kafka_test", session.cluster_id, "us", Source("cluster.yaml", 1))
        well = {check.name: check for check in health(observe(session), cluster, [])}
        assert well["offline partitions"].verdict == "passed"
        assert well["under-replicated partitions"].verdict == "passed"
        three_brokers.stop_node(node, seconds=20)
        try:

            def unwell() -> dict[str, str]:
                checks = {check.name: check for check in health(observe(session), cluster, [])}
                verdicts = {each: str(checks[each].verdict) for each in checks}
                told = {part.name for part in checks["under-replicated partitions"].parts}
                offline = {part.name for part in checks["offline partitions"].parts}
                return verdicts if name in told and lonely in offline else {}

            verdicts = wait_for("the loss shows", unwell)
            assert verdicts["offline partitions"] == "failed"
            topic = topic_of(session, name)
            assert topic.replication_factor == 3  # the replicas, not those in sync
            wanted = part(
                SetConfig(name, topic.topic_id, "retention.ms", None, "60000"),
                create(f"{prefix}new", 1, replicas=2),
                create(f"{prefix}wide", 1, replicas=3),
            )
            report = carry_out(session, store, wanted)
            # KRaft puts replicas also on a broker that is down: the plan must refuse that, Kafka does not
            assert results(report) == [Result.APPLIED] * 3, reasons(report)
            assert set(topic_of(session, f"{prefix}wide").partitions[0].replicas) == {1, 2, 3}
        finally:
            three_brokers.launch(node)
            three_brokers.wait_until_ready()


@pytest.mark.torture
@ONLY_TORTURE
def test_the_controller_moves_in_the_middle(
    three_brokers: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    names = [f"{prefix}{number}" for number in range(24)]
    batches: list[int] = []
    with session_with(three_brokers) as session:
        leader = int(
            session.wire.client.describe_metadata_quorum()["topics"][0]["partitions"][0]["leader_id"]
        )
        node = three_brokers.nodes[leader - 1]

        def still_ours() -> None:
            batches.append(1)
            if len(batches) == 3:
                three_brokers.stop_node(node, seconds=0)

        try:
            report = carry_out(
                session,
                store,
                part(*(create(name, 2, replicas=2) for name in names)),
                heaviest=9,
                still_ours=still_ours,
                patience=Patience(batch=90, settle=60),
            )
        finally:
            three_brokers.launch(node)
            three_brokers.wait_until_ready()
    assert set(results(report)) == {Result.APPLIED}, reasons(report)
    assert set(names) <= three_brokers.topics()
