"""What only several files of a cluster together can get wrong, and what breaks a policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dataops.kafka import names
from dataops.kafka.desired import Cluster, DeclaredAcl, Quota, ScramUser, Source, State, Topic
from dataops.kafka.files.cluster_file import ClusterFile
from dataops.kafka.files.yaml_file import YamlFile
from dataops.kafka.policy import Policy, breaches, team_breaches

_Thing = TypeVar("_Thing", Topic, DeclaredAcl, ScramUser, Quota)


@dataclass
class Files:
    """Everything that the files of a cluster declare, each with its file."""

    model: ClusterFile
    cluster: Cluster
    topics: list[tuple[YamlFile, Topic]] = field(default_factory=list)
    acls: list[tuple[YamlFile, DeclaredAcl]] = field(default_factory=list)
    users: list[tuple[YamlFile, ScramUser]] = field(default_factory=list)
    quotas: list[tuple[YamlFile, Quota]] = field(default_factory=list)


def check_together(found: Files, teams: Sequence[tuple[YamlFile, str]], policies: Sequence[Policy]) -> None:
    """Adds to each file the problems that come from it and the others."""
    _once(found.topics, lambda topic: topic.name, lambda topic: ("topics", topic.name))
    _once(found.acls, lambda each: each.acl, lambda each: ("acls",), at_line=True)
    _once(found.users, lambda user: (user.name, user.mechanism), lambda user: ("users", user.name))
    _once(found.quotas, lambda quota: quota.entity, lambda quota: ("quotas",), at_line=True)
    _check_collisions(found.topics)
    for file, team in teams:
        _check_team(found, file, team)
    _check_policies(found, policies)


def _once(
    declared: Sequence[tuple[YamlFile, _Thing]],
    key: Callable[[_Thing], Hashable],
    place: Callable[[_Thing], tuple[str, ...]],
    *,
    at_line: bool = False,
) -> None:
    """Two files never fight over one thing: the later one is told of the earlier."""
    first: dict[Hashable, Source] = {}
    for file, thing in declared:
        before = first.setdefault(key(thing), thing.source)
        if before is not thing.source:
            problem = file.problem(place(thing), f"is declared already in {before}: keep one")
            if at_line:
                problem = replace(problem, line=thing.source.line)
            file.problems.append(problem)


def _check_collisions(topics: Sequence[tuple[YamlFile, Topic]]) -> None:
    first: dict[str, Topic] = {}
    for file, topic in topics:
        other = first.setdefault(names.in_metrics(topic.name), topic)
        if other.name != topic.name:
            file.complain(
                ("topics", topic.name),
                f"cannot exist beside {other.name} ({other.source}): Kafka's metrics would not tell . from _",
            )


def _check_team(found: Files, file: YamlFile, team: str) -> None:
    owners = found.model.owners
    if not owners:
        return
    if team not in owners:
        file.complain(("team",), "is not among the cluster's owners", repr(team), tuple(sorted(owners)))
        return
    patterns = owners[team].topics
    for each, topic in found.topics:
        if each is file and not names.matches(topic.name, patterns):
            file.complain(
                ("topics", topic.name), f"is no name that {team} may declare: {', '.join(patterns)} are"
            )
    for each, declared in found.acls:
        acl = declared.acl
        if each is file and acl.resource == "TOPIC" and not names.matches(acl.name, patterns):
            problem = file.problem(("acls",), f"is about {acl.name}, which is none of {team}'s topics")
            file.problems.append(replace(problem, line=declared.source.line))


def _check_policies(found: Files, policies: Sequence[Policy]) -> None:
    present = [(file, topic) for file, topic in found.topics if topic.state is State.PRESENT]
    of_teams: dict[str, list[Topic]] = {}
    files: dict[str, YamlFile] = {}
    for file, topic in present:
        of_teams.setdefault(topic.team, []).append(topic)
        files[topic.team] = file
        for breach in breaches(topic, found.cluster, policies):
            file.complain(("topics", topic.name, *breach.field), breach.message, breach.value, breach.allowed)
    for team, topics in of_teams.items():
        for breach in team_breaches(team, topics, policies):
            files[team].complain(breach.field, breach.message)
