"""The plan of a cluster: a pure function of what is declared, what is there, and what is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dataops.errors import ConfigurationError
from dataops.kafka import names
from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    Finding,
    Part,
    Plan,
    QuarantineTopic,
    Reassign,
    Refusal,
    RemoveAcl,
    RemoveUser,
    Risk,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.desired import Desired, State, Topic
from dataops.kafka.memory import Memory
from dataops.kafka.observed import ObservedCluster, ObservedTopic
from dataops.kafka.planning.access import acl_outcomes, quota_outcomes, user_outcomes
from dataops.kafka.planning.deletion import deletion
from dataops.kafka.planning.hashing import part_hash
from dataops.kafka.planning.noticing import notices
from dataops.kafka.planning.situation import Situation
from dataops.kafka.planning.topic_changes import config_changes, creation, partition_changes, replica_changes
from dataops.kafka.topic_configs import number


class WrongCluster(ConfigurationError):
    """The cluster that answered is not the one that the files are about."""


@dataclass
class _Draft:
    """What was found so far."""

    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    wants_stakes: list[str] = field(default_factory=list)
    alike: dict[str, str] | None = None
    """The topics of the cluster by their name in Kafka's metrics, once somebody asked."""

    def take(self, outcomes: Iterable[Change | Refusal]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                self.refusals.append(outcome)
            else:
                self.changes.append(outcome)


def plan(
    desired: Desired,
    observed: ObservedCluster,
    *,
    memory: Memory | None = None,
    git_commit: str = "",
    only: Sequence[str] = (),
) -> Plan:
    """What an apply would change, refuse and notice. Raises ``WrongCluster`` where the pinned id differs.

    ``only`` are globs of topics: nothing else is looked at, and what is not looked at stays as it is.
    A plan whose ``wants_stakes`` is not empty takes the worst for what it does not know: read those numbers
    into ``observed.stakes`` and plan again.
    """
    if observed.cluster_id != desired.cluster.cluster_id:
        raise WrongCluster(
            f"The connection {desired.cluster.connection} leads to the cluster {observed.cluster_id}, but "
            f"{desired.cluster.source.path} pins {desired.cluster.cluster_id}: nothing was changed. "
            "Correct the connection, or cluster_id."
        )
    memory = memory or Memory()
    draft = _Draft()
    for name, topic in desired.topics.items():
        if not only or names.matches(name, only):
            _plan_topic(topic, desired, observed, memory, draft)
    if not only:
        draft.take(acl_outcomes(desired, observed))
        draft.take(user_outcomes(desired, observed))
        draft.take(quota_outcomes(desired, observed))
        draft.findings += notices(desired, observed, memory)
    return _assembled(draft, desired, observed, git_commit)


def _plan_topic(
    topic: Topic, desired: Desired, observed: ObservedCluster, memory: Memory, draft: _Draft
) -> None:
    name = topic.name
    there = observed.topics.get(name)
    if name in observed.hidden:
        draft.refusals.append(_hidden(topic, observed.hidden[name]))
    elif there is None:
        if topic.state is State.PRESENT:
            known = name in memory.topic_ids
            draft.take([_collision(topic, observed, draft) or creation(topic, observed, known=known)])
    elif there.internal or names.is_foreign(name, desired.cluster.foreign):
        reason = "The topic belongs to Kafka itself or to another program, which looks after it."
        draft.refusals.append(
            Refusal(f"topic {name}", "name", reason, "Take it out of the file.", str(topic.source))
        )
    else:
        _compare(Situation(desired.cluster, topic, there, observed), memory, draft)


def _compare(situation: Situation, memory: Memory, draft: _Draft) -> None:
    if situation.topic.state is State.ABSENT:
        deletion(situation, memory)
    elif not _unchanged(situation.topic, situation.there):
        config_changes(situation)
        replica_changes(situation)
        partition_changes(situation)
    if situation.asked and situation.topic.name not in situation.observed.stakes:
        draft.wants_stakes.append(situation.topic.name)
    draft.findings += situation.findings
    draft.refusals += situation.refusals
    if not situation.refusals:
        draft.changes += situation.changes


def _unchanged(topic: Topic, there: ObservedTopic) -> bool:
    """The way of nearly every topic of a large cluster: all is as declared, to the letter."""
    copies = topic.replication_factor
    return (
        topic.configs == there.configs
        and not there.sensitive
        and len(there.partitions) == topic.partitions
        and topic.placement == "any"
        and not topic.replicas
        and all(len(each.replicas) == copies and not each.removing for each in there.partitions)
    )


def _hidden(topic: Topic, reason: str) -> Refusal:
    return Refusal(
        f"topic {topic.name}",
        "name",
        f"Whether the topic exists, the cluster does not let us see: {reason}",
        "Give us the right to describe it; a hidden topic is never taken for a missing one.",
        str(topic.source),
    )


def _collision(topic: Topic, observed: ObservedCluster, draft: _Draft) -> Refusal | None:
    if draft.alike is None:
        draft.alike = {names.in_metrics(each): each for each in observed.topics}
    other = draft.alike.get(names.in_metrics(topic.name))
    if other is None:
        return None
    reason = f"It cannot exist beside {other}: Kafka's metrics would not tell . from _."
    return Refusal(f"topic {topic.name}", "name", reason, "Choose another name.", str(topic.source))


def _assembled(draft: _Draft, desired: Desired, observed: ObservedCluster, git_commit: str) -> Plan:
    ordered = sorted(draft.changes, key=lambda change: (_turn(change), change.resource))
    safe = tuple(change for change in ordered if change.risk is Risk.SAFE)
    gated = tuple(change for change in ordered if change.risk is not Risk.SAFE)
    return Plan(
        cluster=desired.cluster.name,
        cluster_id=observed.cluster_id,
        environment=desired.cluster.environment,
        git_commit=git_commit,
        desired=desired.fingerprint,
        safe=Part(safe, part_hash(safe, desired, observed, git_commit)),
        gated=Part(gated, part_hash(gated, desired, observed, git_commit, after=safe)),
        refusals=tuple(draft.refusals),
        findings=tuple(draft.findings),
        guarded=desired.cluster.guarded,
        topics=len(desired.topics),
        wants_stakes=tuple(draft.wants_stakes),
    )


def _turn(change: Change) -> int:
    """Which come first: what lets clients in, then what others need, and last what cuts off or deletes."""
    action = change.action
    match action:
        case Reassign():
            more = any(len(action.after[index]) > len(action.before[index]) for index in action.after)
            return 2 if more else 5
        case SetConfig(key="min.insync.replicas") | UnsetConfig(key="min.insync.replicas"):
            before, after = number(action.key, action.before), number(action.key, action.after)
            raised = before is None or after is None or after > before
            return 4 if raised else 1
        case _:
            return _TURNS[type(action)]


_TURNS = {
    CreateTopic: 0,
    SetConfig: 3,
    UnsetConfig: 3,
    AddPartitions: 6,
    AddAcl: 6,
    SetUser: 7,
    SetQuota: 8,
    RemoveAcl: 9,
    RemoveUser: 10,
    QuarantineTopic: 11,
    DeleteTopic: 12,
}
