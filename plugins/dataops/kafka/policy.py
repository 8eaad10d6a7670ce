"""What a cluster's topics must keep to, as data: limits that every platform has, and rules in CEL.

A rule is an expression of the Common Expression Language (https://cel.dev) about ``topic`` and ``cluster``
that is true of every good topic; it is compiled once and cannot do anything but answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dataops.inventory.duration import Duration, format_duration
from dataops.inventory.fields import Part
from dataops.kafka.desired import Cluster, Topic
from dataops.kafka.rules import Program, RuleFailed, compiled
from dataops.kafka.topic_configs import number

_Count = Annotated[int, Field(strict=True, ge=1)]


def _check_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise PydanticCustomError("pattern", "is no regular expression: {why}", {"why": str(error)}) from None
    return text


def _check_rule(text: str) -> str:
    try:
        compiled(text)
    except RuleFailed as error:
        raise PydanticCustomError("rule", "{why}", {"why": str(error)}) from None
    return text


class Bounds(Part):
    """The least and the most that a number may be."""

    least: _Count | None = Field(None, description="At least so many.")
    most: _Count | None = Field(None, description="At most so many.")


class Rule(Part):
    """One further rule, in CEL."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="What the rule is called.")
    holds: Annotated[str, AfterValidator(_check_rule)] = Field(
        description="Expression in CEL about `topic` and `cluster` that is true of every good topic."
    )
    message: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="What to do where it does not hold."
    )


class Policy(Part):
    """What every topic must keep to. Whatever is not written is not limited."""

    name: Annotated[str, AfterValidator(_check_pattern)] | None = Field(
        None, description="Regular expression that a topic's whole name must match."
    )
    name_form: str = Field("", description="That form in words, for whoever breaks it.")
    partitions: Bounds = Field(Bounds(), description="Partitions of a topic.")
    replication_factor: Bounds = Field(Bounds(), description="Copies of each partition.")
    partitions_of_a_team: _Count | None = Field(None, description="Partitions that a team may have in all.")
    min_insync_replicas: _Count | None = Field(
        None, description="The least `min.insync.replicas`; a topic must set it, unless the least is 1."
    )
    most_retention: dict[Literal["any", "public", "internal", "confidential", "restricted"], Duration] = (
        Field(
            {},
            description="Longest `retention.ms`, for `any` topic or by classification; it must then be set.",
        )
    )
    most_retention_bytes: _Count | None = Field(None, description="Largest `retention.bytes`, if it is set.")
    required_configs: list[str] = Field([], description="Configs that every topic must set.")
    required_fields: list[Literal["description", "owner", "classification"]] = Field(
        [], description="Fields that every topic must have."
    )
    allowed_configs: list[str] | None = Field(
        None, description="The only configs that topics may set; by default any."
    )
    rules: list[Rule] = Field([], description="Further rules, in CEL.")

    @cached_property
    def programs(self) -> tuple[tuple[Rule, Program], ...]:
        """The rules, compiled."""
        return tuple((rule, compiled(rule.holds)) for rule in self.rules)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The naming pattern, compiled."""
        return re.compile(self.name) if self.name is not None else None


class PolicyFile(Part):
    """What topics must keep to, by the environment of their cluster."""

    environments: dict[str, Policy] = Field(description="Policies by the name of the environment.")


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that a topic breaks: the path of the field below the topic, what is wrong, what may be."""

    field: tuple[str, ...]
    message: str
    value: str = ""
    allowed: tuple[str, ...] = ()


def breaches(topic: Topic, cluster: Cluster, policies: Sequence[Policy]) -> Iterator[Breach]:
    """Everything that a topic breaks of these policies, all of which must hold."""
    facts: dict[str, Any] | None = None
    for policy in policies:
        yield from _of_name(topic, policy)
        yield from _of_numbers(topic, policy)
        yield from _of_configs(topic, policy)
        yield from _of_retention(topic, policy)
        if policy.rules:
            facts = facts or facts_of(topic, cluster)
            yield from _of_rules(policy, facts)


def team_breaches(team: str, topics: Sequence[Topic], policies: Sequence[Policy]) -> Iterator[Breach]:
    """What all topics of a team together break."""
    total = sum(topic.partitions for topic in topics)
    for policy in policies:
        most = policy.partitions_of_a_team
        if most is not None and total > most:
            yield Breach(
                ("topics",), f"have {total:,} partitions together: the policy allows {team} {most:,} in all"
            )


