"""The rds_snapshot method: a managed server's backup by AWS, copied to a second region and checked there.

Sources: Amazon RDS User Guide, "Creating a DB snapshot", "Copying a DB snapshot", "Encrypting Amazon RDS
resources". AWS gives no access to the server's files, so the manifest holds what AWS says of the snapshot,
marked as best known; what the rows hold is for a drill to prove.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.backup.draft import new_backup_id
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.manifest.header import Rds as SnapshotOf
from dataops.backup.publication import publish_header
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Figure
from dataops.inventory import Rds, Server

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient

POLL_SECONDS = 15.0
GIB = 2**30


class SnapshotFailed(DataOpsError):
    """AWS gave up on a snapshot or its copy."""


class RdsRefused(ConfigurationError):
    """AWS refused a call: wrong keys, rights, region or instance."""


@dataclass(frozen=True)
class RdsSnapshot:
    """The ``Method`` for managed servers, see ``dataops.backup.steps``. ``poll`` is in seconds."""

    poll: float = POLL_SECONDS
    name: str = "rds_snapshot"

    def preflight(self, job: Job) -> StepReport:
        """Whether the instance is there, can be snapshot now, and is encrypted as its YAML says."""
        started = datetime.now(UTC)
        rds = rds_of(job)
        instance = describe_instance(client(job, rds.region), rds.instance)
        status = str(instance["DBInstanceStatus"])
        return StepReport(
            step="preflight",
            started=started,
            finished=datetime.now(UTC),
            checks=(
                checked("instance is available", "available", lambda: Seen(status == "available", status)),
                encryption_check("instance is encrypted", job, instance.get("StorageEncrypted"), None, None),
            ),
            figures=(
                Figure(name="allocated storage", value=instance["AllocatedStorage"] * GIB, unit="bytes"),
            ),
            programs={"engine": f"{instance['Engine']} {instance['EngineVersion']}"},
        )

    def take(self, job: Job) -> StepReport:
        """Create the snapshot, wait, copy it to the second region, wait. What fails is deleted again."""
        started = datetime.now(UTC)
        rds, backup_id = rds_of(job), new_backup_id(started)
        made = self.create(job, backup_id)
        try:
            self.wait(job, rds.region, made)
            copy_arn = self.copy(job, backup_id) if rds.copy_region else ""
        except BaseException:
            delete_snapshot(
                job, SnapshotOf(snapshot=made, region=rds.region, copy_region=rds.copy_region or "")
            )
            raise
        return StepReport(
            step="take",
            started=started,
            finished=datetime.now(UTC),
            data={"backup_id": backup_id, "snapshot": made, "copy_arn": copy_arn},
        )

    def create(self, job: Job, backup_id: str) -> str:
        """Ask for the snapshot and return its identifier at once; ``state`` says how far it is."""
        rds, identifier = rds_of(job), snapshot_identifier(job, backup_id)
        with_errors(
            lambda: client(job, rds.region).create_db_snapshot(
                DBInstanceIdentifier=rds.instance, DBSnapshotIdentifier=identifier, Tags=tags(job, backup_id)
            )
        )
        job.say(f"Asked AWS for the snapshot {identifier} of {rds.instance} in {rds.region}.")
        return identifier

    def copy(self, job: Job, backup_id: str) -> str:
        """Copy the snapshot to the second region, wait for it, and return the copy's ARN."""
        rds, identifier = rds_of(job), snapshot_identifier(job, backup_id)
        assert rds.copy_region is not None
        source = describe_snapshot(client(job, rds.region), identifier)["DBSnapshotArn"]
        wanted: dict[str, Any] = {
            "SourceDBSnapshotIdentifier": source,
            "TargetDBSnapshotIdentifier": identifier,
            "SourceRegion": rds.region,
            "Tags": tags(job, backup_id),
        }
        if rds.copy_kms_key:
            wanted["KmsKeyId"] = rds.copy_kms_key
        there = client(job, rds.copy_region)
        with_errors(lambda: there.copy_db_snapshot(**wanted))
        job.say(f"Copying {identifier} to {rds.copy_region}.")
        self.wait(job, rds.copy_region, identifier)
        return str(describe_snapshot(there, identifier)["DBSnapshotArn"])

    def wait(self, job: Job, region: str, identifier: str) -> None:
        """Return when the snapshot is available; raise where it failed or ``max_duration`` is over."""
        deadline = time.monotonic() + rds_of(job).max_duration.total_seconds()
        told = -1
        while True:
            status, progress = state(client(job, region), identifier)
            if status == "available":
                return
            if status not in {"creating", "copying", "pending"}:
                raise SnapshotFailed(
                    f"The snapshot {identifier} in {region} is {status}: see the RDS console."
                )
            if time.monotonic() >= deadline:
                raise InconclusiveError(
                    f"The snapshot {identifier} in {region} is still {status} ({progress} %)."
                )
            if progress != told:
                job.say(f"{identifier} in {region}: {status}, {progress} %")
                told = progress
            time.sleep(self.poll)

    def verify(self, job: Job, taken: StepReport) -> StepReport:
        """Ask AWS again for both snapshots: available, encrypted, of the right instance, tagged as ours."""
        started = datetime.now(UTC)
        rds, identifier = rds_of(job), str(taken.data["snapshot"])
        regions = [region for region in (rds.region, rds.copy_region) if region]
        checks = [
            check
            for region in regions
            for check in self._verify_in(job, region, identifier, str(taken.data["backup_id"]))
        ]
        return StepReport(
            step="verify",
            started=started,
            finished=datetime.now(UTC),
            checks=tuple(checks),
            data={"backup_id": taken.data["backup_id"]},
        )

    def _verify_in(self, job: Job, region: str, identifier: str, backup_id: str) -> list[Check]:
        rds = rds_of(job)
        found = describe_snapshot(client(job, region), identifier)
        key = rds.kms_key if region == rds.region else rds.copy_kms_key
        status, instance = str(found["Status"]), str(found["DBInstanceIdentifier"])
        ours = {tag["Key"]: tag["Value"] for tag in found.get("TagList", [])}.get(
            "dataops:backup_id", "no tag"
        )
        return [
            checked(
                f"{region}: snapshot is available", "available", lambda: Seen(status == "available", status)
            ),
            checked(
                f"{region}: is of the instance",
                rds.instance,
                lambda: Seen(instance == rds.instance, instance),
            ),
            checked(f"{region}: is tagged as ours", backup_id, lambda: Seen(ours == backup_id, ours)),
            encryption_check(
                f"{region}: snapshot is encrypted", job, found.get("Encrypted"), key, found.get("KmsKeyId")
            ),
        ]

    def publish(self, job: Job, taken: StepReport, verified: StepReport) -> StepReport:
        """The manifest in both buckets: from here on the backup exists."""
        rds, server = rds_of(job), server_of(job)
        found = describe_snapshot(client(job, rds.region), str(taken.data["snapshot"]))
        finished = found.get("SnapshotCreateTime", taken.finished)
        header = Header(
            backup_id=str(taken.data["backup_id"]),
            subject=server.name,
            kind=server.kind,
            method=self.name,
            environment=server.environment,
            server=server.name,
            started=taken.started,
            finished=taken.finished,
            snapshot_at=min(finished, taken.finished),
            consistency=Consistency.BEST_KNOWN,
            server_version=str(found["EngineVersion"]),
            database_bytes=found["AllocatedStorage"] * GIB,
            stored_bytes=found["AllocatedStorage"] * GIB,
            encryption=Encryption(scheme="kms" if found.get("Encrypted") else "off"),
            rds=SnapshotOf(
                snapshot=str(taken.data["snapshot"]),
                arn=str(found["DBSnapshotArn"]),
                region=rds.region,
                copy_arn=str(taken.data["copy_arn"]),
                copy_region=rds.copy_region or "",
                kms_key=str(found.get("KmsKeyId", "")),
            ),
        )
        return publish_header(job, header, verified)


