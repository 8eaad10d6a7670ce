"""Suites held against Great Expectations itself, offline: everything wrong in every file at once."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dataops.inventory.problem import Problem
from dataops.quality.engine import domain_object, imported
from dataops.quality.suite import Expectation, Suite
from dataops.quality.suite_file import FOLDER, SuiteText, read_text

_UNUSABLE = {
    "expect_column_quantile_values_to_be_between": "fails on PostgreSQL: take the median, "
    "or unexpected_rows_expectation",
    "expect_table_row_count_to_equal_other_table": "compares with a table that a batch cannot see: "
    "take unexpected_rows_expectation",
    "expect_query_results_to_match_comparison": "compares with a source that a drill does not have",
}
"""What Great Expectations has and we cannot run, and why."""


def check_suites(include: Path, databases: Collection[str] | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with the suites of an include folder, sorted; asks no server.

    ``databases``: names that the inventory has; a suite for any other would never run. Imports Great
    Expectations, which takes seconds, only where there is a suite.
    """
    problems: list[Problem] = []
    folder = include / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.suffix not in {".json", ".yaml", ".yml"}:
            continue
        problems += _of_file(path, databases)
    return tuple(sorted(problems))


def faults_of(path: Path, suite: Suite) -> tuple[Problem, ...]:
    """What Great Expectations finds wrong with the expectations of a suite that was read from this file."""
    imported()
    text: SuiteText | None = None
    problems = []
    for number, table in enumerate(suite.suites):
        for place, expectation in enumerate(table.expectations):
            for location, message, allowed in _faults(expectation):
                text = text or read_text(path)
                where: tuple[str | int, ...] = ("suites", number, "expectations", place, *location)
                problems.append(text.problem(where, message, allowed))
    return tuple(sorted(set(problems)))


def _of_file(path: Path, databases: Collection[str] | None) -> list[Problem]:
    if path.suffix != ".json":
        shown = Path("include", FOLDER, path.name)
        return [Problem(shown, 0, "", "is not read: only files named <database>.json, in this folder, are")]
    read = read_text(path)
    if read.suite is None:
        return read.problems
    problems = [*read.problems, *faults_of(path, read.suite)]
    name = read.suite.database
    if name != path.stem:
        problems.append(
            read.problem(
                ("database",), f"is not the file's name: name the file {name}.json, or this {path.stem}"
            )
        )
    elif databases is not None and name not in databases:
        near = get_close_matches(name, list(databases), n=1)
        hint = f". Did you mean {near[0]}?" if near else ": name a database of include/databases"
        problems.append(read.problem(("database",), f"{name!r} is no database of the inventory{hint}"))
    return problems


def _faults(expectation: Expectation) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """Field, message and allowed values of everything that Great Expectations refuses in one expectation."""
    if expectation.type in _UNUSABLE:
        return [(("type",), f"{expectation.type} {_UNUSABLE[expectation.type]}", ())]
    known = _known()
    if expectation.type not in known:
        near = tuple(get_close_matches(expectation.type, known, n=3))
        return [(("type",), f"{expectation.type!r} is no expectation of Great Expectations", near)]
    if expectation.type == "unexpected_rows_expectation":
        query = str(expectation.kwargs.get("unexpected_rows_query", ""))
        if query and "{batch}" not in query:
            message = "does not ask this table: write {batch} where its name belongs"
            return [(("kwargs", "unexpected_rows_query"), message, ())]
    try:
        domain_object(expectation)
    except Exception as error:  # ruff: ignore[blind-except] - pydantic 1, pydantic 2 or its own: all mean wrong
        return _told(error, expectation.type)
    return []


def _told(error: Exception, type_: str) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    errors: Any = getattr(error, "errors", None)
    if not callable(errors):
        return [(("type",), str(error).strip().rstrip("."), ())]
    told: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
    for details in errors():
        name = str(details["loc"][0])
        where = ("kwargs",) if name == "__root__" else ("kwargs", name)
        if details["type"].endswith("extra"):
            told.setdefault(where, ("is no argument of this expectation", _arguments(type_)))
        elif details["type"].endswith("missing"):
            told.setdefault(where, ("is missing", ()))
        else:
            told.setdefault(where, (str(details["msg"]).rstrip("."), ()))
    return [(where, message, allowed) for where, (message, allowed) in told.items()]


def _known() -> list[str]:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    imported()  # which registers them
    return sorted(list_registered_expectation_implementations())


def _arguments(type_: str) -> tuple[str, ...]:
    """What an expectation may be told, without what every one has and what a suite keeps elsewhere."""
    from great_expectations.expectations.registry import get_expectation_impl

    elsewhere = {
        *(
            "id",
            "meta",
            "notes",
            "description",
            "severity",
            "result_format",
            "catch_exceptions",
            "rendered_content",
        ),
        *("batch_id", "windows", "suite_parameters", "row_condition", "condition_parser"),
    }
    return tuple(name for name in get_expectation_impl(type_).__fields__ if name not in elsewhere)