def facts_of(topic: Topic, cluster: Cluster) -> dict[str, Any]:
    """What a rule can ask about: numbers as numbers, configs as texts."""
    return {
        "topic": {
            "name": topic.name,
            "partitions": topic.partitions,
            "replication_factor": topic.replication_factor,
            "configs": dict(topic.configs),
            "description": topic.description,
            "owner": topic.owner,
            "team": topic.team,
            "classification": topic.classification,
            "profile": topic.profile,
            "protected": topic.protected,
        },
        "cluster": {"name": cluster.name, "environment": cluster.environment},
    }


def _of_name(topic: Topic, policy: Policy) -> Iterator[Breach]:
    if policy.pattern is not None and not policy.pattern.fullmatch(topic.name):
        form = policy.name_form or f"it must match {policy.name}"
        yield Breach((), f"has another name than the policy wants: {form}", repr(topic.name))
    for field in policy.required_fields:
        if not getattr(topic, field):
            yield Breach((field,), "is missing: the policy wants it of every topic")


def _of_numbers(topic: Topic, policy: Policy) -> Iterator[Breach]:
    for field, value, bounds in (
        ("partitions", topic.partitions, policy.partitions),
        ("replication_factor", topic.replication_factor, policy.replication_factor),
    ):
        if bounds.least is not None and value < bounds.least:
            yield Breach((field,), f"is below the policy's least, {bounds.least}", str(value))
        if bounds.most is not None and value > bounds.most:
            yield Breach((field,), f"is above the policy's most, {bounds.most}", str(value))
    least = policy.min_insync_replicas
    set_to = number("min.insync.replicas", topic.configs.get("min.insync.replicas"))
    if least is not None and least > 1 and (set_to is None or set_to < least):
        wrong = "is missing" if set_to is None else "is too low"
        yield Breach(
            ("configs", "min.insync.replicas"),
            f"{wrong}: the policy wants at least {least}",
            "" if set_to is None else str(set_to),
        )


def _of_configs(topic: Topic, policy: Policy) -> Iterator[Breach]:
    for key in policy.required_configs:
        if key not in topic.configs:
            yield Breach(("configs", key), "is missing: the policy wants every topic to set it")
    if policy.allowed_configs is not None:
        allowed = tuple(sorted(policy.allowed_configs))
        for key in sorted(topic.configs.keys() - allowed):
            yield Breach(("configs", key), "is not among the configs that the policy allows", "", allowed)


def _of_retention(topic: Topic, policy: Policy) -> Iterator[Breach]:
    most = _most_retention(policy.most_retention, topic.classification)
    deletes = "delete" in topic.configs.get("cleanup.policy", "delete")
    if most is not None and deletes:
        kept = number("retention.ms", topic.configs.get("retention.ms"))
        of = f" for {topic.classification} data" if topic.classification in policy.most_retention else ""
        allows = f"the policy allows at most {format_duration(most)}{of}"
        if kept is None:
            yield Breach(("configs", "retention.ms"), f"is missing: {allows}, so it must be set")
        elif kept < 0 or kept > most.total_seconds() * 1000:
            yield Breach(("configs", "retention.ms"), f"is too long: {allows}", str(kept))
    size = number("retention.bytes", topic.configs.get("retention.bytes"))
    limit = policy.most_retention_bytes
    if limit is not None and size is not None and not 0 <= size <= limit:
        message = f"is too large: the policy allows at most {limit}"
        yield Breach(("configs", "retention.bytes"), message, str(size))


def _most_retention(limits: Mapping[Any, timedelta], classification: str) -> timedelta | None:
    found = [limits[name] for name in ("any", classification) if name in limits]
    return min(found, default=None)


def _of_rules(policy: Policy, facts: Mapping[str, Any]) -> Iterator[Breach]:
    for rule, program in policy.programs:
        try:
            holds = program(facts)
        except RuleFailed as error:
            yield Breach((), f"cannot be checked by the rule {rule.name!r}, which therefore fails: {error}")
            continue
        if not holds:
            yield Breach((), f"breaks the rule {rule.name!r}: {rule.message.rstrip('.')}")