def rds_of(job: Job) -> Rds:
    """The ``rds:`` part of the server's YAML."""
    rds = server_of(job).rds
    if rds is None:
        raise ConfigurationError(f"{job.subject.name} is not managed by AWS: its file has no `rds:`.")
    return rds


def server_of(job: Job) -> Server:
    """The job's subject, which must be a server."""
    if not isinstance(job.subject, Server):
        raise ConfigurationError(f"{job.subject.name} is a database; RDS snapshots are of servers.")
    return job.subject


def snapshot_identifier(job: Job, backup_id: str) -> str:
    """A name that RDS accepts: letters, digits and single hyphens, starting with a letter."""
    name = f"dataops-{job.subject.name}-{backup_id}".lower().replace("_", "-")
    return "-".join(part for part in name.split("-") if part)


def tags(job: Job, backup_id: str) -> list[Any]:
    """What tells our snapshots from others."""
    wanted = {"dataops:subject": job.subject.name, "dataops:backup_id": backup_id, "owner": job.subject.owner}
    return [{"Key": key, "Value": value} for key, value in wanted.items()]


def client(job: Job, region: str) -> RDSClient:
    """boto3's client of a region, by the connection that the YAML names."""
    return client_of(job.platform.connection(rds_of(job).connection), region)


def client_of(connection: Connection, region: str) -> RDSClient:
    """boto3's client; without a login the worker's own role is used, as boto3 finds it."""
    import boto3

    return boto3.client(
        "rds",
        region_name=region,
        aws_access_key_id=connection.login or None,
        aws_secret_access_key=connection.password or None,
        aws_session_token=connection.extra.get("aws_session_token"),
        endpoint_url=connection.extra.get("endpoint_url"),
    )


