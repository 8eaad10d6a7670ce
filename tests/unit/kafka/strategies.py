"""Any cluster and any wish, as hypothesis draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dataops.kafka.changes import Plan
from dataops.kafka.desired import (
    Acl,
    DeclaredAcl,
    Deletion,
    Desired,
    Entity,
    Placement,
    Quota,
    ScramUser,
    Source,
    State,
    Topic,
)
from dataops.kafka.observed import Broker, ObservedCluster, ObservedTopic, ObservedUser, Partition, Stake
from dataops.kafka.topic_configs import as_text
from hypothesis import strategies as st

from tests.unit.kafka.builders import NOTHING, NOW, cluster, desired, observed, topic

NAMES = ("flights.a", "flights.b", "weather.c", "ships")
WHERE = Source("include/kafka/main/topics/flights.yaml", 9)
VALUES: dict[str, list[Any]] = {
    "retention.ms": [1000, 9223372036854775807, -1, "7d"],
    "retention.bytes": [-1, 1000000],
    "cleanup.policy": ["delete", "compact", "compact,delete", "delete, compact"],
    "min.insync.replicas": [1],
    "max.message.bytes": [1000, 2000000],
    "segment.ms": [1000, "1h"],
    "compression.type": ["lz4", "ZSTD"],
    "unclean.leader.election.enable": [True, False],
    "min.cleanable.dirty.ratio": [0.5, "0.50", 0.25],
    "preallocate": ["true", "FALSE"],
    "delete.retention.ms": [1, 86400000],
}


def _shown(value: Any) -> str:
    """A value as some cluster shows it, in other forms than ours where those mean the same."""
    return {"7d": "604800000", "1h": " 3600000"}.get(str(value), str(value))


configs = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 3), max_size=5).map(
    lambda chosen: {key: as_text(key, VALUES[key][at % len(VALUES[key])]) for key, at in chosen.items()}
)
raw_configs = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 3), max_size=5).map(
    lambda chosen: {key: _shown(VALUES[key][at % len(VALUES[key])]) for key, at in chosen.items()}
)
brokers = st.integers(3, 6).map(
    lambda count: tuple(Broker(each, rack="abc"[each % 3]) for each in range(count))
)


@st.composite
def observed_topics(draw: st.DrawFn, name: str, ids: list[int], *, uneven: bool = False) -> ObservedTopic:
    count, copies = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    placed = []
    for index in range(count):
        many = draw(st.integers(1, 3)) if uneven else copies
        replicas = tuple(draw(st.permutations(ids))[:many])
        placed.append(Partition(index, replicas[0], replicas, replicas))
    return ObservedTopic(name, draw(st.sampled_from(["id-1", "id-2"])), tuple(placed), draw(raw_configs))


@st.composite
def observed_clusters(draw: st.DrawFn, *, uneven: bool = False) -> ObservedCluster:
    live = draw(brokers)
    ids = [each.id for each in live]
    topics = [
        draw(observed_topics(name, ids, uneven=uneven))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]
    stakes = {
        each.name: draw(
            st.sampled_from([NOTHING, Stake(messages=5, written=9, bytes=10, groups=(), oldest=NOW)])
        )
        for each in topics
    }
    principals = [Acl("TOPIC", name, "User:a", "READ") for name in NAMES]
    return observed(
        *topics,
        brokers=live,
        stakes=stakes,
        acls=frozenset(draw(st.lists(st.sampled_from(principals)))),
        users=tuple(draw(st.lists(st.just(ObservedUser("bob", "SCRAM-SHA-512", 8193)), max_size=1))),
        quotas=draw(st.dictionaries(st.just(Entity(user="bob")), st.just({"producer_byte_rate": 5.0}))),
    )


@st.composite
def topics(draw: st.DrawFn, name: str) -> Topic:
    """A declared topic that agrees to everything dangerous it asks for."""
    found = topic(
        name,
        partitions=draw(st.integers(1, 6)),
        replication_factor=draw(st.integers(1, 3)),
        configs=draw(configs),
        placement=draw(st.sampled_from(Placement)),
        state=draw(st.sampled_from([State.PRESENT, State.PRESENT, State.ABSENT])),
    )
    agreed = {"partitions": str(found.partitions), "replication_factor": str(found.replication_factor)}
    values = {key: found.configs.get(key, "inherited") for key in VALUES}
    return replace(found, acknowledged={**agreed, **values, "state": "absent"})


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    declared = [draw(topics(name)) for name in draw(st.lists(st.sampled_from(NAMES), unique=True))]
    acls = draw(st.lists(st.sampled_from(NAMES), unique=True))
    states = st.sampled_from(State)
    return desired(
        *declared,
        cluster=cluster(deletion=Deletion(True), authoritative_acls=draw(st.booleans())),
        acls=tuple(
            DeclaredAcl(
                Acl("TOPIC", name, draw(st.sampled_from(["User:a", "User:b"])), "READ"),
                WHERE,
                "t",
                draw(states),
            )
            for name in acls
        ),
        users=tuple(
            ScramUser("bob", "kafka_bob", draw(st.integers(1, 3)), WHERE, "t", state=draw(states))
            for _ in range(draw(st.integers(0, 1)))
        ),
        quotas=tuple(
            Quota(Entity(user="bob"), {"request_percentage": 3.0}, WHERE, "t")
            for _ in range(draw(st.integers(0, 1)))
        ),
    )


def told(plan: Plan) -> list[str]:
    """What a plan would do, in short."""
    return [f"{change.resource}: {change.kind}" for change in plan.changes]
