"""Reading include/kafka/: every mistake of every file is found, and a cluster with any is not used at all.

That a topic, a file or a folder is missing never means that something shall be deleted: only
``state: absent`` does. A cluster's folder without any topic is a mistake, not an empty wish.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from pydantic import BaseModel, ValidationError

from dataops.errors import ConfigurationError
from dataops.inventory.document import NotYaml
from dataops.inventory.explain import nearest, problems_of
from dataops.inventory.problem import InvalidFile, Problem
from dataops.kafka.desired import Cluster, Deletion, Desired, Source
from dataops.kafka.files.cluster_file import ClusterFile
from dataops.kafka.files.consistency import Files, check_together
from dataops.kafka.files.declared import acls_of, quotas_of, users_of
from dataops.kafka.files.fingerprint import fingerprint
from dataops.kafka.files.pruning import prune
from dataops.kafka.files.reading import read_values, without_collecting
from dataops.kafka.files.resolving import Base, Resolver
from dataops.kafka.files.topics_file import TopicsFile
from dataops.kafka.files.yaml_file import YamlFile
from dataops.kafka.policy import Policy, PolicyFile

FOLDER = "kafka"
CLUSTER_FILE = "cluster.yaml"
_Model = TypeVar("_Model", bound=BaseModel)


class FilesInvalid(ConfigurationError):
    """The files of a cluster cannot be used; ``problems`` has every mistake, the message the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = f" ({len(problems) - 1} more: `dataops kafka check` lists them)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = tuple(problems)


class UnknownCluster(ConfigurationError):
    """There is no folder of this cluster."""


class OtherEnvironment(ConfigurationError):
    """The cluster is not of the environment that is operated."""


@dataclass(frozen=True)
class Report:
    """Everything that is wrong with the files of one cluster; ``desired`` is None where anything is."""

    cluster: str
    desired: Desired | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    environment: str | None = None

    @property
    def exit_code(self) -> int:
        """The CLI's exit code: 2 for a problem, else 0."""
        return 2 if self.problems else 0


@dataclass(frozen=True)
class Clusters:
    """The clusters of an environment by their own files alone, without their topics, and the invalid ones."""

    clusters: tuple[Cluster, ...] = ()
    invalid: tuple[InvalidFile, ...] = ()


def load(include: Path, name: str, environment: str | None = None) -> Desired:
    """What the files of this cluster declare.

    Raises ``FilesInvalid``, ``UnknownCluster``, or ``OtherEnvironment`` where the cluster is of another one.
    """
    report = check(include, name)
    if environment is not None and report.environment not in {environment, None}:
        raise OtherEnvironment(
            f"The cluster {name} is of the environment {report.environment}, not of {environment}: "
            "set DATAOPS_ENVIRONMENT to the one that is meant."
        )
    if report.desired is None:
        raise FilesInvalid(report.problems)
    return report.desired


def cluster_names(include: Path) -> tuple[str, ...]:
    """The clusters that have a folder, sorted."""
    root = include / FOLDER
    folders = root.iterdir() if root.is_dir() else ()
    return tuple(sorted(each.name for each in folders if each.is_dir() and not each.name.startswith(".")))


def read_clusters(include: Path, environment: str | None = None) -> Clusters:
    """The clusters of one environment, or of all: what a DAG file needs, since topics are not read."""
    clusters: list[Cluster] = []
    invalid: list[InvalidFile] = []
    for name in cluster_names(include):
        file = _cluster_yaml(include, name)
        model = _validated(file, ClusterFile)
        found = _environment_of(file)
        if environment is not None and found not in {environment, None}:
            continue
        _check_named(file, "cluster", name, "folder")
        if model is not None:
            Resolver(model, file)
        if model is None or file.problems:
            problems = tuple(sorted(file.problems))
            invalid.append(InvalidFile(_safe(name), file.path, problems, found))
        else:
            clusters.append(_cluster(model, file))
    return Clusters(tuple(clusters), tuple(invalid))


def defaults_of(include: Path, name: str) -> Base:
    """What a topic of this cluster starts from. Raises ``FilesInvalid`` or ``UnknownCluster``."""
    _known(include, name)
    file = _cluster_yaml(include, name)
    model = _validated(file, ClusterFile)
    resolver = Resolver(model, file) if model is not None else None
    if resolver is None or file.problems:
        raise FilesInvalid(sorted(file.problems))
    return resolver.defaults


def check(include: Path, name: str) -> Report:
    """All that is wrong with the files of one cluster. Needs no broker. Raises ``UnknownCluster``."""
    _known(include, name)
    with without_collecting():
        return _check(include, name)


def _check(include: Path, name: str) -> Report:
    file = _cluster_yaml(include, name)
    model = _validated(file, ClusterFile)
    _check_named(file, "cluster", name, "folder")
    policy_file, policies = _policies(include, model)
    team_files = [(each, _validated(each, TopicsFile)) for each in _team_files(include, name)]
    files = [file, policy_file, *(each for each, _ in team_files)]
    if not team_files:
        file.complain((), f"declares no topics: write the first to {FOLDER}/{name}/topics/<team>.yaml")
    desired = None
    if model is not None:
        usable = [(each, declared) for each, declared in team_files if declared is not None]
        desired = _desired(file, model, usable, policies)
    problems = tuple(sorted(problem for each in files for problem in each.problems))
    warnings = tuple(sorted(warning for each in files for warning in each.warnings))
    return Report(name, None if problems else desired, problems, warnings, _environment_of(file))


