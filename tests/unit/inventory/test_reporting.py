"""A database's report: defaults, thresholds, and acknowledgements with an end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from dataops.inventory import Database, Report, Server, Thresholds, load
from dataops.inventory.size import bytes_of
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

SERVER = "server: main\nenvironment: test\nconnection: main\nowner: dba\n"
DATABASE = "database: shop\nserver: main\nowner: dba\n"


@pytest.mark.parametrize(("text", "number"), [("64MB", 64_000_000), ("1kB", 1000), ("2TB", 2 * 10**12)])
def test_a_number_and_a_unit_is_a_size(text: str, number: int) -> None:
    assert bytes_of(text) == number


@pytest.mark.parametrize("text", ["64", "64 MB", "64mb", "-1MB", "1.5GB", "", "MB", "٣GB"])
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="as in 64MB"):
        bytes_of(text)


def test_every_size_that_the_models_ship_is_one() -> None:
    shipped = Thresholds()
    sizes = [shipped.bloat_size, shipped.unused_size, shipped.temporary_daily, shipped.backend_writes_daily]
    assert all(bytes_of(size) > 0 for size in (*sizes, shipped.replication_lag_size, shipped.slot_size))


def test_a_database_has_a_report_without_a_word() -> None:
    database = Database(name="shop", server="main", owner="dba")
    assert database.report == Report()
    assert database.report.enabled
    assert Server(name="main", environment="test", connection="main", owner="dba").samples.keep == timedelta(
        days=35
    )


def test_literals_stay_in_the_database_unless_its_yaml_says_otherwise(tmp_path: Path) -> None:
    assert Report().literals == "strip"
    assert _problems(tmp_path, "report: {literals: keep}\n") == []
    assert load(tmp_path).databases[0].report.literals == "keep"


def _problems(folder: Path, report: str) -> list[str]:
    for kind in ("servers", "databases"):
        (folder / kind).mkdir()
    (folder / "servers" / "main.yaml").write_text(SERVER)
    (folder / "databases" / "shop.yaml").write_text(DATABASE + report)
    return [str(problem.text) for each in load(folder).invalid for problem in each.errors]


def test_thresholds_and_acknowledgements_are_read(tmp_path: Path) -> None:
    report = (
        "report:\n  thresholds: {lock_wait: 2s, temporary_daily: 1GB}\n  acknowledged:\n"
        "    - {code: unused-index, object: 'index public.a*', until: 2026-12-24, reason: 'Once a year'}\n"
    )
    assert _problems(tmp_path, report) == []
    said = load(tmp_path).databases[0].report
    assert said.thresholds.lock_wait == timedelta(seconds=2)
    assert (said.acknowledged[0].until, said.acknowledged[0].by) == (date(2026, 12, 24), None)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("report: {thresholds: {bloat: 200}}\n", ["report.thresholds.bloat", "at most 100"]),
        ("report: {thresholds: {bloat_size: 10}}\n", ["report.thresholds.bloat_size"]),
        ("report: {thresholds: {blot: 20}}\n", ["Did you mean bloat?"]),
        ("report: {without: [log]}\n", ["report.without", "Did you mean logs?"]),
        ("report: {literals: show}\n", ["report.literals", "strip", "keep"]),
        ("report: {literals: true}\n", ["report.literals", "strip", "keep"]),
        ("report: {acknowledged: [{code: unused-index, reason: x}]}\n", ["until", "is missing"]),
        (
            "report: {acknowledged: [{code: Unused, until: 2026-12-24, reason: x}]}\n",
            ["the code of a finding"],
        ),
    ],
)
def test_a_mistake_names_its_field_and_what_is_allowed(tmp_path: Path, report: str, words: list[str]) -> None:
    problems = _problems(tmp_path, report)
    assert problems
    assert all(word in problems[0] for word in words), problems


def test_an_acknowledgement_without_an_end_is_none() -> None:
    with pytest.raises(ValidationError, match="until"):
        Report.model_validate({"acknowledged": [{"code": "old-xmin", "reason": "known"}]})
