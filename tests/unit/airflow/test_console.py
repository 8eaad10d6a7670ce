"""The page *Backups*: what it calls well, what it says first, and that no verdict is told by colour alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dataops.airflow.console.page import render
from dataops.airflow.console.state import LATE_WATCH, Line, State
from dataops.evidence.chain import Link
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import Database, InvalidFile, Problem, Server

from tests.unit.airflow.linked import linked

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ORDERS = Database(name="orders", server="main", owner="data-team", objectives={"rpo": "24h"})
MAIN = Server(name="main", environment="test", connection="main", owner="dba")


def run(verdict: Verdict = Verdict.PASSED, *, hours_ago: float = 1, reason: str = "Fine.") -> Link:
    finished = NOW - timedelta(hours=hours_ago) + timedelta(minutes=2)
    return linked("backup", "orders", finished, verdict, reason=reason, took=timedelta(minutes=2))


def promise(verdict: Verdict = Verdict.PASSED) -> Check:
    return Check(name="orders: newest recoverable moment", verdict=verdict, observed="1 h (newest …)")


def state(*lines: Line, watch: Link | None = None) -> State:
    return State("test", lines, watch or run(hours_ago=0.1), NOW)


def test_a_passed_run_and_a_kept_promise_are_well() -> None:
    assert Line(ORDERS, (run(),), promise()).well


def test_nothing_less_is_well() -> None:
    assert not Line(ORDERS, (run(Verdict.FAILED), run()), promise()).well
    assert not Line(ORDERS, (run(Verdict.INCONCLUSIVE),), promise()).well
    assert not Line(ORDERS, (run(),), promise(Verdict.FAILED)).well
    assert not Line(ORDERS, (run(),), promise(Verdict.INCONCLUSIVE)).well
    assert not Line(ORDERS, (run(),), None).well
    assert not Line(ORDERS, (), promise()).well


def test_a_red_drill_needs_somebody_and_a_missing_one_is_only_told() -> None:
    assert Line(ORDERS, (run(),), promise(), drills=(run(),)).well
    assert Line(ORDERS, (run(),), promise(), drills=()).well
    for red in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        assert not Line(ORDERS, (run(),), promise(), drills=(run(red), run())).well


def test_the_page_says_since_when_a_subject_is_proven() -> None:
    def shown(*drills: Link) -> str:
        return render(state(Line(ORDERS, (run(),), promise(), drills=drills)), "/dataops")

    assert "no drill yet" in shown()
    assert "Last drill" not in shown(run(hours_ago=4))
    assert "3 h 58 min ago" in shown(run(hours_ago=4))
    red = shown(run(Verdict.FAILED, hours_ago=1, reason="contents differ"), run(hours_ago=30))
    assert "1 d 5 h ago" in red
    assert "failed, 58 min ago" in red
    assert "Drill: contents differ" in red
    assert "not in the last 1 drills" in shown(run(Verdict.INCONCLUSIVE))


def test_the_age_is_that_of_the_newest_backup_that_passed() -> None:
    line = Line(ORDERS, (run(Verdict.FAILED, hours_ago=1), run(hours_ago=12)), promise())
    assert line.age(NOW) == timedelta(hours=12)
    assert line.share_of_rpo(NOW) == pytest.approx(0.5)


def test_a_physical_backups_age_says_nothing_of_the_loss() -> None:
    assert Line(MAIN, (run(hours_ago=100),), promise()).share_of_rpo(NOW) is None


def test_a_backup_that_is_newer_than_the_watchs_word_is_not_called_missing() -> None:
    failed = promise(Verdict.FAILED).model_copy(update={"observed": "no backup", "reason": "nothing there"})
    new, old = (
        render(state(Line(ORDERS, (run(),), failed, newer_than_watch=newer)), "/dataops")
        for newer in (True, False)
    )
    assert "no backup" not in new
    assert "The watch looked before this backup was there" in new
    assert 'class="unsure"' in new
    assert "no backup" in old
    assert "nothing there" in old
    assert 'class="red"' in old


def test_a_file_that_cannot_be_read_stands_first_and_spoils_the_headline() -> None:
    path = Path("include/databases/new.yaml")
    file = InvalidFile("new", path, (Problem(path, 4, "retension", "is no field"),), "test", "shop")
    seen = replace(state(Line(ORDERS, (run(),), promise())), broken=(file,))
    assert seen.headline == "1 of 2 subjects needs attention."
    page = render(seen, "/dataops")
    assert "Line 4: retension is no field." in page
    assert page.index("not backed up · shop") < page.index("orders</h2>")


def test_a_watch_that_is_red_for_something_else_is_told() -> None:
    seen = state(Line(ORDERS, (run(),), promise()), watch=run(Verdict.FAILED, hours_ago=0.1))
    assert (
        seen.headline == "The only subject could be recovered now, but the watch is red for something else."
    )


def test_every_page_leads_to_the_others() -> None:
    page = render(state(Line(ORDERS, (run(),), promise())), "/dataops")
    assert '<b aria-current="page">Backups</b>' in page
    assert '<a href="/dataops/reports/">Reports</a><a href="/dataops/failover/">Failover</a>' in page


def test_the_headline_counts_those_in_need() -> None:
    well, red = Line(ORDERS, (run(),), promise()), Line(MAIN, (run(Verdict.FAILED),), promise())
    assert state(well).headline == "The only subject could be recovered now, as promised."
    assert state(well, well).headline == "All 2 subjects could be recovered now, as promised."
    assert state(well, red).headline == "1 of 2 subjects needs attention."
    assert state(red, red).headline == "2 of 2 subjects need attention."


def test_a_silent_watch_makes_everything_unknown() -> None:
    hours = LATE_WATCH / timedelta(hours=1) + 1
    silent = state(Line(ORDERS, (run(),), promise()), watch=run(hours_ago=hours))
    assert silent.headline.startswith("Unknown: the watch has not spoken for 1 h")


def test_the_page_tells_every_verdict_in_words_and_shapes_and_escapes_what_it_quotes() -> None:
    reason = "<script>alert(1)</script>"
    lines = (
        Line(ORDERS, (run(Verdict.FAILED, reason=reason), run()), promise()),
        Line(MAIN, (run(Verdict.INCONCLUSIVE),), None),
        Line(MAIN.model_copy(update={"name": "fresh"}), (), None, "The store is down."),
    )
    page = render(state(*lines), "/dataops")
    for word in ('aria-label="failed"', 'aria-label="inconclusive"', 'aria-label="no run yet"'):
        assert word in page
    assert "The last 2 runs, 1 of them red" in page
    assert "The store is down." in page
    assert reason not in page
    assert "&lt;script&gt;" in page
    assert 'href="/dataops/evidence/backup/orders/2026/11/23/k/index.html"' in page


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = render(state(Line(ORDERS, (run(),), promise())), "/dataops")
    assert "http" not in page.replace('http-equiv="refresh"', "")
    assert "<script" not in page
