"""Snapshots of a managed server. The AWS API is moto's: nothing here can serve RDS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from dataops.backup import catalog
from dataops.backup.rds_snapshot import RdsRefused, RdsSnapshot, SnapshotFailed, client, delete_snapshot
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import InconclusiveError
from dataops.evidence.verdict import Verdict, overall
from moto.server import ThreadedMotoServer

from tests.integration.backup.published import platform, server

if TYPE_CHECKING:
    from tests.conftest import ObjectStoreServer

HERE, THERE = "eu-central-1", "eu-west-1"
RDS = {"instance": "shop", "region": HERE, "copy_region": THERE, "connection": "aws"}
METHOD = RdsSnapshot(poll=0.01)


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


@pytest.fixture
def rds(aws: Connection) -> Any:
    """boto3's own client, to arrange and to break things; every instance is gone afterwards."""
    made = boto3.client(
        "rds",
        region_name=HERE,
        endpoint_url=aws.extra["endpoint_url"],
        aws_access_key_id="AKIA",
        aws_secret_access_key="canary",
    )
    yield made
    for instance in made.describe_db_instances()["DBInstances"]:
        made.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"], SkipFinalSnapshot=True)


@pytest.fixture
def job(aws: Connection, object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", object_store_server.bucket())
    connections = {
        name: object_store_server.connection(name) for name in ("dataops_store", "dataops_replica")
    }
    subject = server("shop", rds=RDS)
    return Job(
        platform=platform({**connections, "aws": aws}, servers=(subject,)),
        subject=subject,
        say=lambda line: None,
    )


def instance(rds: Any, *, encrypted: bool = True, name: str = "shop") -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.small",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword="canary-password",
        AllocatedStorage=20,
        StorageEncrypted=encrypted,
    )


def test_a_snapshot_is_taken_copied_verified_and_published(rds: Any, job: Job):
    instance(rds)
    assert overall(METHOD.preflight(job).checks) is Verdict.PASSED
    taken = METHOD.take(job)
    verified = METHOD.verify(job, taken)
    assert overall(verified.checks) is Verdict.PASSED, verified.checks
    published = METHOD.publish(job, taken, verified)
    assert overall(published.checks) is Verdict.PASSED
    (backup,) = catalog.backups(job.platform.store, "shop")
    assert backup.header.rds is not None
    assert f":{THERE}:" in backup.header.rds.copy_arn
    assert job.platform.replica is not None
    assert catalog.backups(job.platform.replica, "shop") == (backup,)


def test_expiry_deletes_the_snapshot_and_its_copy_and_may_be_repeated(rds: Any, job: Job):
    instance(rds)
    taken = METHOD.take(job)
    METHOD.publish(job, taken, METHOD.verify(job, taken))
    (backup,) = catalog.backups(job.platform.store, "shop")
    assert backup.header.rds is not None
    for _ in range(2):
        delete_snapshot(job, backup.header.rds)
    identifiers = {
        each["DBSnapshotIdentifier"]
        for region in (HERE, THERE)
        for each in client(job, region).describe_db_snapshots()["DBSnapshots"]
    }
    assert taken.data["snapshot"] not in identifiers


def test_an_unencrypted_instance_is_red_unless_the_yaml_says_off(rds: Any, job: Job):
    instance(rds, encrypted=False)
    assert overall(METHOD.preflight(job).checks) is Verdict.FAILED
    unencrypted = replace(job, subject=server("shop", rds=RDS, encryption="off"))
    assert overall(METHOD.preflight(unencrypted).checks) is Verdict.PASSED


def test_a_snapshot_that_is_gone_or_not_ours_is_not_verified(rds: Any, job: Job):
    instance(rds)
    taken = METHOD.take(job)
    arn = rds.describe_db_snapshots(DBSnapshotIdentifier=taken.data["snapshot"])["DBSnapshots"][0][
        "DBSnapshotArn"
    ]
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["dataops:backup_id"])
    red = [check.name for check in METHOD.verify(job, taken).checks if check.verdict is Verdict.FAILED]
    assert red == [f"{HERE}: is tagged as ours"]
    rds.delete_db_snapshot(DBSnapshotIdentifier=taken.data["snapshot"])
    with pytest.raises(RdsRefused, match="NotFound"):
        METHOD.verify(job, taken)


def test_an_unknown_instance_is_named_without_any_secret(job: Job):
    with pytest.raises(RdsRefused, match="shop") as refused:
        METHOD.preflight(job)
    assert "canary" not in str(refused.value)


def test_a_snapshot_that_fails_or_never_ends_is_no_backup_and_is_deleted(
    rds: Any, job: Job, monkeypatch: pytest.MonkeyPatch
):
    instance(rds)
    before = snapshots(rds)
    for status, error in (("failed", SnapshotFailed), ("creating", InconclusiveError)):
        short = replace(job, subject=server("shop", rds=RDS | {"max_duration": timedelta(0)}))
        monkeypatch.setattr("dataops.backup.rds_snapshot.state", lambda *_, status=status: (status, 10))
        with pytest.raises(error, match=status):
            METHOD.take(short)
    assert snapshots(rds) == before


def snapshots(rds: Any) -> set[str]:
    return {each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]}
