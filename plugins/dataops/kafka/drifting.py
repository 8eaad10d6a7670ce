"""Drift: each difference between what is declared and what is there, with its cause. It changes nothing.

What changed by hand and what was not applied yet look the same on the cluster; the last evidence tells
them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dataops.kafka import names
from dataops.kafka.access_drift import access_findings
from dataops.kafka.changes import Cause, Change, Finding, Plan, SetConfig, UnsetConfig
from dataops.kafka.desired import Desired, State, Topic
from dataops.kafka.memory import Memory, differing
from dataops.kafka.observed import ObservedCluster, ObservedTopic
from dataops.kafka.planning.noticing import notices
from dataops.kafka.planning.words import config_value, count

NOTICES = frozenset({
    Cause.UNMANAGED_TOPIC,
    Cause.UNMANAGED_ACL,
    Cause.VANISHED_DECLARATION,
    Cause.BROKER_DEFAULT_CHANGED,
    Cause.REASSIGNMENT_IN_PROGRESS,
    Cause.AWAITING_DELETION,
})
"""Causes that say nothing against a declared thing; all others are drift."""


@dataclass(frozen=True, slots=True)
class Drift:
    """All findings of one night, each with the day it was first seen; keys of new and of resolved ones."""

    findings: tuple[Finding, ...] = ()
    new: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The findings that say that something is not as declared."""
        return tuple(each for each in self.findings if each.cause not in NOTICES)


def drift(desired: Desired, observed: ObservedCluster, plan: Plan, memory: Memory) -> Drift:
    """Everything that differs, told once a thing, and what of it is new since the last evidence.

    ``plan`` is the plan of the same two: what its safe part would put right is marked ``revert``.
    """
    found: dict[str, Finding] = {}
    for finding in _findings(desired, observed, plan, memory):
        found.setdefault(finding.key, finding)
    now = observed.at.isoformat()
    mendable = _mendable(plan)
    dated = tuple(
        replace(
            finding,
            since=memory.findings.get(key, now),
            revert=(finding.resource, finding.field) in mendable,
        )
        for key, finding in found.items()
    )
    return Drift(
        dated,
        frozenset(found.keys() - memory.findings.keys()),
        frozenset(memory.findings.keys() - found.keys()),
    )


def _mendable(plan: Plan) -> set[tuple[str, str]]:
    """What the safe part alone would put right: a resource and its field."""
    return {_field(change) for change in plan.safe.changes} - {
        _field(change) for change in plan.gated.changes
    }


def _field(change: Change) -> tuple[str, str]:
    action = change.action
    key = action.key if isinstance(action, SetConfig | UnsetConfig) else ""
    return change.resource, key or _FIELDS.get(change.kind, "state")


_FIELDS = {
    "add partitions": "partitions",
    "reassign": "replicas",
    "set quota": "limits",
    "set user": "password",
}


def _findings(desired: Desired, observed: ObservedCluster, plan: Plan, memory: Memory) -> Iterator[Finding]:
    for name, topic in desired.topics.items():
        if topic.state is State.PRESENT:
            yield from _of_topic(topic, observed, memory)
        elif name in observed.topics:
            yield from _going(topic, plan)
    yield from _placed(plan)
    yield from notices(desired, observed, memory)
    yield from access_findings(desired, observed, memory)
    yield from _unmanaged(desired, observed, memory)
    yield from _defaults(desired, observed, memory)


def _going(topic: Topic, plan: Plan) -> Iterator[Finding]:
    """A topic that shall be gone waits for its deletion, or its next step was not taken."""
    waiting = [each for each in plan.findings if each.resource == f"topic {topic.name}"]
    reason = "The topic is declared absent, and its next step was not taken."
    advice = "See what the plan says of it, and apply the files."
    yield from waiting or [_finding(Cause.NOT_APPLIED, topic, "state", reason, advice)]


