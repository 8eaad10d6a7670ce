"""Brokers and topics with ids, partitions, leaders and replicas in sync, in one request."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dataops.kafka.cluster.wire import REFUSALS, Wire, word
from dataops.kafka.observed import Broker, ObservedTopic, Partition

ABSENT = {3, 17, 100}
"""UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_ID: there is no such topic."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """``topics`` have no configs yet. ``hidden``: asked for by name, but not for us to see.

    ``rights``: the operations on each topic that the login may do, as Kafka's codes, where asked for.
    """

    cluster_id: str
    controller: int | None
    brokers: tuple[Broker, ...]
    topics: Mapping[str, ObservedTopic]
    hidden: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, frozenset[int]] = field(default_factory=dict)


def read_metadata(wire: Wire, names: Collection[str] | None, *, rights: bool = False) -> Metadata:
    """All topics that we may see for None, else those of these names; one request."""
    from kafka.protocol.metadata import MetadataRequest

    Named = MetadataRequest.MetadataRequestTopic

    def make() -> Any:
        return MetadataRequest(
            topics=None if names is None else [Named(name=name) for name in names],
            allow_auto_topic_creation=False,
            include_topic_authorized_operations=rights,
        )

    answer = wire.read(make)
    topics, hidden = {}, {}
    for each in answer.topics:
        if each.error_code in REFUSALS:
            hidden[each.name] = f"the login may not see it ({word(each.error_code)})"
        elif each.error_code not in ABSENT and each.name is not None:
            topics[each.name] = _topic(each)
    allowed = {each.name: frozenset(each.authorized_operations) for each in answer.topics} if rights else {}
    return Metadata(
        cluster_id=answer.cluster_id or "",
        controller=answer.controller_id if answer.controller_id >= 0 else None,
        brokers=tuple(
            Broker(each.node_id, each.host, each.port, each.rack)
            for each in sorted(answer.brokers, key=lambda broker: broker.node_id)
        ),
        topics=topics,
        hidden=hidden,
        rights=allowed,
    )


def live_brokers(wire: Wire) -> tuple[int, ...]:
    """The ids of the brokers that are up now; one request."""
    return tuple(broker.id for broker in read_metadata(wire, []).brokers)


def topic_id_text(found: UUID | None) -> str:
    """The id as Kafka's own tools write it; empty where the broker is too old to have ids."""
    if found is None or not found.int:
        return ""
    return base64.urlsafe_b64encode(found.bytes).decode().rstrip("=")


def topic_uuid(text: str) -> UUID:
    """The id that ``topic_id_text`` wrote."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{text}=="))


def _topic(found: Any) -> ObservedTopic:
    partitions = [
        Partition(
            each.partition_index,
            each.leader_id if each.leader_id >= 0 else None,
            tuple(each.replica_nodes),
            tuple(each.isr_nodes),
        )
        for each in found.partitions
    ]
    partitions.sort(key=lambda partition: partition.index)
    return ObservedTopic(
        found.name, topic_id_text(found.topic_id), tuple(partitions), internal=bool(found.is_internal)
    )
