"""The page *Reports*: what it calls well, what it says first, and what is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.airflow.console.page import render_reports
from dataops.airflow.console.report_state import Night, ReportState
from dataops.evidence.chain import Link
from dataops.evidence.verdict import Verdict
from dataops.inventory import Database

from tests.unit.airflow.linked import linked

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
ORDERS = Database(name="orders", server="main", owner="data-team")
WEEKLY = Database(name="archive", server="main", owner="data-team", report={"schedule": "weekly"})


def run(verdict: Verdict = Verdict.PASSED, *, hours_ago: float = 3) -> Link:
    return linked("performance_report", "orders", NOW - timedelta(hours=hours_ago), verdict)


def shown(*nights: Night) -> str:
    return render_reports(ReportState("test", nights, NOW), "/dataops")


def test_only_a_passed_and_recent_night_is_well() -> None:
    assert Night(ORDERS, (run(),)).is_well(NOW)
    assert not Night(ORDERS, (run(Verdict.FAILED), run())).is_well(NOW)
    assert not Night(ORDERS, (run(Verdict.INCONCLUSIVE),)).is_well(NOW)
    assert not Night(ORDERS, (run(hours_ago=40),)).is_well(NOW)
    assert not Night(ORDERS).is_well(NOW)


def test_a_weekly_report_is_late_after_its_week() -> None:
    assert Night(WEEKLY, (run(hours_ago=150),)).is_well(NOW)
    assert Night(WEEKLY, (run(hours_ago=190),)).is_late(NOW)


def test_the_page_leads_to_the_report_and_to_its_evidence() -> None:
    page = shown(
        Night(
            ORDERS,
            (run(Verdict.FAILED),),
            sentence="orders is in danger: <ids> end in 4 days.",
            report="reports/orders/2026/11/28/k/index.html",
            figures=(("critical", 1), ("warning", 3)),
        )
    )
    assert "1 of 1 database needs attention." in page
    assert "&lt;ids&gt; end in 4 days." in page
    assert 'href="/dataops/reports/orders/2026/11/28/k/index.html"' in page
    assert 'href="/dataops/evidence/performance_report/orders/2026/11/28/k/index.html"' in page


def test_a_night_that_passed_with_warnings_is_not_shown_as_all_well() -> None:
    calm = Night(ORDERS, (run(),), figures=(("critical", 0), ("warning", 0), ("notice", 4)))
    warned = Night(ORDERS, (run(),), figures=(("critical", 0), ("warning", 2)))
    assert (calm.is_warned, warned.is_warned, warned.is_well(NOW)) == (False, True, True)
    assert "Somebody should look at 1 database." in shown(calm, warned)
    assert '<li class="unsure">' in shown(warned)
    assert "passed, with warnings" in shown(warned)
    assert '<li class="unsure">' not in shown(calm)
    assert "should look" not in shown(calm)


def test_before_the_first_night_the_page_says_so() -> None:
    page = shown(Night(ORDERS))
    assert "No report yet" in page
    assert "There is no report yet: the first ones come in the coming night." in page
    assert "There is no report yet" not in shown(Night(ORDERS), Night(WEEKLY, trouble="The store is down."))
    assert "You may see no database" in shown()
