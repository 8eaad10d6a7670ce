"""The page *Failover*: what it calls well, what it says first, and who guards the tests."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from dataops.airflow.console.failover_state import FailoverState, Measured, Played
from dataops.airflow.console.page import render_failover
from dataops.evidence.chain import Link
from dataops.evidence.verdict import Verdict
from dataops.failover.lever import Lever
from dataops.failover.scenario import Scenario

from tests.unit.airflow.linked import linked

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
CRASH = Scenario.model_validate({"scenario": "crash", "database": "orders", "mode": "crash"})
WEEKLY = Scenario.model_validate({
    "scenario": "weekly",
    "database": "orders",
    "mode": "switchover",
    "schedule": "weekly",
})
GUARDS: Any = (SimpleNamespace(host="guard-1"),)


def run(verdict: Verdict = Verdict.PASSED, *, days_ago: float = 1) -> Link:
    return linked("failover_test", "crash", NOW - timedelta(days=days_ago), verdict)


def played(*runs: Link, scenario: Scenario = CRASH, rto: float | None = 0.31, rows: int | None = 0) -> Played:
    measured = tuple(Measured(each.verdict, rto, rows) for each in runs)
    return Played(scenario, "main", "data-team", runs, measured, sentence="All 9 checks <passed>.")


def shown(*of: Played, guards: Any = GUARDS, lever: Lever | None = None, trouble: str = "") -> str:
    return render_failover(FailoverState("test", of, NOW, guards, lever, trouble), "/dataops")


def test_only_a_passed_test_that_is_not_old_is_well() -> None:
    assert played(run()).is_well(NOW)
    assert not played(run(Verdict.FAILED), run()).is_well(NOW)
    assert not played(run(Verdict.INCONCLUSIVE)).is_well(NOW)
    assert not played().is_well(NOW)
    assert played(run(days_ago=90)).is_well(NOW)
    assert not played(run(days_ago=110)).is_well(NOW)
    assert not played(run(days_ago=9), scenario=WEEKLY).is_well(NOW)


def test_the_page_says_what_clients_saw_and_leads_to_the_evidence() -> None:
    page = shown(played(run(Verdict.FAILED), run(), rto=0.31, rows=1))
    assert "1 of 1 scenario needs attention." in page
    assert "All 9 checks &lt;passed&gt;." in page
    assert 'href="/dataops/evidence/failover_test/crash/2026/11/27/k/index.html"' in page
    assert "<dd>0.31 s of 1 min</dd>" in page
    assert "<dt>Writes lost</dt><dd>1</dd>" in page
    assert 'aria-label="Seconds without service: 0.31, 0.31"' in page
    assert "Guarded by guard-1." in page


def test_the_trend_stays_within_its_picture_and_shows_the_promise_where_it_is_near() -> None:
    promise = CRASH.objectives.model_copy(update={"rto": timedelta(seconds=1)})
    near = CRASH.model_copy(update={"objectives": promise})
    for scenario, has_line in ((near, True), (CRASH, False)):
        page = shown(played(run(), run(Verdict.FAILED), scenario=scenario, rto=0.9))
        heights = [float(each) for each in re.findall(r'<ellipse [^>]*cy="([\d.]+)"', page)]
        assert len(heights) == 2
        assert all(0 < height < 52 for height in heights)
        assert ("<line " in page) is has_line


def test_one_test_is_no_trend() -> None:
    assert 'class="trend"' not in shown(played(run()))


def test_what_was_not_measured_has_no_trend() -> None:
    page = shown(played(run(Verdict.INCONCLUSIVE), rto=None, rows=None))
    assert "Without service" not in page
    assert "Writes lost" not in page
    assert 'class="trend"' not in page


def test_a_scenario_that_was_never_played_says_so() -> None:
    assert "Never played" in shown(played())
    assert "You may see no scenario" in shown()


def test_without_a_guard_or_with_the_lever_pulled_the_page_says_that_no_test_can_begin() -> None:
    assert "No guard is alive, so no test can begin" in shown(played(run()), guards=())
    assert "Nobody can tell whether a guard is alive: the store is down" in shown(
        played(run()), guards=(), trouble="the store is down"
    )
    pulled = Lever(pulled=True, who="ana", why="<release day>", at="2026-11-28T08:00:00Z")
    page = shown(played(run()), lever=pulled)
    assert "The lever is pulled: no failover test may begin." in page
    assert "by ana: &lt;release day&gt;" in page


def test_the_page_loads_nothing_from_elsewhere() -> None:
    assert "http" not in re.sub(r'http-equiv|"http://www\.w3\.org[^"]*"', "", shown(played(run())))


def test_before_the_first_test_the_headline_calls_none_of_them_red() -> None:
    assert "No disaster was rehearsed yet: 1 scenario never played." in shown(played())
    assert "2 of 2 scenarios need attention." in shown(played(), played(run(Verdict.FAILED)))
