"""A failover test in the real Airflow: one user asks, another approves, and a primary is really killed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from dataops.backup import catalog
from dataops.backup.manifest.header import Consistency, Encryption, Header

from sandbox import airflow_runs
from sandbox.airflow_runs import Told
from sandbox.demo import failover
from sandbox.platform import NAME, system_identifier
from tests.e2e.conftest import Sandbox
from tests.e2e.enrolling import bucket
from tests.e2e.test_backup_dags import open_page
from tests.integration.backup import published

PROVEN = {
    "fault took effect",
    "no acknowledged write lost",
    "one writable primary",
    "old primary rejoined",
    "steady state",
}


@pytest.fixture(scope="module")
def proof(sandbox: Sandbox) -> Iterator[None]:
    """What a backup of the server and its passed drill leave in the catalog: without it nothing is broken."""
    header = Header.model_validate({
        **published.header(NAME).model_dump(),
        **{"kind": "server", "method": "physical", "server": NAME},
        "consistency": Consistency.BEST_KNOWN,
        "encryption": Encryption(scheme="pgbackrest"),
        "system_identifier": system_identifier(sandbox.cluster("primary")),
    })
    store = bucket(sandbox)
    published.prove(store, NAME, published.publish(store, header))
    yield
    folders = (
        catalog.folder(NAME, header.backup_id),
        catalog.proofs_folder(NAME, header.backup_id),
    )
    store.delete([listed.key for folder in folders for listed in store.list(folder)])


@pytest.fixture(scope="module")
def crashed(sandbox: Sandbox, proof: None) -> Told:
    """The run that ``admin`` started, of the very plan that ``approver`` read and said yes to."""
    client, approver = sandbox.airflow(), sandbox.airflow("approver")
    airflow_runs.parsed(client, [failover.TEST])
    assert client.get(f"/api/v2/dags/{failover.TEST}")["is_paused"], "a person switches it on"
    run = airflow_runs.trigger(client, failover.TEST, {"author": failover.AUTHOR})
    assert airflow_runs.waits_for_a_person(client, run, "approve", log=sandbox.home.log("scheduler"))
    question = approver.get(f"{run.path}/taskInstances/approve/-1/hitlDetails")
    assert "**Worst case:**" in question["body"]
    assert "kill -KILL" in question["body"]
    airflow_runs.answer(approver, run, "approve", "Approve")
    return airflow_runs.await_all(client, [run], seconds=400, say=print)[0]


def test_the_crash_is_survived_and_proven(sandbox: Sandbox, crashed: Told) -> None:
    assert (crashed.state, crashed.verdict) == ("success", "passed"), crashed
    assert 0 < crashed.figures["rto"]["value"] < 10
    assert sandbox.make("status").returncode == 0, "the supervisor owns both servers again"
    _, text = open_page(sandbox, crashed.page.replace("index.html", "evidence.json"), "viewer")
    record = json.loads(text)
    assert {check["name"] for check in record["checks"]} >= PROVEN
    assert record["lineage"]["plan_hash"]


def test_its_pages_show_what_clients_saw(sandbox: Sandbox, crashed: Told) -> None:
    base = sandbox.environment["SANDBOX_AIRFLOW_URL"].rstrip("/")
    status, console = open_page(sandbox, f"{base}/dataops/failover/", "viewer")
    assert status == 200
    assert failover.SCENARIO in console
    assert "Guarded by " in console
    status, evidence = open_page(sandbox, crashed.page, "viewer")
    assert status == 200
    assert "<svg" in evidence
    assert open_page(sandbox, crashed.page, None)[0] == 401
