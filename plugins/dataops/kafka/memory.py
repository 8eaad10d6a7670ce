"""What the last evidence of a cluster says, for what one reading alone cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import TypeAdapter

from dataops.kafka.changes import Finding
from dataops.kafka.desired import Acl, Desired, State, Topic
from dataops.kafka.observed import ObservedCluster, ObservedTopic
from dataops.kafka.topic_configs import same


@dataclass(frozen=True, slots=True)
class Memory:
    """Empty where there is no evidence yet: then nothing is said about earlier days.

    ``topic_ids``: of the topics that were declared and there. ``overrides``: theirs when these last were as
    declared. ``defaults``: what a topic without overrides had, by config key. ``acls``: declared bindings
    that were there once. ``findings``: when each finding, by its key, was first seen (ISO 8601, UTC).
    ``quiet``: of topics that shall be deleted, how many records were ever written, and since when it is
    that number.
    """

    topic_ids: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    acls: frozenset[Acl] = frozenset()
    findings: dict[str, str] = field(default_factory=dict)
    quiet: dict[str, tuple[int, str]] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """JSON that ``memory_from_json`` reads back."""
        return _adapter().dump_json(self)


def memory_from_json(text: bytes) -> Memory:
    """The memory that ``Memory.to_json`` wrote. Raises ``pydantic.ValidationError`` for anything else."""
    return _adapter().validate_json(text)


def remembered(
    desired: Desired, observed: ObservedCluster, before: Memory, findings: Iterable[Finding] = ()
) -> Memory:
    """What this reading leaves to the next one, as it is after an apply or a drift check.

    A declared topic that is hidden or missing keeps what was known of it, and so does one that left the files
    and is still there. What the files wanted gone, and is, is forgotten.
    """
    there = {name: observed.topics[name] for name in desired.topics if name in observed.topics}
    now = observed.at.isoformat()
    found = {finding.key: finding.since or before.findings.get(finding.key, now) for finding in findings}
    kept = {name: each for name, each in before.topic_ids.items() if _worth_knowing(name, desired, observed)}
    defaults = observed.defaults or {}
    bindings = frozenset(each.acl for each in desired.acls)
    return Memory(
        topic_ids=kept | {name: topic.topic_id for name, topic in there.items()},
        overrides=_overrides(desired, there, before),
        defaults={key: each.value for key, each in defaults.items() if each.value is not None}
        or before.defaults,
        acls=bindings & (before.acls | (observed.acls or frozenset())),
        findings=found,
        quiet=_quiet(desired, observed, before),
    )


def _worth_knowing(name: str, desired: Desired, observed: ObservedCluster) -> bool:
    topic = desired.topics.get(name)
    return name in observed.topics if topic is None else topic.state is State.PRESENT


def _overrides(
    desired: Desired, there: Mapping[str, ObservedTopic], before: Memory
) -> dict[str, dict[str, str]]:
    """Of a topic that differs, what it had before: only so can tomorrow tell who changed it."""
    found = {}
    for name, topic in there.items():
        if not differing(desired.topics[name], topic.configs):
            found[name] = dict(topic.configs)
        elif name in before.overrides:
            found[name] = before.overrides[name]
    return found


def differing(topic: Topic, configs: Mapping[str, str]) -> list[str]:
    """The keys of configs that are not as declared, those left out that the files do not govern."""
    return [
        key
        for key in sorted((topic.configs.keys() | configs.keys()) - topic.ignore_configs)
        if not same(key, topic.configs.get(key), configs.get(key))
    ]


def _quiet(desired: Desired, observed: ObservedCluster, before: Memory) -> dict[str, tuple[int, str]]:
    quiet: dict[str, tuple[int, str]] = {}
    for name, topic in desired.topics.items():
        stake = observed.stakes.get(name)
        if topic.state is not State.ABSENT or name not in observed.topics:
            continue
        known = before.quiet.get(name)
        if stake is None or stake.written is None:
            # Nobody looked: what was known stays true of its own moment.
            quiet |= {name: known} if known else {}
        elif known and known[0] == stake.written:
            quiet[name] = known
        else:
            quiet[name] = (stake.written, observed.at.isoformat())
    return quiet


@cache
def _adapter() -> TypeAdapter[Memory]:
    return TypeAdapter(Memory)
