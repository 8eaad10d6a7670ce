"""Answers that get lost, quotas, brokers that restart: read again, tried again, or told as unknown."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from dataops.kafka.applying.apply import Patience
from dataops.kafka.applying.journal import read_unfinished
from dataops.kafka.applying.outcome import Result
from dataops.kafka.changes import AddPartitions, DeleteTopic, SetConfig, SetQuota
from dataops.kafka.cluster.observing import observe
from dataops.kafka.desired import Entity
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer, wait_for
from tests.integration.kafka.building import (
    carry_out,
    create,
    part,
    reasons,
    results,
    session_with,
    topic_of,
)
from tests.integration.kafka.proxy import (
    CREATE_PARTITIONS,
    CREATE_TOPICS,
    DELETE_TOPICS,
    INCREMENTAL_ALTER_CONFIGS,
)


@pytest.mark.parametrize("fault", ["mute", "cut"])
def test_an_answer_that_got_lost_is_read_and_nothing_is_done_twice(
    healed: KafkaServer, store: ObjectStore, prefix: str, fault: str
) -> None:
    """``mute``: the broker did it and we did not hear; ``cut``: it never heard of it."""
    proxy = healed.nodes[0].proxy
    new, old, gone = f"{prefix}new", f"{prefix}old", f"{prefix}gone"
    healed.create(old, gone)
    with session_with(healed, "PROXIED") as session:
        ids = {name: topic_of(session, name).topic_id for name in (old, gone)}
        for key, wanted in (
            (CREATE_TOPICS, part(create(new, 3))),
            (CREATE_PARTITIONS, part(AddPartitions(old, ids[old], 1, 4))),
            (INCREMENTAL_ALTER_CONFIGS, part(SetConfig(old, ids[old], "retention.ms", None, "60000"))),
            (DELETE_TOPICS, part(DeleteTopic(gone, ids[gone]))),
        ):
            proxy.requests.clear()
            proxy.fail(1, fault, key)
            report = carry_out(session, store, wanted)
            assert results(report) == [Result.APPLIED], reasons(report)
            assert 1 <= proxy.requests[key] <= 3
    with session_with(healed) as session:
        topics = observe(session).topics
    assert len(topics[new].partitions) == 3
    assert len(topics[old].partitions) == 4 and topics[old].configs == {"retention.ms": "60000"}
    assert gone not in topics


def test_an_outcome_that_nobody_can_read_is_unknown_and_the_next_run_goes_on(
    healed: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    proxy = healed.nodes[0].proxy
    wanted = part(create(f"{prefix}a", 1), create(f"{prefix}b", 1))
    with session_with(healed, "PROXIED") as session:
        session.wire.patience = 3.0

        def decide(key: int) -> str:
            if key == CREATE_TOPICS:
                proxy.on_request = lambda key: "cut"  # from now on nobody can be reached
                return "mute"
            return ""

        proxy.on_request = decide
        report = carry_out(session, store, wanted)
        assert results(report) == [Result.UNKNOWN] * 2, reasons(report)
        assert report.check().verdict == "inconclusive"
        assert read_unfinished(store, "test") is not None
        proxy.heal()
        again = carry_out(session, store, wanted)
    assert again.resumed and results(again) == [Result.APPLIED] * 2
    assert "died or left something open" in again.left[0]
    assert read_unfinished(store, "test") is None


def test_nothing_is_sent_where_the_cluster_cannot_be_read(
    healed: KafkaServer, store: ObjectStore, prefix: str
) -> None:
    proxy = healed.nodes[0].proxy
    with session_with(healed, "PROXIED") as session:
        session.wire.patience = 2.0
        proxy.requests.clear()
        proxy.on_request = lambda key: "cut"
        report = carry_out(session, store, part(create(f"{prefix}a", 1)))
    assert results(report) == [Result.SKIPPED]
    assert proxy.requests.total() > 0 and proxy.requests[CREATE_TOPICS] == 0
    assert f"{prefix}a" not in healed.topics()


@pytest.fixture
def slow_controller(kafka: KafkaServer, prefix: str) -> Iterator[str]:
    """A user who may change two partitions a second."""
    from confluent_kafka.admin import AclOperation

    user = f"{prefix}user"
    kafka.user(user)
    kafka.allow(user, [AclOperation.ALL], topic="*")
    kafka.allow(user, [AclOperation.ALL])
    quota = SetQuota(Entity(user=user), "controller_mutation_rate", None, 2.0)
    with session_with(kafka) as session:
        from dataops.kafka.applying.present import Present
        from dataops.kafka.applying.rights import set_quotas

        assert set_quotas(session, [quota], Present())[0].taken
        wait_for("the quota holds", lambda: Entity(user=user) in (observe(session).quotas or {}))
    yield user


def test_a_quota_of_the_controller_is_waited_for(
    kafka: KafkaServer, store: ObjectStore, prefix: str, slow_controller: str
) -> None:
    wanted = part(*(create(f"{prefix}{number}", 12) for number in range(4)))
    login = {"sasl__username": slow_controller, "sasl__password": "secret"}
    with session_with(kafka, "SASL", **login) as session:
        session.wire.requests.clear()
        report = carry_out(session, store, wanted, heaviest=13, patience=Patience(batch=90, settle=20))
        tries = session.wire.requests["CreateTopicsRequest"]
    assert set(results(report)) == {Result.APPLIED}, reasons(report)
    assert tries > 4  # a batch a topic, and some were told to come again


def test_a_broker_that_restarts_in_the_middle(kafka: KafkaServer, store: ObjectStore, prefix: str) -> None:
    names = [f"{prefix}{number}" for number in range(60)]
    node = kafka.nodes[0]
    batches: list[int] = []

    def still_ours() -> None:
        batches.append(1)
        if len(batches) == 4:
            kafka.stop_node(node, seconds=0)
            kafka.launch(node)

    with session_with(kafka) as session:
        report = carry_out(
            session,
            store,
            part(*(create(name, 3) for name in names)),
            heaviest=40,
            patience=Patience(batch=90, settle=60),
            still_ours=still_ours,
        )
    kafka.wait_until_ready()
    assert set(results(report)) == {Result.APPLIED}, reasons(report)
    with session_with(kafka) as session:
        topics = observe(session).topics
    assert {name: len(topics[name].partitions) for name in names} == dict.fromkeys(names, 3)


def test_the_lease_is_checked_before_every_batch(kafka: KafkaServer, store: ObjectStore, prefix: str) -> None:
    calls: list[float] = []

    def still_ours() -> None:
        calls.append(time.monotonic())
        if len(calls) > 1:
            raise RuntimeError("lost")

    wanted = part(create(f"{prefix}a", 1), create(f"{prefix}b", 1))
    with session_with(kafka) as session, pytest.raises(RuntimeError, match="lost"):
        carry_out(session, store, wanted, heaviest=1, still_ours=still_ours)
    assert f"{prefix}a" in kafka.topics() and f"{prefix}b" not in kafka.topics()