def _of_topic(topic: Topic, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    there = observed.topics.get(topic.name)
    if topic.name in observed.hidden:
        reason = f"The cluster does not let us see it: {observed.hidden[topic.name]}"
        advice = "Give us the right to describe it."
        yield _finding(Cause.HIDDEN_TOPIC, topic, "state", reason, advice)
    elif there is None:
        known = topic.name in memory.topic_ids
        cause = Cause.MISSING_TOPIC if known else Cause.NOT_APPLIED
        reason = "Somebody deleted the topic." if known else "The topic was declared and is not there yet."
        yield _finding(cause, topic, "state", reason, "Apply the files: an empty topic is created.")
    else:
        yield from _configs(topic, there, memory)
        yield from _shape(topic, there)
        yield from _health(topic, there)


def _configs(topic: Topic, there: ObservedTopic, memory: Memory) -> Iterator[Finding]:
    before = memory.overrides.get(topic.name)
    for key in differing(topic, there.configs):
        declared, now = topic.configs.get(key), there.configs.get(key)
        untouched = before is not None and before.get(key) == now
        cause = Cause.NOT_APPLIED if untouched or before is None else Cause.MANUAL_OVERRIDE
        who = {
            Cause.MANUAL_OVERRIDE: "Somebody changed it on the cluster.",
            Cause.NOT_APPLIED: "The file changed and was not applied yet.",
        }[cause]
        if before is None:
            who = "Whether somebody changed it or the file was not applied yet, no evidence tells."
        hidden = key in there.sensitive
        finding = _finding(cause, topic, key, who, "Apply the files, or declare what is there.")
        yield replace(
            finding,
            declared="not set" if declared is None else config_value(key, declared),
            observed="(hidden)" if hidden else "not set" if now is None else config_value(key, now),
        )


def _shape(topic: Topic, there: ObservedTopic) -> Iterator[Finding]:
    count = len(there.partitions)
    if count != topic.partitions:
        more = "They cannot be taken away: declare them." if count > topic.partitions else "Apply the files."
        yield replace(
            _finding(Cause.PARTITIONS_DIFFER, topic, "partitions", "The number of partitions differs.", more),
            declared=str(topic.partitions),
            observed=str(count),
        )
    copies = sorted({len(each.replicas) - len(each.removing) for each in there.partitions})
    if not topic.replicas and copies != [topic.replication_factor]:
        reason = "The number of replicas differs."
        yield replace(
            _finding(Cause.REPLICAS_DIFFER, topic, "replicas", reason, "Apply the files, or declare it."),
            declared=str(topic.replication_factor),
            observed=", ".join(map(str, copies)),
        )


def _health(topic: Topic, there: ObservedTopic) -> Iterator[Finding]:
    offline = [each.index for each in there.partitions if each.leader is None]
    if offline:
        reason = f"Partitions {_listed(offline)} have no leader: nobody can read or write them."
        yield _finding(Cause.OFFLINE, topic, "leader", reason, "Bring their brokers back.")
    behind = [
        each.index
        for each in there.partitions
        if not set(each.replicas) - set(each.adding) <= set(each.in_sync) and each.leader is not None
    ]
    if behind:
        reason = f"Partitions {_listed(behind)} have replicas that are not in sync."
        yield _finding(Cause.UNDER_REPLICATED, topic, "in_sync", reason, "See which broker is down or slow.")


def _placed(plan: Plan) -> Iterator[Finding]:
    """Replicas that lie elsewhere than declared, though their number is right."""
    for change in plan.changes:
        if change.kind == "reassign":
            reason = "Replicas lie on other brokers or racks than declared."
            yield Finding(
                Cause.REPLICAS_DIFFER,
                change.resource,
                "replicas",
                reason,
                "Apply the files.",
                source=change.source,
            )


def _unmanaged(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    for name, topic in observed.topics.items():
        known = name in desired.topics or name in memory.topic_ids
        if not known and not topic.internal and not names.is_foreign(name, desired.cluster.foreign):
            yield Finding(
                Cause.UNMANAGED_TOPIC,
                f"topic {name}",
                "state",
                "No file declares the topic.",
                "Import it, or add it to `foreign` where another program looks after it.",
            )


def _defaults(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    for key, inherited in sorted((observed.defaults or {}).items()):
        before = memory.defaults.get(key)
        if before is None or inherited.value is None or before == inherited.value:
            continue
        heirs = sum(
            1
            for topic in desired.topics.values()
            if topic.state is State.PRESENT and key not in topic.configs
        )
        yield Finding(
            Cause.BROKER_DEFAULT_CHANGED,
            f"cluster {desired.cluster.name}",
            key,
            f"The brokers give another value than before, inherited by {count(heirs, 'declared topic')}.",
            "Declare the value where it matters.",
            config_value(key, before),
            config_value(key, inherited.value),
        )


def _finding(cause: Cause, topic: Topic, field: str, message: str, advice: str) -> Finding:
    return Finding(cause, f"topic {topic.name}", field, message, advice, source=str(topic.source))


def _listed(numbers: Iterable[int]) -> str:
    shown = [str(each) for each in numbers]
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")
