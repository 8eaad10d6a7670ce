"""A cluster that does exactly what a plan says, in memory, to see where its changes lead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    QuarantineTopic,
    Reassign,
    RemoveAcl,
    RemoveUser,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.observed import ObservedCluster, ObservedTopic, ObservedUser, Partition


def applied(observed: ObservedCluster, changes: Iterable[Change]) -> ObservedCluster:
    """The cluster as it is once these changes are made."""
    for change in changes:
        observed = _applied(observed, change)
    return observed


def _applied(observed: ObservedCluster, change: Change) -> ObservedCluster:
    acls = observed.acls or frozenset()
    match change.action:
        case CreateTopic() as new:
            placed = new.assignment or _spread(observed, new.partitions, new.replication_factor)
            topic = ObservedTopic(new.topic, f"new-{new.topic}", _partitions(placed), dict(new.configs))
            return _with(observed, topic)
        case SetConfig(topic=name, key=key, after=after):
            topic = observed.topics[name]
            return _with(observed, replace(topic, configs={**topic.configs, key: after}))
        case UnsetConfig(topic=name, key=key):
            topic = observed.topics[name]
            return _with(
                observed, replace(topic, configs={k: v for k, v in topic.configs.items() if k != key})
            )
        case AddPartitions() as more:
            topic = observed.topics[more.topic]
            count = more.after - more.before
            placed = more.assignment or _spread(observed, count, topic.replication_factor)
            grown = topic.partitions + _partitions(placed, len(topic.partitions))
            return _with(observed, replace(topic, partitions=grown))
        case Reassign() as move:
            topic = observed.topics[move.topic]
            moved = tuple(
                _partitions([move.after[each.index]], each.index)[0] if each.index in move.after else each
                for each in topic.partitions
            )
            return _with(observed, replace(topic, partitions=moved))
        case QuarantineTopic(acl=acl) | AddAcl(acl=acl):
            return replace(observed, acls=acls | {acl})
        case RemoveAcl(acl=acl):
            return replace(observed, acls=acls - {acl})
        case DeleteTopic() as gone:
            topics = {name: each for name, each in observed.topics.items() if name != gone.topic}
            return replace(observed, topics=topics, acls=acls - set(gone.acls))
        case _:
            return _access(observed, change)


def _access(observed: ObservedCluster, change: Change) -> ObservedCluster:
    users = {(each.name, each.mechanism): each for each in observed.users or ()}
    match change.action:
        case SetUser() as user:
            users[user.user, user.mechanism] = ObservedUser(user.user, user.mechanism, user.iterations)
        case RemoveUser() as user:
            del users[user.user, user.mechanism]
        case SetQuota() as quota:
            limits = {**(observed.quotas or {}).get(quota.entity, {}), quota.key: quota.after}
            kept = {key: value for key, value in limits.items() if value is not None}
            return replace(observed, quotas={**(observed.quotas or {}), quota.entity: kept})
    return replace(observed, users=tuple(users.values()))


def _with(observed: ObservedCluster, topic: ObservedTopic) -> ObservedCluster:
    return replace(observed, topics={**observed.topics, topic.name: topic})


def _partitions(placed: Iterable[Iterable[int]], first: int = 0) -> tuple[Partition, ...]:
    lists = [tuple(each) for each in placed]
    return tuple(Partition(first + at, each[0], each, each) for at, each in enumerate(lists))


def _spread(observed: ObservedCluster, count: int, copies: int) -> list[tuple[int, ...]]:
    ids = [each.id for each in observed.brokers]
    return [tuple(ids[(at + copy) % len(ids)] for copy in range(copies)) for at in range(count)]
