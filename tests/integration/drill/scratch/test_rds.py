"""Scratch instances at AWS, by moto: made from the snapshot, tagged, kept from reaching out, and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from dataops.backup import catalog
from dataops.backup.rds_snapshot import RdsSnapshot
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill import leftovers
from dataops.drill.point import Point
from dataops.drill.restoring import restored, torn_down
from dataops.drill.restoring import snapshot as of_snapshots
from dataops.drill.run import new_drill_id
from dataops.drill.scratch import rds as scratch
from dataops.errors import ConfigurationError, InconclusiveError
from dataops.evidence.verdict import Verdict
from moto.server import ThreadedMotoServer

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.backup.published import platform, server

HERE = "eu-central-1"
POLL = 0.01


@pytest.fixture(scope="module")
def aws() -> Iterator[Connection]:
    """moto as a server of its own, so that our S3 store stays real."""
    served = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    _, port = served.get_host_and_port()
    yield Connection(
        "aws", type="aws", login="AKIA", password="canary", extra={"endpoint_url": f"http://127.0.0.1:{port}"}
    )
    served.stop()


@pytest.fixture(scope="module")
def api(aws: Connection) -> Any:
    """boto3's own client, to arrange and to look."""
    login = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "canary"}
    made = boto3.client("rds", region_name=HERE, endpoint_url=aws.extra["endpoint_url"], **login)
    made.create_db_parameter_group(
        DBParameterGroupName="production", DBParameterGroupFamily="postgres15", Description="of the source"
    )
    made.modify_db_parameter_group(
        DBParameterGroupName="production",
        Parameters=[
            {
                "ParameterName": "shared_preload_libraries",
                "ParameterValue": "pg_stat_statements,pg_cron",
                "ApplyMethod": "pending-reboot",
            }
        ],
    )
    made.create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t3.small",
        Engine="postgres",
        EngineVersion="15.4",
        MasterUsername="root",
        MasterUserPassword="canary-password",
        AllocatedStorage=20,
        StorageEncrypted=True,
        DBParameterGroupName="production",
    )
    return made


@pytest.fixture
def job(
    aws: Connection,
    api: Any,
    primary: DatabaseServer,
    object_store_server: ObjectStoreServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Job:
    """The job of a drill of the instance ``shop``, of which there is one snapshot."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
    keys = Connection("dataops_encryption", password="00" * 32, extra={"recipients": [RECIPIENT]})
    subject = server(
        "shop",
        connection="shop_primary",
        rds={"instance": "shop", "region": HERE, "connection": "aws"},
        drill={"scratch": "rds", "max_duration": "1h"},
    )
    connections = {
        "dataops_store": object_store_server.connection(),
        "dataops_encryption": keys,
        "shop_primary": replace(primary.connection, id="shop_primary"),
        "aws": aws,
    }
    said: list[str] = []
    made = Job(platform(connections, servers=(subject,)), subject, said.append)
    method = RdsSnapshot(poll=POLL)
    taken = method.take(made)
    method.publish(made, taken, method.verify(made, taken))
    return made


RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def point(job: Job) -> Point:
    (backup,) = catalog.backups(job.platform.store, "shop")
    return Point("backup", backup.header, backup.header.snapshot_at, "the only one")


def parameters(api: Any, group: str) -> dict[str, str]:
    told = api.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    return {each["ParameterName"]: each.get("ParameterValue", "") for each in told}


def with_drill(job: Job, **changes: Any) -> Job:
    """The same job, its subject's ``drill:`` changed."""
    drill = job.subject.drill.model_copy(update=changes)
    return replace(job, subject=job.subject.model_copy(update={"drill": drill}))


def there(api: Any) -> set[str]:
    return {each["DBInstanceIdentifier"] for each in api.describe_db_instances()["DBInstances"]}


def test_an_instance_is_restored_looked_at_and_deleted(
    job: Job, api: Any, primary: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill_id = new_drill_id(datetime.now(UTC))
    name = scratch.name_of(drill_id)
    # moto's instances serve nothing: at the end of the address is a server of the tests
    there_instead = replace(primary.connection, id=name)
    waited = scratch.wait

    def wait(one: Job, drill: str, **options: Any) -> Connection:
        waited(one, drill, **options)
        return there_instead

    monkeypatch.setattr(scratch, "wait", wait)
    with of_snapshots.restored_snapshot(job, point(job), drill_id=drill_id, poll=POLL) as server:
        made = api.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        assert not made.get("PubliclyAccessible")
        assert {tag["Key"]: tag["Value"] for tag in made["TagList"]}["dataops:drill_id"] == drill_id
        assert parameters(api, name)["max_logical_replication_workers"] == "0"
        assert parameters(api, name)["shared_preload_libraries"] == "pg_stat_statements"
        assert "postgres" in server.dbnames
        assert "no access" in server.inexact
        assert torn_down(job, drill_id).verdict is Verdict.FAILED
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert there(api) == {"shop"}
    groups = api.describe_db_parameter_groups()["DBParameterGroups"]
    assert name not in {each["DBParameterGroupName"] for each in groups}


def test_what_a_dead_drill_left_is_found_by_its_tag(job: Job, api: Any) -> None:
    living = new_drill_id(datetime.now(UTC))
    dead = new_drill_id(datetime.now(UTC) - timedelta(hours=3))
    for drill_id in (living, dead):
        scratch.setup(job, point(job).header, drill_id)
    assert scratch.remove_dead(job, poll=POLL).well
    assert there(api) == {"shop", scratch.name_of(living)}
    checks = list(leftovers.removals(job.platform, job.say))
    assert [check.name for check in checks][-1] == "shop: no RDS instances of dead drills left"
    scratch.teardown(job, living, poll=POLL)


def test_an_instance_that_does_not_come_is_inconclusive(
    job: Job, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill_id = new_drill_id(datetime.now(UTC))
    scratch.setup(job, point(job).header, drill_id)
    late = with_drill(job, max_duration=timedelta(0))
    monkeypatch.setattr(scratch, "describe_instance", lambda *_: {"DBInstanceStatus": "creating"})
    with pytest.raises(InconclusiveError, match="still creating"):
        scratch.wait(late, drill_id, poll=POLL)
    monkeypatch.setattr(scratch, "describe_instance", lambda *_: {"DBInstanceStatus": "incompatible-restore"})
    with pytest.raises(scratch.RestoreFailed, match="incompatible-restore"):
        scratch.wait(job, drill_id, poll=POLL)
    scratch.teardown(job, drill_id, poll=POLL)


def test_a_snapshot_needs_the_rds_driver(job: Job) -> None:
    with (
        pytest.raises(ConfigurationError, match="scratch: rds"),
        restored(with_drill(job, scratch="local"), point(job), drill_id=new_drill_id(datetime.now(UTC))),
    ):
        pass
