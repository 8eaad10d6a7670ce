"""Files to start from: a cluster's, a team's first topic, and whatever else writes YAML for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import ConfigurationError
from dataops.inventory.problem import Problem
from dataops.kafka.files.loading import FOLDER, check, cluster_names

CLUSTER_SCHEMA = "# yaml-language-server: $schema=../../schemas/kafka-cluster.schema.json\n"
TOPICS_SCHEMA = "# yaml-language-server: $schema=../../../schemas/kafka-topics.schema.json\n"
POLICY_SCHEMA = "# yaml-language-server: $schema=../schemas/kafka-policy.schema.json\n"


class CannotStart(ConfigurationError):
    """Nothing was written, and why."""


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with lists of plain values on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    flow = all(isinstance(each, str | int) for each in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)


_Dumper.add_representer(list, _list)


def dump(first: str, content: Mapping[str, Any]) -> str:
    """YAML as a person would write it, below the line that names its schema."""
    text: str = yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return first + text


def new_topic(include: Path, cluster: str, team: str, name: str, *, description: str = "") -> Path:
    """The path of the team's file, to which a valid topic was added; the file is made where there is none.

    Everything else in the file stays as it is, comments too. Raises ``CannotStart``, having changed nothing.
    """
    if cluster not in cluster_names(include):
        known = ", ".join(cluster_names(include)) or "none"
        raise CannotStart(f"There is no cluster {cluster} in {include / FOLDER}: known are {known}.")
    path = include / FOLDER / cluster / "topics" / f"{team}.yaml"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    entry = _entry(name, description)
    after = (
        _with_topic(before, entry) if before is not None else f"{TOPICS_SCHEMA}team: {team}\ntopics:\n{entry}"
    )
    already = (
        {_without_line(each) for each in check(include, cluster).problems} if before is not None else set()
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(after, encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None
    problems = [each for each in check(include, cluster).problems if _without_line(each) not in already]
    if problems:
        _restore(path, before)
        raise CannotStart(f"Nothing was written. {problems[0].text}")
    return path


def _entry(name: str, description: str) -> str:
    content: dict[str, Any] = {name: {"description": description or "What the topic carries."}}
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _with_topic(before: str, entry: str) -> str:
    """The text with the entry as the first topic: everything else stays as it was written."""
    lines = before.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.split("#")[0].rstrip() == "topics:":
            return "".join([*lines[: at + 1], entry, *lines[at + 1 :]])
    if any(line.startswith("topics:") for line in lines):
        raise CannotStart("Write `topics:` on a line of its own, and each topic below it, indented.")
    return before.rstrip("\n") + f"\ntopics:\n{entry}"


def _without_line(problem: Problem) -> tuple[Path, str, str]:
    return problem.path, problem.field, problem.message


def _restore(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink()
    else:
        path.write_text(before, encoding="utf-8")
