"""Each check of a cluster's health goes red by what it is for, and is green on a cluster that is well."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.kafka.desired import Cluster, Source
from dataops.kafka.health import health
from dataops.kafka.observed import (
    Broker,
    GroupLag,
    Inherited,
    ObservedCluster,
    ObservedTopic,
    Origin,
    Partition,
    Stake,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLUSTER = Cluster("main", "test", "kafka", "id", "us", Source("cluster.yaml", 1), most_lag=100)
FRESH = Stake(
    messages=5, written=10, last_write=NOW - timedelta(hours=1), groups=(GroupLag("g", "STABLE", 1, 7),)
)


def topic(name: str = "orders", **changed: object) -> ObservedTopic:
    partitions = tuple(
        dataclasses.replace(Partition(index, index % 3 + 1, _ring(index), _ring(index)), **changed)
        for index in range(6)
    )
    return ObservedTopic(name, "id", partitions)


def _ring(index: int) -> tuple[int, ...]:
    first = index % 3
    return (first + 1, (first + 1) % 3 + 1, (first + 2) % 3 + 1)


def cluster(*topics: ObservedTopic, stake: Stake | None = FRESH) -> ObservedCluster:
    return ObservedCluster(
        "id",
        NOW,
        tuple(Broker(number, rack="abc"[number - 1]) for number in (1, 2, 3)),
        topics={each.name: each for each in topics},
        stakes={each.name: stake for each in topics} if stake else {},
    )


def looked(observed: ObservedCluster, **changed: object) -> dict[str, Check]:
    managed = list(observed.topics)
    return {check.name: check for check in health(observed, dataclasses.replace(CLUSTER, **changed), managed)}


def test_a_cluster_that_is_well() -> None:
    assert {check.verdict for check in looked(cluster(topic())).values()} == {Verdict.PASSED}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("offline partitions", {"leader": None}),
        ("under-replicated partitions", {"in_sync": (1,)}),
        ("leaders in balance", {"leader": 1}),
    ],
)
def test_partitions_that_are_not_well(name: str, changed: dict[str, object]) -> None:
    check = looked(cluster(topic(**changed)))[name]
    assert check.verdict is Verdict.FAILED and check.parts and check.reason


def test_replicas_that_a_reassignment_adds_need_not_be_in_sync_yet() -> None:
    moving = topic(replicas=(1, 2, 3, 4), in_sync=(1, 2, 3), adding=(4,), leader=1)
    assert looked(cluster(moving))["under-replicated partitions"].verdict is Verdict.PASSED


def test_one_broker_leading_most_is_told() -> None:
    lopsided = [
        ObservedTopic(
            f"t{number}", "id", (Partition(0, 1 + (number % 10 == 0), (1 + (number % 10 == 0),), ()),)
        )
        for number in range(60)
    ]
    check = looked(cluster(*lopsided))["leaders in balance"]
    assert check.verdict is Verdict.FAILED and check.parts[0].name == "broker 1"


@pytest.mark.parametrize(
    ("stake", "verdict", "said"),
    [
        (dataclasses.replace(FRESH, last_write=NOW - timedelta(days=40)), Verdict.FAILED, "40 d ago"),
        (dataclasses.replace(FRESH, last_write=None, written=0), Verdict.PASSED, "never written"),
        (dataclasses.replace(FRESH, last_write=None), Verdict.PASSED, "expire sooner"),
        (
            dataclasses.replace(FRESH, written=None, unknown=("No answer.",)),
            Verdict.INCONCLUSIVE,
            "No answer",
        ),
        (None, Verdict.INCONCLUSIVE, "not read"),
    ],
)
def test_traffic(stake: Stake | None, verdict: Verdict, said: str) -> None:
    check = looked(cluster(topic(), stake=stake))["topics with traffic"]
    assert check.verdict is verdict
    assert said in check.parts[0].observed + check.parts[0].reason


@pytest.mark.parametrize(("kept_ms", "said"), [(90 * 86_400_000, "90 d"), ((1 << 63) - 1, " d")])
def test_a_topic_whose_records_all_expired_within_a_long_retention_is_idle(kept_ms: int, said: str) -> None:
    kept = {"retention.ms": Inherited(str(kept_ms), Origin.DEFAULT)}
    expired = dataclasses.replace(FRESH, last_write=None)
    own = cluster(dataclasses.replace(topic(), inherited=kept), stake=expired)
    brokers = dataclasses.replace(cluster(topic(), stake=expired), defaults=kept)
    for seen in (own, brokers):
        check = looked(seen)["topics with traffic"]
        assert check.verdict is Verdict.FAILED and said in check.parts[0].observed


def test_lag() -> None:
    late = dataclasses.replace(FRESH, groups=(GroupLag("late", "EMPTY", 0, 101),))
    check = looked(cluster(topic(), stake=late))["consumer lag"]
    assert check.verdict is Verdict.FAILED and "101 messages behind" in check.parts[0].observed
    unknown = dataclasses.replace(FRESH, groups=(GroupLag("new", "STABLE", 1, None),))
    assert looked(cluster(topic(), stake=unknown))["consumer lag"].verdict is Verdict.INCONCLUSIVE
    hidden = dataclasses.replace(FRESH, groups=None, unknown=("Not allowed.",))
    assert looked(cluster(topic(), stake=hidden))["consumer lag"].verdict is Verdict.INCONCLUSIVE
    assert looked(cluster(topic()), most_lag=None)["consumer lag"].verdict is Verdict.NOT_APPLICABLE


def test_what_does_not_apply_says_why() -> None:
    alone = dataclasses.replace(cluster(), brokers=(Broker(1),))
    found = looked(alone)
    assert found["leaders in balance"].verdict is Verdict.NOT_APPLICABLE
    assert found["topics with traffic"].verdict is Verdict.NOT_APPLICABLE
    assert found["consumer lag"].verdict is Verdict.NOT_APPLICABLE
