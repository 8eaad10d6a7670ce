"""A whole report of a real database: from its samples to the page in the store and the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main
from dataops.evidence import publish
from dataops.evidence.verdict import Verdict
from dataops.performance import run
from dataops.performance.job import of_now
from dataops.performance.looking import NoSamples, window_of
from dataops.performance.report import archive
from dataops.performance.report.document import Report

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.performance.watched import Watched, watched

SCRIPT = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE orders (id bigserial PRIMARY KEY, customer int NOT NULL, placed_at timestamptz DEFAULT now());
INSERT INTO orders (customer) SELECT n % 100 FROM generate_series(1, 5000) AS n;
ANALYZE;
"""
SUITE = """{"database": "%s", "suites": [{"name": "public.orders", "expectations": [
  {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": %d},
   "id": "69378398-b6c8-559a-ad5e-eaf52615a2b2"}]}]}"""


@pytest.fixture(scope="module")
def shop(primary: DatabaseServer, object_store_server: ObjectStoreServer) -> Watched:
    found = watched(primary, object_store_server, SCRIPT)
    found.sample()
    for _ in range(3):
        found.execute("SELECT count(*) FROM orders WHERE customer = 7")
    found.execute("UPDATE orders SET customer = customer + 1 WHERE id < 1000")
    return found


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path / "spool"))
    yield


def job(shop: Watched, **more: Any) -> Any:
    return replace(of_now(shop.platform, shop.dbname, shop.said.append), **more)


def with_suite(shop: Watched, folder: Path, least: int) -> Any:
    """The job of a platform whose owners expect so many rows."""
    (folder / "expectations").mkdir()
    (folder / "expectations" / f"{shop.dbname}.json").write_text(SUITE % (shop.dbname, least))
    platform = replace(shop.platform, inventory=replace(shop.platform.inventory, folder=folder))
    platform.__dict__["store"] = shop.store
    return of_now(platform, shop.dbname, shop.said.append)


def test_a_report_lies_in_the_store_and_its_evidence_names_it(shop: Watched, spool: None) -> None:
    reported = run.run(job(shop))

    assert reported.made.error is None
    made = reported.made
    assert made.report is not None
    kept = {each.key.rpartition("/")[2]: each.key for each in made.step.artifacts}
    assert set(kept) >= {"index.html", "report.json", "report.md"}
    page = shop.store.get(kept["index.html"]).decode()
    assert made.report.sentence.split(":")[0] in page
    assert Report.model_validate_json(shop.store.get(kept["report.json"])) == made.report
    missing = {area.name: area.missing for area in made.report.areas if area.missing}
    assert set(missing) <= {"logs"}, missing
    assert not made.report.charts[0].missing
    assert any("orders" in str(row[0]) for table in made.report.tables for row in table.rows)
    assert {"no danger", "measured", "sampled", "data"} <= {check.name for check in reported.record.checks}
    assert reported.record.details["report"] == made.page_key
    published = publish(shop.store, reported.record)
    assert not published.spooled


def test_the_window_begins_with_the_first_sample_and_says_so(shop: Watched) -> None:
    made = window_of(job(shop))

    assert made.seconds < 3600
    assert any("begin at" in note for note in made.notes)


def test_without_samples_the_report_is_inconclusive_and_on_record(shop: Watched, spool: None) -> None:
    long_ago = job(shop, until=job(shop).until - timedelta(days=300), fresh=False)

    with pytest.raises(NoSamples):
        window_of(long_ago)
    reported = run.run(long_ago)

    assert reported.record.verdict is Verdict.INCONCLUSIVE
    assert "There is no sample" in reported.record.reason


def test_rows_that_are_not_as_expected_fail_the_night(shop: Watched, spool: None, tmp_path: Path) -> None:
    reported = run.run(with_suite(shop, tmp_path, least=6000))

    assert reported.record.verdict is Verdict.FAILED
    report = reported.made.report
    assert report is not None
    (data,) = report.data_checks
    assert (data.table, data.verdict) == ("public.orders", Verdict.FAILED)
    assert "inserted into it in this window" in data.explained_by


def test_a_suite_that_is_wrong_is_told_and_the_report_made_all_the_same(
    shop: Watched, spool: None, tmp_path: Path
) -> None:
    wanted = with_suite(shop, tmp_path, least=1)
    (tmp_path / "expectations" / f"{shop.dbname}.json").write_text("{")

    reported = run.run(wanted)

    assert reported.record.verdict is Verdict.FAILED
    assert reported.made.report is not None
    assert reported.made.page_key


def test_nights_are_found_again_newest_first(shop: Watched, spool: None) -> None:
    first = run.run(job(shop)).made.report
    assert first is not None
    # A night is known by the second in which it ends.
    assert wait_until(lambda: datetime.now(UTC) >= first.until + timedelta(seconds=1), seconds=10)
    second = run.run(job(shop)).made.report
    assert second is not None

    newest = next(archive.nights(shop.store, shop.dbname, before=second.until + timedelta(seconds=1), days=2))
    before = next(archive.nights(shop.store, shop.dbname, before=second.until))

    assert newest.until == second.until
    assert before.until <= first.until < newest.until


def test_the_command_line_shows_compares_and_rolls_up(
    shop: Watched,
    spool: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run.run(job(shop))
    monkeypatch.setattr("dataops.cli.report_verbs.platform_of", lambda _: shop.platform)
    today = f"{job(shop).until:%Y-%m-%d}"

    assert main(["report", "show", shop.dbname]) in {0, 1, 3}
    assert shop.dbname in capsys.readouterr().out
    page = tmp_path / "page.html"
    assert main(["report", "show", shop.dbname, "--day", today, "--output", str(page)]) in {0, 1, 3}
    assert page.read_text().startswith("<!doctype html>")
    capsys.readouterr()
    assert main(["report", "compare", shop.dbname, today, today, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "comparison"
    assert main(["report", "rollup", shop.dbname, "--week", today]) == 0
    assert "week" in capsys.readouterr().out
    assert main(["report", "show", shop.dbname, "--day", "2020-01-01"]) == 2
    assert main(["report", "show", shop.dbname, "--output", "report.pdf"]) == 2
