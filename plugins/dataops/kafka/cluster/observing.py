"""One reading of a cluster, in a number of requests that does not grow with its topics, but by batches.

Metadata of all topics, of those that are declared and not visible, configs (one request for ``BATCH``
topics), ACLs, SCRAM users, quotas, running reassignments, and whether log directories can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from dataops.kafka.cluster.configs import Reading, read_configs, read_shared_defaults
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.errors import NotAllowed, Unsupported
from dataops.kafka.cluster.metadata import Metadata, read_metadata
from dataops.kafka.cluster.rights import read_acls, read_quotas, read_users
from dataops.kafka.cluster.wire import Wire, check
from dataops.kafka.observed import Ability, Capability, Inherited, ObservedCluster, ObservedTopic, Partition

T = TypeVar("T")

Moves = Mapping[tuple[str, int], tuple[tuple[int, ...], tuple[int, ...]]]
"""Partitions on the move: the broker ids that are added and those that are removed."""


def observe(
    session: Session,
    *,
    named: Collection[str] = (),
    inherited: Callable[[str], bool] = lambda name: False,
) -> ObservedCluster:
    """What is on the cluster now, stakes left out.

    ``named`` are the topics that the files declare: one that is not in the list of all is asked for by its
    name, since it may be hidden from us instead of absent. ``inherited`` says of which topics the inherited
    values are wanted. Raises ``ClusterUnreachable`` where a broker does not answer.
    """
    at, wire = datetime.now(UTC), session.wire
    found = read_metadata(wire, None)
    unseen = [name for name in named if name not in found.topics]
    asked = read_metadata(wire, unseen) if unseen else None
    visible = {**found.topics, **(asked.topics if asked else {})}
    configs = read_configs(wire, visible, inherited)
    abilities = _abilities(wire)
    acls = _probe(abilities, Capability.ACLS, lambda: read_acls(wire))
    users = _probe(abilities, Capability.SCRAM, lambda: read_users(wire))
    quotas = _probe(abilities, Capability.QUOTAS, lambda: read_quotas(wire))
    moves = _probe(abilities, Capability.REASSIGNMENT, lambda: read_moves(wire)) or {}
    _probe(abilities, Capability.LOG_DIRS, lambda: _see_log_dirs(wire, found.brokers[0].id))
    return ObservedCluster(
        cluster_id=session.cluster_id,
        at=at,
        brokers=found.brokers,
        controller=found.controller,
        topics=assemble(visible, configs, moves),
        hidden={**(asked.hidden if asked else {}), **configs.refused},
        defaults=configs.defaults or _shared_defaults(wire, found.brokers[0].id),
        acls=acls,
        users=users,
        quotas=quotas,
        abilities=abilities,
    )


def observe_topics(session: Session, names: Collection[str]) -> tuple[dict[str, ObservedTopic], Metadata]:
    """Only these topics, as they are now, with the metadata that tells hidden ones; three requests."""
    found = read_metadata(session.wire, names)
    configs = read_configs(session.wire, found.topics)
    try:
        moves = read_moves(session.wire)
    except (Unsupported, NotAllowed):
        moves = {}
    hidden = {**found.hidden, **configs.refused}
    return assemble(found.topics, configs, moves), replace(found, hidden=hidden)


def assemble(topics: Mapping[str, ObservedTopic], configs: Reading, moves: Moves) -> dict[str, ObservedTopic]:
    """Topics with their configs; those whose configs are hidden, or that vanished meanwhile, left out."""
    moving = {topic for topic, _ in moves}
    whole = {}
    for name, topic in topics.items():
        if (found := configs.topics.get(name)) is not None:
            whole[name] = ObservedTopic(
                name,
                topic.topic_id,
                tuple(_moved(name, each, moves) for each in topic.partitions)
                if name in moving
                else topic.partitions,
                found.own,
                topic.internal,
                found.inherited,
                found.sensitive,
            )
    return whole


def read_moves(wire: Wire) -> Moves:
    """All reassignments in progress, in one request."""
    from kafka.protocol.admin import ListPartitionReassignmentsRequest

    answer = wire.read(lambda: ListPartitionReassignmentsRequest(timeout_ms=30000, topics=None))
    check(answer.error_code, "list running reassignments", answer.error_message)
    return {
        (topic.name, each.partition_index): (tuple(each.adding_replicas), tuple(each.removing_replicas))
        for topic in answer.topics
        for each in topic.partitions
    }


def _moved(topic: str, partition: Partition, moves: Moves) -> Partition:
    adding, removing = moves.get((topic, partition.index), ((), ()))
    return replace(partition, adding=adding, removing=removing) if adding or removing else partition


def _abilities(wire: Wire) -> dict[Capability, Ability]:
    """What the versions of requests tell that the brokers take."""
    from kafka.protocol.admin import CreateTopicsRequest, ListGroupsRequest

    old = "The broker does not take such a request."
    return {
        Capability.GROUPS: Ability(True) if wire.knows(ListGroupsRequest) else Ability(False, old),
        Capability.VALIDATE_ONLY: Ability(True)
        if wire.knows(CreateTopicsRequest, version=1)
        else Ability(False, old),
    }


def _probe(abilities: dict[Capability, Ability], about: Capability, read: Callable[[], T]) -> T | None:
    """What ``read`` gives; None and the reason where the cluster cannot do it or does not let us."""
    try:
        answer = read()
    except (Unsupported, NotAllowed) as error:
        abilities[about] = Ability(False, str(error))
        return None
    abilities[about] = Ability(True)
    return answer


def _shared_defaults(wire: Wire, node: int) -> Mapping[str, Inherited] | None:
    try:
        return read_shared_defaults(wire, node)
    except (Unsupported, NotAllowed):
        return None


def _see_log_dirs(wire: Wire, node: int) -> Any:
    """Whether sizes can be read, by asking one broker for no topic."""
    from kafka.protocol.admin import DescribeLogDirsRequest

    answer = wire.read(lambda: DescribeLogDirsRequest(topics=[]), node=node)
    codes = [getattr(answer, "error_code", 0) or 0, *(each.error_code for each in answer.results)]
    check(next((code for code in codes if code), 0), "read the log directories")
    if not answer.results:  # before version 3 an answer without a directory is how a broker refuses
        raise NotAllowed("Could not read the log directories: the broker shows none to this login.")
    return True
