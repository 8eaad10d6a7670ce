"""What the grid shows of a drill's checks: small, bounded, and nothing red left out of sight."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from dataops.airflow.check_lines import LONGEST, SHOWN, check_lines
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Verdict, overall

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def record(*checks: Check) -> Record:
    return Record(
        capability="restore_drill",
        subject="orders",
        environment="test",
        verdict=overall(checks),
        reason="",
        started=NOW,
        finished=NOW,
        checks=checks,
    )


def checks(count: int, verdict: Verdict = Verdict.PASSED, name: str = "check") -> list[Check]:
    return [Check(name=f"{name} {number}", verdict=verdict) for number in range(count)]


def test_every_check_is_one_line_in_the_order_of_the_evidence() -> None:
    lines = check_lines(record(*checks(3), *checks(1, Verdict.FAILED, "red")), "page")
    assert [line["name"] for line in lines] == ["check 0", "check 1", "check 2", "red 0"]
    assert {line["page"] for line in lines} == {"page"}


def test_a_check_of_several_databases_is_one_line_as_red_as_the_worst() -> None:
    both = [
        Check(name="flights: definitions: indexes", verdict=Verdict.PASSED, seconds=1),
        Check(name="shop: definitions: indexes", verdict=Verdict.FAILED, reason="one is missing", seconds=2),
        Check(name="shop: row counts", verdict=Verdict.PASSED),
        Check(name="shop: full read", verdict=Verdict.PASSED, observed="12 tables"),
        Check(name="flights: row counts", verdict=Verdict.NOT_APPLICABLE, reason="declared"),
    ]
    definitions, rows, read = check_lines(record(*both), "page")
    assert (definitions["name"], definitions["verdict"]) == ("definitions", "failed")
    assert definitions["reason"] == "shop: definitions: indexes: one is missing"
    assert definitions["seconds"] == 3
    assert (rows["name"], rows["verdict"], rows["observed"]) == (
        "row counts", "passed", "1 passed, 1 not applicable",
    )  # fmt: skip
    assert read["name"] == "full read"


def test_of_too_many_the_red_ones_are_shown_and_the_rest_is_one_line() -> None:
    red = [*checks(2, Verdict.INCONCLUSIVE, "unknown"), *checks(1, Verdict.FAILED, "red")]
    lines = check_lines(record(*checks(SHOWN), *red), "page")
    assert len(lines) == SHOWN
    assert [line["name"] for line in lines[:3]] == ["red 0", "unknown 0", "unknown 1"]
    assert (lines[-1]["name"], lines[-1]["verdict"]) == ("4 more checks", "passed")


def test_red_checks_beyond_the_last_line_make_that_line_red() -> None:
    lines = check_lines(record(*checks(SHOWN), *checks(SHOWN + 5, Verdict.FAILED, "red")), "page")
    assert len(lines) == SHOWN
    assert lines[-1]["verdict"] == "failed"
    assert lines[-1]["observed"] == "6 failed, 100 passed"


def test_a_drill_of_many_tables_puts_no_megabytes_into_airflow() -> None:
    long = Check(
        name="definitions",
        verdict=Verdict.FAILED,
        expected={f"table_{number}": "present" for number in range(2000)},
        observed=[f"table_{number} is missing" for number in range(2000)],
        reason="x" * 5000,
    )
    lines = check_lines(record(*[long] * 500), "page")
    assert len(json.dumps(lines)) < 128 * 1024
    assert str(lines[0]["observed"]).startswith('["table_0 is missing"')
    assert len(str(lines[0]["reason"])) == LONGEST
