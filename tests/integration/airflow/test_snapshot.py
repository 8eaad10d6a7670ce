"""A managed server's snapshot by the deferred task. The AWS API is moto's: nothing here can serve RDS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import TaskDeferred
from dataops.airflow import operators, subjects
from dataops.airflow.snapshot_trigger import SnapshotEnds
from dataops.backup.rds_snapshot import SnapshotFailed
from dataops.errors import InconclusiveError
from moto.server import ThreadedMotoServer

HERE, THERE = "eu-central-1", "eu-west-1"
SERVER = f"""server: shop
environment: test
connection: shop_primary
owner: shop-team
encryption: off
rds: {{instance: shop, region: {HERE}, copy_region: {THERE}, connection: aws_shop}}
"""


class Run:
    """A DAG run's context; what is pushed can be pulled."""

    def __init__(self) -> None:
        self.left: dict[str, Any] = {}

    def __call__(self) -> Any:
        run = SimpleNamespace(run_type="manual", logical_date=None)
        return {"ti": self, "dag_run": run, "params": {"reason": ""}}

    def xcom_push(self, key: str, value: Any) -> None:
        self.left[key] = value


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    served = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    yield f"http://127.0.0.1:{served.get_host_and_port()[1]}"
    served.stop()


@pytest.fixture
def rds(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """boto3's own clients of both regions, an instance, and the inventory that names it."""
    for kind in ("servers", "databases"):
        (tmp_path / kind).mkdir()
    (tmp_path / "servers" / "shop.yaml").write_text(SERVER)
    login = {"login": "AKIA", "password": "canary", "extra": {"endpoint_url": endpoint}}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_SHOP", json.dumps({"conn_type": "aws", **login}))
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    subjects._read_once.cache_clear()
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "canary", "endpoint_url": endpoint}
    clients = {region: boto3.client("rds", region_name=region, **keys) for region in (HERE, THERE)}
    clients[HERE].create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t3.small",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword="canary-password",
        AllocatedStorage=20,
    )
    yield clients
    clients[HERE].delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)


def snapshots(client: Any) -> list[str]:
    names = [each["DBSnapshotIdentifier"] for each in client.describe_db_snapshots()["DBSnapshots"]]
    return [name for name in names if name.startswith("dataops-")]


def fired(deferred: TaskDeferred) -> dict[str, str]:
    """What the trigger says, made anew from what Airflow stores of it."""

    async def first() -> Any:
        _, arguments = deferred.trigger.serialize()
        return await anext(aiter(SnapshotEnds(**json.loads(json.dumps(arguments))).run()))

    return dict(asyncio.run(first()).payload)


def test_the_task_waits_in_the_triggerer_for_the_snapshot_and_then_for_its_copy(rds: dict[str, Any]) -> None:
    run, task = Run(), operators.TakeSnapshot(subject="shop")
    with pytest.raises(TaskDeferred) as first:
        task.execute(run())
    with pytest.raises(TaskDeferred) as second:
        task.resume(run(), **(first.value.kwargs or {}), event=fired(first.value))
    assert run.left == {}
    report = task.resume(run(), **(second.value.kwargs or {}), event=fired(second.value))
    assert [report["data"]["snapshot"]] == snapshots(rds[HERE]) == snapshots(rds[THERE])
    assert report["data"]["copy_arn"].startswith(f"arn:aws:rds:{THERE}:")
    assert run.left["return_value"] == report


def test_a_snapshot_that_failed_is_deleted_and_red(rds: dict[str, Any]) -> None:
    run, task = Run(), operators.TakeSnapshot(subject="shop")
    with pytest.raises(TaskDeferred) as first:
        task.execute(run())
    before = snapshots(rds[HERE])
    with pytest.raises(SnapshotFailed, match="is failed"):
        task.resume(run(), **(first.value.kwargs or {}), event={"status": "failed", "reason": ""})
    assert len(snapshots(rds[HERE])) == len(before) - 1
    assert run.left["return_value"]["checks"][0]["verdict"] == "failed"


def test_what_the_trigger_cannot_find_out_is_inconclusive(rds: dict[str, Any]) -> None:
    run, task = Run(), operators.TakeSnapshot(subject="shop")
    with pytest.raises(TaskDeferred) as first:
        task.execute(run())
    kwargs = first.value.kwargs or {}
    rds[HERE].delete_db_snapshot(DBSnapshotIdentifier=kwargs["made"]["snapshot"])
    event = fired(first.value)
    assert event["status"] == "unknown"
    with pytest.raises(InconclusiveError, match="AWS refused"):
        task.resume(run(), **kwargs, event=event)
    assert run.left["return_value"]["checks"][0]["verdict"] == "inconclusive"


def test_patience_ends_at_the_deadline(rds: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS_SHOP",
        json.dumps({
            "conn_type": "aws",
            "login": "A",
            "password": "B",
            "extra": {"endpoint_url": "http://127.0.0.1:1"},
        }),
    )
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    trigger = SnapshotEnds(connection="aws_shop", region=HERE, snapshot="x", deadline=past)
    event = fired(TaskDeferred(trigger=trigger, method_name="resume"))
    assert event["status"] == "unknown"
    assert "AWS could not be asked" in event["reason"]
