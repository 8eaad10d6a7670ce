"""Backups by a real scheduler: green when all is well, red when not, told to people, shown in the UI."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import psutil
import psycopg2
import pytest
from playwright.sync_api import Page, sync_playwright

from sandbox import airflow_runs
from sandbox.airflow_runs import Told, quoted
from sandbox.deadline import wait_until
from tests.e2e.blocking import BACKING_UP, sessions, waiting_backup
from tests.e2e.conftest import Sandbox
from tests.integration.airflow.conftest import Webhook, serving

STEPS = ("preflight", "take", "verify", "publish", "expire", "evidence", "verdict")

# Airflow drops a callback's turn while it parses the same file: it comes with the file's next one, after
# ``min_file_process_interval``.
TOLD_WITHIN = 180


@pytest.fixture(scope="module")
def passed(sandbox: Sandbox) -> Told:
    """A run that nothing disturbs."""
    return sandbox.run("backup__flights", {"reason": "an end-to-end test"})


@pytest.fixture
def primary(sandbox: Sandbox) -> Iterator[Any]:
    """A session on the primary that is there before anything is broken."""
    with closing(psycopg2.connect(sandbox.environment["SANDBOX_PRIMARY_DSN"])) as session:
        session.autocommit = True
        yield session


@pytest.fixture
def webhook(sandbox: Sandbox) -> Iterator[Webhook]:
    """A webhook that Airflow knows as ``dataops_slack``, as an administrator would have made it."""
    client = sandbox.airflow()
    with serving(Webhook()) as server:
        connection = {
            "connection_id": "dataops_slack",
            "conn_type": "slackwebhook",
            "host": f"http://127.0.0.1:{server.server_port}/services",
            "password": "T000/B000/e2e",
        }
        client.call("POST", "/api/v2/connections", connection)
        yield server
        client.call("DELETE", "/api/v2/connections/dataops_slack")


def events(sandbox: Sandbox, told: Told) -> dict[str, dict[str, Any]]:
    """What the run's asset events carry, by the asset's address."""
    answer = sandbox.airflow().get(
        f"/api/v2/assets/events?source_dag_id={told.run.dag_id}&source_run_id={quoted(told.run.run_id)}"
    )
    return {event["uri"]: event["extra"] for event in answer["asset_events"]}


def open_page(sandbox: Sandbox, address: str, user: str | None) -> tuple[int, str]:
    """The status and the text of a page, with a user's token or with none."""
    request = urllib.request.Request(address)
    if user:
        client = sandbox.airflow(user)
        client.get("/api/v2/dags?limit=1")
        request.add_header("Authorization", f"Bearer {client._token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_backup_passes_and_leaves_its_evidence(sandbox: Sandbox, passed: Told) -> None:
    assert (passed.state, passed.verdict) == ("success", "passed"), passed
    assert passed.tasks == dict.fromkeys(STEPS, "success")
    listed = json.loads(sandbox.dataops("backup", "list", "flights", "--json").stdout)
    extra = events(sandbox, passed)["dataops://backup/flights"]
    assert extra["backup_id"] in json.dumps(listed)
    assert extra["figures"]["stored"]["value"] > 0


def test_the_evidence_names_the_run_and_why_it_ran(sandbox: Sandbox, passed: Told) -> None:
    status, text = open_page(sandbox, passed.page.replace("index.html", "evidence.json"), "viewer")
    record = json.loads(text)
    assert status == 200
    assert record["lineage"]["run_id"] == passed.run.run_id
    assert record["lineage"]["run_type"] == "manual"
    assert record["lineage"]["reason"] == "an end-to-end test"
    assert {step["name"] for step in record["steps"]} == set(STEPS[:5])


def test_a_wrong_password_makes_a_red_run_with_its_reason_and_somebody_is_told(
    sandbox: Sandbox, passed: Told, primary: Any, webhook: Webhook
) -> None:
    with primary.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = current_user")
        (before,) = cursor.fetchone()
        cursor.execute("ALTER ROLE CURRENT_USER PASSWORD 'another'")
        try:
            told = sandbox.run("backup__flights")
        finally:
            cursor.execute("ALTER ROLE CURRENT_USER PASSWORD %s", [before])
    assert (told.state, told.verdict) == ("failed", "failed"), told
    assert "password" in told.reason
    assert told.tasks["preflight"] == "failed"
    assert told.tasks["take"] == "upstream_failed"
    assert told.tasks["evidence"] == "success"
    assert set(events(sandbox, told)) == {"dataops://verdict/backup/flights"}
    assert open_page(sandbox, told.page, "viewer")[0] == 200
    assert wait_until(lambda: bool(heard(webhook)), seconds=TOLD_WITHIN, interval=0.5)
    assert "backup of flights (sandbox): failed" in heard(webhook)[0]
    assert told.page in heard(webhook)[0]

    recovered = sandbox.run("backup__flights")
    assert recovered.verdict == "passed"
    assert wait_until(lambda: len(heard(webhook)) > 1, seconds=TOLD_WITHIN, interval=0.5)
    assert "recovered" in heard(webhook)[1]


def heard(webhook: Webhook) -> list[str]:
    """What was told of flights; the watch and the others speak over the same channel."""
    return [text for text in webhook.texts if text.startswith("backup of flights ")]


def test_a_step_that_is_stopped_ends_its_programs_and_the_run_is_inconclusive(
    sandbox: Sandbox, passed: Told
) -> None:
    client = sandbox.airflow()
    with waiting_backup(sandbox) as run:
        client.call("PATCH", f"{run.path}/taskInstances/take", {"new_state": "failed"})
        assert wait_until(lambda: not sessions(sandbox, BACKING_UP), seconds=30, interval=0.2)
    (told,) = airflow_runs.await_all(client, [run], seconds=120, say=print)
    assert (told.state, told.verdict) == ("failed", "inconclusive"), told
    assert "take: did not finish" in told.reason
    assert "dataops://backup/flights" not in events(sandbox, told)


def test_a_worker_that_is_lost_is_noticed_and_leaves_no_session(sandbox: Sandbox, passed: Told) -> None:
    client = sandbox.airflow()
    with waiting_backup(sandbox) as run:
        take = f"{run.path}/taskInstances/take"
        for process in _workers_of(sandbox, client.get(take)["id"]):
            process.kill()
        assert wait_until(lambda: client.get(take)["state"] != "running", seconds=60, interval=1)
        assert wait_until(lambda: not sessions(sandbox, BACKING_UP), seconds=30, interval=0.2)
        client.call("PATCH", take, {"new_state": "failed"})  # its second try is not waited for
    (told,) = airflow_runs.await_all(client, [run], seconds=120, say=print)
    assert (told.state, told.verdict) == ("failed", "inconclusive"), told


def _workers_of(sandbox: Sandbox, task_instance: str) -> list[psutil.Process]:
    """The executor's worker that runs this task, and the task's own process."""
    scheduler = psutil.Process(sandbox.supervisor.state("scheduler").pid)
    found = []
    for process in scheduler.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # another task's, which ends meanwhile
            if task_instance in " ".join(process.cmdline()):
                found.append(process)
    assert found
    return found


def test_nobody_sees_the_console_without_logging_in(sandbox: Sandbox, passed: Told) -> None:
    base = sandbox.environment["SANDBOX_AIRFLOW_URL"]
    for address in (f"{base}/dataops/", passed.page, passed.page.replace("index.html", "evidence.json")):
        assert open_page(sandbox, address, None)[0] == 401
        assert open_page(sandbox, address, "viewer")[0] == 200


def test_the_console_serves_evidence_and_nothing_else(sandbox: Sandbox, passed: Told) -> None:
    base = sandbox.environment["SANDBOX_AIRFLOW_URL"] + "/dataops/evidence"
    backup_id = events(sandbox, passed)["dataops://backup/flights"]["backup_id"]
    for path in (
        f"../backups/flights/{backup_id}/manifest.json",
        f"%2e%2e/backups/flights/{backup_id}/manifest.json",
        "backup/flights/2026/01/01/nothing/index.html",
        "backup/flights/chain/00000001.json",
    ):
        assert open_page(sandbox, f"{base}/{path}", "admin")[0] == 404


def test_the_form_offers_what_the_inventory_says(sandbox: Sandbox) -> None:
    params = sandbox.airflow().get("/api/v2/dags/backup__sandbox/details")["params"]
    assert params["type"]["schema"]["enum"] == ["full", "diff", "incr"]
    assert params["type"]["value"] == "full"


@pytest.fixture
def page(sandbox: Sandbox) -> Iterator[Page]:
    """Debian's Chromium, logged in as the viewer who followed a link from a message."""
    values = sandbox.environment
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        opened.goto(f"{values['SANDBOX_AIRFLOW_URL']}/dataops/")
        opened.fill("input[name=username]", values["SANDBOX_VIEWER_USER"])
        opened.fill("input[name=password]", values["SANDBOX_VIEWER_PASSWORD"])
        opened.click("button[type=submit]")
        opened.wait_for_url("**/dataops/")
        yield opened
        browser.close()


def test_a_person_finds_the_backup_its_evidence_and_its_runbook(
    sandbox: Sandbox, passed: Told, page: Page
) -> None:
    base = sandbox.environment["SANDBOX_AIRFLOW_URL"]
    page.goto(f"{base}/")
    page.get_by_role("link", name="Backups").click()
    frame = page.frame_locator("iframe")
    card = frame.get_by_role("listitem").filter(has=frame.get_by_role("heading", name="flights"))
    card.get_by_role("link", name=re.compile(r"ago")).first.click()
    frame.get_by_role("heading", name="Backup of flights").wait_for()
    frame.get_by_text("Passed", exact=True).first.wait_for()

    page.goto(f"{base}/dags/backup__flights")
    for task in STEPS:
        page.get_by_text(task, exact=True).first.wait_for()
    page.get_by_role("button", name="Dag Docs").click()
    page.get_by_text("Data loss at most (RPO)").wait_for()
