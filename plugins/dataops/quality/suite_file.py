"""``include/expectations/<database>.json``: reading it with every mistake named, and writing it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dataops.errors import ConfigurationError
from dataops.inventory.problem import Problem
from dataops.quality.suite import Expectation, Suite, TableSuite

FOLDER = "expectations"
LARGEST = 8 << 20
"""Bytes that a file may have; a hundred tables with ten expectations each take a tenth of it."""


class SuiteInvalid(ConfigurationError):
    """The file cannot be used; ``problems`` has every mistake, the message the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = tuple(problems)


@dataclass
class SuiteText:
    """A file's text: where each value stands, and what of it is a suite."""

    path: Path
    """As problems name it: it begins with ``include``."""
    text: str
    suite: Suite | None = None
    problems: list[Problem] = field(default_factory=list)

    def problem(self, location: Sequence[str | int], message: str, allowed: tuple[str, ...] = ()) -> Problem:
        """A problem of the value at this path of keys and numbers."""
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
        return Problem(self.path, self._line(location), name, message, "", allowed)

    def _line(self, location: Sequence[str | int]) -> int:
        """The line of a value, or of its nearest parent; 0 where the text cannot be read as YAML either."""
        try:
            node: yaml.Node | None = yaml.compose(
                self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            )
        except (yaml.YAMLError, RecursionError):
            return 0
        line = 1
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def suite_path(include: Path, database: str) -> Path:
    """Where the suite of a database lies, by its name in the inventory."""
    return include / FOLDER / f"{database}.json"


def suite_of(include: Path | None, database: str) -> Path | None:
    """The suite of a database where there is one; None where its owners expect nothing."""
    path = suite_path(include, database) if include is not None else None
    return path if path is not None and path.exists() else None


def no_suite(database: str) -> str:
    """Why nothing is asked of a database without a suite, and how to begin one."""
    return (
        f"there is no include/{FOLDER}/{database}.json: `dataops quality profile {database}` writes a start"
    )


def read_suite(path: Path) -> Suite:
    """The suite of a file; ``SuiteInvalid`` names file, line and field of what is wrong with its form.

    Whether Great Expectations knows each type and argument is told by ``check_suites`` and ``run_suite``.
    """
    read = read_text(path)
    if read.suite is None or read.problems:
        raise SuiteInvalid(read.problems)
    return read.suite


def read_text(path: Path) -> SuiteText:
    """The file with its suite, or its problems; raises nothing for the content's sake."""
    shown = Path("include", FOLDER, path.name)
    try:
        body = path.read_bytes()
        text = body.decode("utf-8")
    except OSError as error:
        return _unreadable(shown, f"The file cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _unreadable(shown, "The file is not text in UTF-8: save it as UTF-8")
    if len(body) > LARGEST:
        return _unreadable(shown, f"The file has more than {LARGEST >> 20} MiB: this is no suite")
    read = SuiteText(shown, text)
    try:
        document = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        read.problems.append(Problem(shown, error.lineno, "", f"The file is not JSON: {error.msg}"))
        return read
    except (ValueError, RecursionError) as error:
        read.problems.append(Problem(shown, 0, "", f"The file cannot be used: {error}"))
        return read
    try:
        read.suite = Suite.model_validate(document)
    except ValidationError as error:
        read.problems += sorted(_problem(read, details) for details in _mistakes(error))
    else:
        read.problems += sorted(_repetitions(read, read.suite))
    return read


def write_suite(suite: Suite, path: Path, *, force: bool = False) -> None:
    """Writes the file; one that is there belongs to people, so ``ConfigurationError`` unless ``force``."""
    text = json.dumps(suite.model_dump(mode="json", exclude_defaults=True), indent=2, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        raise ConfigurationError(
            f"{path} exists already and belongs to its owners: nothing was changed. "
            "Write to another --output and compare, or overwrite it with --force."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None


def _unreadable(path: Path, message: str) -> SuiteText:
    return SuiteText(path, "", problems=[Problem(path, 0, "", message)])


def _mistakes(error: ValidationError) -> list[Any]:
    """What is wrong, without the lists that only seem empty because what is in them is wrong."""
    found = error.errors(include_url=False)
    return [
        details
        for details in found
        if details["type"] != "too_short"
        or not any(
            len(other["loc"]) > len(details["loc"]) and other["loc"][: len(details["loc"])] == details["loc"]
            for other in found
        )
    ]


def _problem(read: SuiteText, details: Any) -> Problem:
    location = [part for part in details["loc"] if part not in {"str", "list[str]"}]
    kind, message = details["type"], str(details["msg"])
    if kind == "extra_forbidden":
        known = tuple(_model_at(location).model_fields)
        return read.problem(location, "is no field here", known)
    if kind == "missing":
        described = _model_at(location).model_fields[str(location[-1])].description or ""
        return read.problem(location, f"is missing: {described[:1].lower()}{described[1:].rstrip('.')}")
    if location[-1:] == ["severity"]:
        return read.problem(location, "is no severity here: everything that is red is red", ("critical",))
    if kind == "too_short":
        return read.problem(location, "is empty: there must be one at least")
    return read.problem(location, message.removeprefix("Value error, ").rstrip("."))


def _model_at(location: Sequence[str | int]) -> type[Suite] | type[TableSuite] | type[Expectation]:
    """The model whose field the last part of this path is."""
    parents = location[:-1]
    if "expectations" in parents:
        return Expectation
    return TableSuite if "suites" in parents else Suite


def _repetitions(read: SuiteText, suite: Suite) -> list[Problem]:
    """Tables that have two suites, and ids that two expectations have."""
    found = []
    names: set[str] = set()
    ids: set[object] = set()
    for number, table in enumerate(suite.suites):
        if table.name in names:
            found.append(
                read.problem(("suites", number, "name"), f"{table.name} has a suite already: join the two")
            )
        names.add(table.name)
        for place, expectation in enumerate(table.expectations):
            if expectation.id is not None and expectation.id in ids:
                where = ("suites", number, "expectations", place, "id")
                found.append(read.problem(where, "is another expectation's id: take one of them out"))
            ids.add(expectation.id)
    return found


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} stands there twice in one place: keep one")
    return dict(pairs)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None
