"""What is told of the errors of a server's log, and what is left to others."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.performance.finding import Cause
from dataops.performance.findings import find
from dataops.performance.window import SectionName

from tests.unit.performance.findings.windows import window


def error(code: str, text: str, count: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "error",
        "severity": "ERROR",
        "code": code,
        "text": text,
        "detail": "",
        "count": count,
        **fields,
    }


def told(*rows: dict[str, Any]) -> list[Any]:
    found = find(window({SectionName.LOGS: list(rows)}))
    return [each for each in found if each.code == "errors-in-log"]


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        ("53100", "could not extend file", Cause.CAPACITY),
        ("53300", "sorry, too many clients already", Cause.CAPACITY),
        ("58030", "could not read block", Cause.SERVICE),
        ("XX002", "index is corrupted", Cause.SERVICE),
    ],
)
def test_a_grave_error_is_told_even_once(code: str, text: str, cause: Cause) -> None:
    [finding] = told(error(code, text))
    assert (finding.cause, finding.object) == (cause, f"error {code} {text}")


@pytest.mark.parametrize(
    ("code", "text", "cause", "enough"),
    [
        ("23505", "duplicate key", Cause.APPLICATION, 1_000),
        ("57014", "canceling statement due to statement timeout", Cause.APPLICATION, 1_000),
        ("", "canceling statement due to statement timeout", Cause.APPLICATION, 1_000),
        ("55P03", "canceling statement due to lock timeout", Cause.LOCK, 1_000),
        ("57014", "canceling autovacuum task", Cause.LOCK, 24),
        ("", "canceling autovacuum task", Cause.LOCK, 24),
    ],
)
def test_any_other_is_told_where_it_comes_often(code: str, text: str, cause: Cause, enough: int) -> None:
    assert not told(error(code, text, enough - 1))
    [finding] = told(error(code, text, enough))
    assert finding.cause is cause


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("40P01", "deadlock detected"),
        ("", "deadlock detected"),
        ("57P01", "terminating connection due to administrator command"),
        ("57014", "canceling statement due to user request"),
    ],
)
def test_what_was_meant_or_has_a_rule_of_its_own_is_not(code: str, text: str) -> None:
    assert not told(error(code, text, 100_000))


def test_a_warning_is_no_error() -> None:
    assert not told(error("01000", "there is no transaction in progress", 100_000, severity="WARNING"))


def test_one_error_of_several_statements_is_one_finding() -> None:
    rows = [
        error("23505", "duplicate key", count, detail=detail)
        for count, detail in ((400, "insert into a values (?)"), (700, "insert into b values (?)"))
    ]
    [finding] = told(*rows)
    assert finding.evidence[0].value == 1_100
    assert "at `insert into b values (?)` and 1 other statement." in finding.sentence
