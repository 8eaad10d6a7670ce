"""Drills by a real scheduler: a good backup is proven, a bad one is red for the right reason, in the grid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dataops.store import Keys

from sandbox.airflow_runs import Told
from sandbox.demo.broken_copy import broken_copy
from tests.e2e.conftest import Sandbox
from tests.e2e.enrolling import bucket

DAG = "restore_drill__flights"
SHOWN = {
    "row counts",
    "content hashes",
    "definitions",
    "logins",
    "teardown",
    "RTO within objective",
}


@pytest.fixture(scope="module")
def backup_id(sandbox: Sandbox) -> str:
    """The id of a backup of the flights that passed."""
    told = sandbox.run("backup__flights")
    assert told.verdict == "passed", told
    return str(listed(sandbox)[0]["backup_id"])


@pytest.fixture(scope="module")
def keys(sandbox: Sandbox) -> Keys:
    """The sandbox's own."""
    values = sandbox.environment
    public, private = (
        json.loads(values[f"AIRFLOW_CONN_DATAOPS_{name}"]) for name in ("ENCRYPTION", "DECRYPTION")
    )
    recipients = tuple(public["extra"]["recipients"])
    return Keys(recipients, (private["password"],), bytes.fromhex(public["password"]))


@pytest.fixture(scope="module")
def passed(sandbox: Sandbox, backup_id: str) -> Told:
    """A drill of that backup, which nothing disturbs."""
    return sandbox.run(DAG, {"point": backup_id, "reason": "an end-to-end test"}, seconds=480)


def listed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The flights' backups, the newest first."""
    answered = sandbox.dataops("backup", "list", "flights", "--json")
    return list(json.loads(answered.stdout)["backups"])


def checks(told: Told) -> dict[str, str]:
    """From the name of each check to the state of the task that shows it."""
    parts = {task: state for task, state in told.tasks.items() if task.startswith("check[")}
    return {task.removeprefix("check[").removesuffix("]"): state for task, state in parts.items()}


def test_a_drill_proves_its_backup_and_shows_every_check(
    sandbox: Sandbox, passed: Told, backup_id: str
) -> None:
    assert (passed.state, passed.verdict) == ("success", "passed"), passed
    record = json.loads(sandbox.dataops("evidence", "list", "flights", "--json").stdout)["records"]
    newest = next(each for each in record if each["capability"] == "restore_drill")
    shown = json.loads(sandbox.dataops("evidence", "show", newest["key"], "--json").stdout)["record"]
    lines = checks(passed)
    assert set(lines.values()) == {"success", "skipped"}
    assert all({each["name"], *each["name"].split(": ")} & lines.keys() for each in shown["checks"])
    assert lines.keys() >= SHOWN
    assert shown["lineage"]["run_id"] == passed.run.run_id
    (proven,) = [each for each in listed(sandbox) if each["backup_id"] == backup_id]
    assert proven["proven"]
    assert proven["proofs"][-1]["coverage"]["share"] == pytest.approx(1)


def test_each_check_leads_to_its_evidence(sandbox: Sandbox, passed: Told) -> None:
    client = sandbox.airflow("viewer")
    links = client.get(f"{passed.run.path}/taskInstances/check/links?map_index=0")["extra_links"]
    assert links == {"Evidence": passed.page}


def test_what_airflow_keeps_of_a_drill_is_small(sandbox: Sandbox, passed: Told) -> None:
    client = sandbox.airflow()
    for task in ("prepare", "drill", "evidence"):
        path = f"{passed.run.path}/taskInstances/{task}/xcomEntries/return_value"
        assert len(json.dumps(client.get(path)["value"])) < 64 * 1024


def test_a_copy_in_which_one_number_is_another_is_red_where_it_is_and_nowhere_else(
    sandbox: Sandbox, passed: Told, keys: Keys
) -> None:
    with broken_copy(bucket(sandbox), keys) as copy:
        told = sandbox.run(DAG, {"point": copy}, seconds=480)
    assert (told.state, told.verdict) == ("failed", "failed"), told
    assert [name for name, state in checks(told).items() if state == "failed"] == ["content hashes"]
    assert "public.flights" in told.reason
    assert told.tasks["drill"] == told.tasks["evidence"] == "success"
    assert copy not in json.dumps(listed(sandbox))
    assert listed(sandbox)[0]["proven"]


def test_the_form_suggests_points_and_takes_any(sandbox: Sandbox) -> None:
    params = sandbox.airflow().get(f"/api/v2/dags/{DAG}/details")["params"]
    assert params["point"]["schema"]["examples"] == ["latest", "oldest", "random"]
    assert params["mode"]["value"] == "full"


def test_no_drill_of_a_tick_before_its_deployment_was_started(sandbox: Sandbox) -> None:
    runs = sandbox.airflow().get("/api/v2/dags/restore_drill__sandbox/dagRuns?run_type=scheduled")
    assert runs["dag_runs"] == []
