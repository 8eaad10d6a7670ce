"""An existing cluster as YAML that plans to no change, to begin with what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from dataops.kafka import names
from dataops.kafka.desired import LEAST_ITERATIONS, THROTTLES, Acl, Cluster, Entity
from dataops.kafka.files.declared import LIMITS
from dataops.kafka.files.fields import TopicOperation
from dataops.kafka.files.resolving import Base
from dataops.kafka.files.starting import TOPICS_SCHEMA, dump
from dataops.kafka.observed import ObservedCluster, ObservedTopic
from dataops.kafka.topic_configs import KNOWN, is_known, same

_NUMBERS = ("int", "long")


@dataclass
class Imported:
    """The text of a team's file, and what could not be taken into it, a sentence each."""

    text: str
    topics: int
    notes: list[str] = field(default_factory=list)


def imported(
    observed: ObservedCluster,
    cluster: Cluster,
    team: str,
    *,
    defaults: Base,
    patterns: Sequence[str] = ("*",),
    besides: frozenset[str] = frozenset(),
    access: bool = True,
) -> Imported:
    """The file of this team with the topics of these globs, as they are: planning it changes nothing.

    ``defaults`` are those of the cluster's file (``files.loading.defaults_of``): what they would add to a
    topic that has it not is taken out again. ``besides`` are topics that other files declare already.
    ``access`` takes bindings, users and quotas along. Topics of Kafka itself and of other programs are left
    out.
    """
    notes: list[str] = []
    chosen = {
        name: topic
        for name, topic in sorted(observed.topics.items())
        if names.matches(name, patterns)
        and name not in besides
        and not topic.internal
        and not names.is_foreign(name, cluster.foreign)
    }
    writer = _Writer(observed, defaults, notes)
    content: dict[str, Any] = {
        "team": team,
        "topics": {name: writer.topic(topic, with_acls=access) for name, topic in chosen.items()},
    }
    if access:
        content |= writer.access()
    notes += [f"{name} is hidden from us: {why}" for name, why in sorted(observed.hidden.items())]
    return Imported(dump(TOPICS_SCHEMA, content), len(chosen), notes)