def _desired(
    file: YamlFile, model: ClusterFile, teams: Sequence[tuple[YamlFile, TopicsFile]], policies: list[Policy]
) -> Desired:
    resolver = Resolver(model, file)
    cluster = _cluster(model, file)
    for team, _ in teams:
        _check_named(team, "team", team.path.stem, "file")
    found = Files(
        model,
        cluster,
        topics=[(team, topic) for team, each in teams for topic in resolver.topics(team, each)],
        acls=[(team, acl) for team, each in teams for acl in acls_of(team, each)],
        users=[(team, user) for team, each in teams for user in users_of(team, each)],
        quotas=[(team, quota) for team, each in teams for quota in quotas_of(team, each)],
    )
    check_together(found, [(team, each.team) for team, each in teams], policies)
    if not found.topics and teams and not any(team.problems for team, _ in teams):
        teams[0][0].complain(("topics",), "holds no topic: nothing would be provisioned")
    desired = Desired(
        cluster,
        {topic.name: topic for _, topic in sorted(found.topics, key=lambda each: each[1].name)},
        tuple(sorted((acl for _, acl in found.acls), key=lambda each: each.acl)),
        tuple(sorted((user for _, user in found.users), key=lambda each: (each.name, each.mechanism))),
        tuple(sorted((quota for _, quota in found.quotas), key=lambda each: str(each.entity))),
    )
    return fingerprint(desired)


def _cluster(model: ClusterFile, file: YamlFile) -> Cluster:
    return Cluster(
        name=model.cluster,
        environment=model.environment,
        connection=model.connection,
        cluster_id=model.cluster_id,
        owner=model.owner,
        source=Source(file.path.as_posix(), 1),
        guarded=model.guarded,
        protected=tuple(model.protected),
        foreign=tuple(model.foreign),
        deletion=Deletion(model.deletion.enabled, model.deletion.quarantine),
        throttle=model.reassignment.throttle,
        idle_after=model.health.idle_after,
        most_lag=model.health.most_lag,
        authoritative_acls=model.acls == "authoritative",
    )


def _safe(name: str) -> str:
    """The folder's name; where that is no name of a cluster, a unique one that is safe in a DAG id."""
    safe = re.sub(r"[^a-z0-9_-]+", "_", name.lower())[:100]
    return safe if safe == name else f"{safe}-{crc32(os.fsencode(name)):08x}"


def _known(include: Path, name: str) -> None:
    known = cluster_names(include)
    if name not in known:
        hint = nearest(name, known) or f": known are {', '.join(known) or 'none'}."
        raise UnknownCluster(f"There is no folder {include.name}/{FOLDER}/{name}{hint}")


def _policies(include: Path, model: ClusterFile | None) -> tuple[YamlFile, list[Policy]]:
    """The policies that hold for a cluster: that of its environment, and its own."""
    path = include / FOLDER / "policy.yaml"
    file = YamlFile(Path("include", FOLDER, "policy.yaml"))
    shared = _validated(_read(path, file), PolicyFile) if path.exists() else None
    if model is None:
        return file, []
    of_environment = shared.environments.get(model.environment) if shared else None
    if shared and of_environment is None and not file.problems:
        message = (
            f"has no policy for {model.environment}, the environment of {model.cluster}: write one, or {{}}"
        )
        file.complain(("environments",), message, "", tuple(shared.environments))
    return file, [policy for policy in (of_environment, model.policy) if policy and policy.model_fields_set]


def _cluster_yaml(include: Path, name: str) -> YamlFile:
    path = include / FOLDER / name / CLUSTER_FILE
    file = YamlFile(Path("include", FOLDER, name, CLUSTER_FILE))
    if not path.exists():
        file.problems.append(Problem(file.path, 0, "", "The file is missing: it says which cluster is meant"))
        return file
    return _read(path, file)


def _team_files(include: Path, name: str) -> Iterator[YamlFile]:
    folder = include / FOLDER / name / "topics"
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    for path in paths:
        hidden = path.name.startswith(".")
        if hidden or (path.suffix not in {".yaml", ".yml"} and not path.is_dir()):
            continue
        printable = os.fsencode(path.name).decode(errors="replace")
        file = YamlFile(Path("include", FOLDER, name, "topics", printable))
        if path.suffix == ".yaml":
            yield _read(path, file)
        else:
            file.complain((), "is not read: only files named <team>.yaml, in this folder, are")
            yield file


def _read(path: Path, file: YamlFile) -> YamlFile:
    try:
        file.values = read_values(path)
    except NotYaml as error:
        file.problems.append(Problem(file.path, error.line, "", f"The file {error}"))
    return file


def _validated(file: YamlFile, model: type[_Model]) -> _Model | None:
    """What the file says; where something is wrong, what is left without it, to be looked at further."""
    values = file.values
    if values is None:
        return None
    for key, line in values.repeated:
        file.problems.append(Problem(file.path, line, key, "stands there twice: keep one"))
    try:
        return model.model_validate(values.values)
    except ValidationError as error:
        file.problems += map(_discreet, problems_of(error, model, file.path, values.document))
        file.pruned = prune(values.values, [details["loc"] for details in error.errors()])
    try:
        return model.model_validate(values.values)
    except ValidationError:
        return None


def _discreet(problem: Problem) -> Problem:
    """Whoever writes a password where the id of a connection belongs must not read it in a log."""
    return replace(problem, value="") if problem.field.endswith(".secret") else problem


def _check_named(file: YamlFile, key: str, expected: str, kind: str) -> None:
    said = file.values.values.get(key) if file.values else None
    if isinstance(said, str) and said != expected:
        file.complain((key,), f"is not the {kind}'s name: rename one of them to the other", repr(said))


def _environment_of(file: YamlFile) -> str | None:
    said = file.values.values.get("environment") if file.values else None
    return said if isinstance(said, str) else None