def state(rds: RDSClient, identifier: str) -> tuple[str, int]:
    """The snapshot's status and progress in percent: what a trigger polls."""
    found = describe_snapshot(rds, identifier)
    return str(found["Status"]), int(found.get("PercentProgress", 0))


def describe_snapshot(rds: RDSClient, identifier: str) -> Mapping[str, Any]:
    """What AWS says of a snapshot; ``RdsRefused`` where there is none."""
    answer = with_errors(lambda: rds.describe_db_snapshots(DBSnapshotIdentifier=identifier))
    return dict(answer["DBSnapshots"][0])


def describe_instance(rds: RDSClient, identifier: str) -> Mapping[str, Any]:
    """What AWS says of an instance; ``RdsRefused`` where there is none."""
    answer = with_errors(lambda: rds.describe_db_instances(DBInstanceIdentifier=identifier))
    return dict(answer["DBInstances"][0])


def delete_snapshot(job: Job, snapshot: SnapshotOf) -> None:
    """Delete the snapshot and its copy; one that is gone already is no error."""
    for region in (snapshot.copy_region, snapshot.region):
        if not region:
            continue
        rds = client(job, region)
        try:
            rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot.snapshot)
        except rds.exceptions.DBSnapshotNotFoundFault:
            continue
        job.say(f"Deleted the snapshot {snapshot.snapshot} in {region}.")


def encryption_check(name: str, job: Job, encrypted: Any, wanted_key: str | None, key: Any) -> Check:
    """Red where data lies unencrypted, or under another key than the YAML's, unless that says ``off``."""
    if server_of(job).encryption == "off":
        return checked(name, "off", lambda: None)

    def look() -> Seen:
        if not encrypted:
            return Seen(
                False, "not encrypted", "encrypt the instance, or say `encryption: off` on the server"
            )
        right = wanted_key is None or str(key).endswith(wanted_key.rsplit("/", 1)[-1])
        return Seen(
            right, f"encrypted by {key or 'the account key'}", "" if right else f"the YAML wants {wanted_key}"
        )

    return checked(name, wanted_key or "encrypted", look)


def with_errors(call: Callable[[], Any]) -> Any:
    """What the call answers; AWS's refusals become one sentence, an unreachable AWS is inconclusive."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        raise RdsRefused(f"AWS refused: {told.get('Code')}: {told.get('Message')}") from None
    except BotoCoreError as error:
        raise InconclusiveError(f"AWS could not be asked: {type(error).__name__}.") from None
