"""Clusters, topics and readings with sensible values, of which a test says only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dataops.kafka.desired import Cluster, Desired, Source, Topic
from dataops.kafka.observed import (
    Ability,
    Broker,
    Capability,
    Inherited,
    ObservedCluster,
    ObservedTopic,
    Origin,
    Partition,
    Stake,
)
from dataops.kafka.topic_configs import KNOWN

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
BROKERS = (Broker(1, rack="a"), Broker(2, rack="b"), Broker(3, rack="c"))
NOTHING = Stake(messages=0, written=0, bytes=0, groups=())
DEFAULTS = {key: Inherited(config.default, Origin.DEFAULT) for key, config in KNOWN.items()}
ABLE = {each: Ability(True) for each in Capability}


def cluster(**values: Any) -> Cluster:
    base = Cluster(
        "main", "prod", "kafka_main", CLUSTER_ID, "platform", Source("include/kafka/main/cluster.yaml", 1)
    )
    return replace(base, **values)


def topic(name: str = "flights.delays", **values: Any) -> Topic:
    base = Topic(name, 3, 3, Source("include/kafka/main/topics/flights.yaml", 3), "flights", "flights")
    return replace(base, **values)


def desired(*topics: Topic, **values: Any) -> Desired:
    values.setdefault("cluster", cluster())
    return Desired(topics={each.name: each for each in topics}, fingerprint="f" * 64, **values)


def there(
    name: str = "flights.delays",
    partitions: int = 3,
    replicas: Sequence[int] = (1, 2, 3),
    configs: Mapping[str, str] | None = None,
    **values: Any,
) -> ObservedTopic:
    """A healthy topic, its replicas turned by one from each partition to the next."""
    copies = len(replicas)
    placed = [tuple(replicas[(index + at) % copies] for at in range(copies)) for index in range(partitions)]
    return ObservedTopic(
        name,
        values.pop("topic_id", f"id-{name}"),
        values.pop(
            "placed", tuple(Partition(index, each[0], each, each) for index, each in enumerate(placed))
        ),
        dict(configs or {}),
        **values,
    )


def observed(*topics: ObservedTopic, **values: Any) -> ObservedCluster:
    values.setdefault("acls", frozenset())
    values.setdefault("users", ())
    values.setdefault("quotas", {})
    values.setdefault("abilities", ABLE)
    values.setdefault("defaults", DEFAULTS)
    values.setdefault("brokers", BROKERS)
    values.setdefault("at", NOW)
    return ObservedCluster(CLUSTER_ID, topics={each.name: each for each in topics}, **values)