@dataclass
class _Writer:
    observed: ObservedCluster
    base: Base
    notes: list[str]

    def topic(self, topic: ObservedTopic, *, with_acls: bool) -> dict[str, Any] | None:
        written: dict[str, Any] = {}
        copies = {len(each.replicas) for each in topic.partitions}
        apart = self.base.placement == "cross_rack"
        if len(copies) > 1 or apart:
            written["replicas"] = [list(each.replicas) for each in topic.partitions]
            if len(copies) > 1:
                self.notes.append(f"{topic.name} has partitions with different numbers of replicas.")
        else:
            written |= self._counts(topic)
        if topic.reassigning:
            self.notes.append(f"{topic.name} is being moved: import it again when that has ended.")
        written |= self._configs(topic)
        acls = self._grants(topic.name) if with_acls else []
        return written | ({"acls": acls} if acls else {}) or None

    def access(self) -> dict[str, Any]:
        """Bindings beyond single topics, users and quotas."""
        observed = self.observed
        acls = [
            self._binding(acl)
            for acl in sorted(observed.acls or ())
            if not _of_topic(acl) and acl.resource in {"TOPIC", "GROUP", "TRANSACTIONAL_ID", "CLUSTER"}
        ]
        left = sorted({acl.resource.lower() for acl in observed.acls or ()} - _RESOURCES)
        self.notes += [
            f"Bindings of the kind {kind} are left out: files cannot declare them." for kind in left
        ]
        return {
            key: value
            for key, value in (("acls", acls), ("users", self._users()), ("quotas", self._quotas()))
            if value
        }

    def _counts(self, topic: ObservedTopic) -> dict[str, int]:
        counts = {"partitions": len(topic.partitions), "replication_factor": topic.replication_factor}
        return {key: value for key, value in counts.items() if getattr(self.base, key) != value}

    def _configs(self, topic: ObservedTopic) -> dict[str, Any]:
        ignored = THROTTLES if self.base.ignore_configs is None else self.base.ignore_configs
        configs: dict[str, Any] = {}
        also_ignored: set[str] = set()
        for key, value in sorted(topic.configs.items()):
            if key in ignored:
                continue
            if key in topic.sensitive or not is_known(key, self.base.other_configs):
                also_ignored.add(key)
                why = "its value is hidden" if key in topic.sensitive else "Apache Kafka does not know it"
                self.notes.append(f"{topic.name}: {key} is left to itself (ignore_configs): {why}.")
            elif not same(key, self.base.configs.get(key), value):
                configs[key] = _plain(key, value)
        absent = (self.base.configs.keys() - topic.configs.keys()) | (self.base.configs.keys() & also_ignored)
        configs |= dict.fromkeys(sorted(absent))
        written: dict[str, Any] = {"configs": configs} if configs else {}
        if also_ignored:
            written["ignore_configs"] = sorted({*also_ignored, *ignored})
        return written

    def _grants(self, topic: str) -> list[dict[str, Any]]:
        allowed = set(get_args(TopicOperation))
        mine = [
            acl
            for acl in sorted(self.observed.acls or ())
            if _of_topic(acl) and acl.name == topic and acl.operation.lower() in allowed
        ]
        return _grouped(mine)

    def _binding(self, acl: Acl) -> dict[str, Any]:
        written: dict[str, Any] = {"resource": acl.resource.lower(), "name": acl.name}
        if acl.pattern != "LITERAL":
            written["pattern"] = acl.pattern.lower()
        return written | _grant(acl, [acl.operation.lower()])

    def _users(self) -> dict[str, Any]:
        users: dict[str, Any] = {}
        for user in self.observed.users or ():
            if user.name in users:
                self.notes.append(f"{user.name} has passwords of several kinds: one is left out.")
                continue
            base = max(LEAST_ITERATIONS, user.iterations - 1)
            if user.iterations <= LEAST_ITERATIONS:
                self.notes.append(
                    f"{user.name} is left out: a version is told by more than {LEAST_ITERATIONS} iterations, "
                    "so that its password must be set once before a file can declare it."
                )
                continue
            users[user.name] = {
                "secret": f"kafka_user_{_identifier(user.name)}",
                "version": user.iterations - base,
                "mechanism": user.mechanism,
                "iterations": base,
            }
        if users:
            self.notes.append(
                "Passwords cannot be read: put those of the users into the connections that are named."
            )
        return users

    def _quotas(self) -> list[dict[str, Any]]:
        quotas = []
        for entity, limits in sorted((self.observed.quotas or {}).items(), key=lambda each: str(each[0])):
            known = {key: value for key, value in limits.items() if key in LIMITS}
            if limits and known == dict(limits) and min(known.values()) > 0:
                quotas.append(_entity(entity) | {key: _number(value) for key, value in known.items()})
            elif limits:
                self.notes.append(f"The quota of {entity} is left out: {', '.join(sorted(limits))}.")
        return quotas


_RESOURCES = {"topic", "group", "transactional_id", "cluster"}


def _of_topic(acl: Acl) -> bool:
    return acl.resource == "TOPIC" and acl.pattern == "LITERAL" and acl.name != "*"


def _grouped(acls: Sequence[Acl]) -> list[dict[str, Any]]:
    """One entry for all operations of a principal, as a person would write it."""
    groups: dict[tuple[str, str, str], list[Acl]] = {}
    for acl in acls:
        groups.setdefault((acl.principal, acl.permission, acl.host), []).append(acl)
    return [_grant(each[0], [acl.operation.lower() for acl in each]) for each in groups.values()]


def _grant(acl: Acl, operations: list[str]) -> dict[str, Any]:
    written: dict[str, Any] = {"principal": acl.principal, "operations": operations}
    if acl.permission != "ALLOW":
        written["permission"] = acl.permission.lower()
    if acl.host != "*":
        written["host"] = acl.host
    return written


def _entity(entity: Entity) -> dict[str, Any]:
    parts = (("user", entity.user), ("client_id", entity.client_id), ("ip", entity.ip))
    return {key: value for key, value in parts if value is not None}


def _plain(key: str, value: str) -> Any:
    """A config as a person would write it: numbers and switches without quotes."""
    config = KNOWN.get(key)
    if config is None:
        return value
    if config.kind in _NUMBERS and value.strip().lstrip("-").isdecimal():
        return int(value)
    if config.kind == "boolean":
        return value.strip().lower() == "true"
    return value


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _identifier(name: str) -> str:
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in name)
