"""A night's report by a real scheduler: sampled, judged, kept, and shown in the Airflow UI."""

from __future__ import annotations

import pytest

from sandbox.airflow_runs import Told
from tests.e2e.conftest import Sandbox
from tests.e2e.test_backup_dags import open_page

REPORT = "performance_report__flights"


@pytest.fixture(scope="module")
def reported(sandbox: Sandbox) -> Told:
    """The report of an hour, after a sample at its begin."""
    assert sandbox.dataops("report", "sample", "sandbox", "--whole").returncode == 0
    return sandbox.run(REPORT, {"hours": 1, "reason": "an end-to-end test"})


def test_the_run_says_what_its_evidence_says(sandbox: Sandbox, reported: Told) -> None:
    assert reported.tasks["report"] == "success", reported
    assert reported.tasks["data"] == "success", reported
    assert reported.tasks["prove"] == "skipped", reported
    assert (reported.verdict == "passed") == (reported.state == "success"), reported
    assert {"critical findings", "warning findings", "samples"} <= set(reported.figures)


def test_the_button_leads_to_the_report(sandbox: Sandbox, reported: Told) -> None:
    client = sandbox.airflow()
    links = client.get(f"{reported.run.path}/taskInstances/report/links")["extra_links"]
    assert links["Report"].endswith("index.html"), links
    status, page = open_page(sandbox, links["Report"], "viewer")
    assert status == 200
    assert open_page(sandbox, links["Report"], None)[0] == 401
    assert page.startswith("<!doctype html>")
    assert "flights" in page
    assert "What is well" in page


def test_the_page_performance_shows_the_last_night(sandbox: Sandbox, reported: Told) -> None:
    base = sandbox.environment["SANDBOX_AIRFLOW_URL"].rstrip("/")
    status, page = open_page(sandbox, f"{base}/dataops/reports/", "viewer")
    assert status == 200
    assert "flights" in page
    assert "/dataops/reports/flights/" in page
