"""Scratch servers at AWS: a DB instance restored from the snapshot of a drill, tagged with the drill's id.

What is enforced: the instance is not public; subscriptions stand still and libraries that start work of
their own are not loaded, by a parameter group of the drill's own, the source's with these two changes. What
it may reach on the network, its security groups say: those of the source, unless the AWS connection's extra
names others in ``scratch_security_groups`` (``scratch_subnet_group`` likewise). Choose ones without egress.

Sources: Amazon RDS User Guide, "Restoring to a DB instance", "Working with parameter groups".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dataops.backup.catalog import started_at
from dataops.backup.manifest.header import Header
from dataops.backup.rds_snapshot import (
    POLL_SECONDS,
    RdsRefused,
    client,
    describe_instance,
    rds_of,
    server_of,
    with_errors,
)
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.scratch.wanted import SCHEDULING
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.checking import Seen

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient

DRILL, SUBJECT = "dataops:drill_id", "dataops:subject"
_COMING = {"creating", "backing-up", "modifying", "rebooting", "configuring-enhanced-monitoring", "starting"}


class RestoreFailed(DataOpsError):
    """AWS gave up on restoring an instance."""


@dataclass(frozen=True)
class Instance:
    """A DB instance that a drill made."""

    identifier: str
    drill_id: str
    status: str


def name_of(drill_id: str) -> str:
    """The identifier of a drill's instance and parameter group: letters, digits and single hyphens."""
    return f"dataops-drill-{drill_id}".lower()


def setup(job: Job, header: Header, drill_id: str) -> str:
    """Ask AWS for the instance; its identifier at once, ``wait`` says when it can be used."""
    assert header.rds is not None
    rds, name = client(job, header.rds.region), name_of(drill_id)
    source = _source(job, rds)
    _make_parameters(job, rds, name, header, source, drill_id)
    wanted: dict[str, Any] = {
        "DBInstanceIdentifier": name,
        "DBSnapshotIdentifier": header.rds.snapshot,
        "PubliclyAccessible": False,
        "MultiAZ": False,
        "DeletionProtection": False,
        "AutoMinorVersionUpgrade": False,
        "DBParameterGroupName": name,
        "Tags": _tags(job, drill_id),
        **_network(job, source),
    }
    with_errors(lambda: rds.restore_db_instance_from_db_snapshot(**wanted))
    job.say(f"Asked AWS to restore {header.rds.snapshot} as {name}.")
    return name


def wait(job: Job, drill_id: str, *, poll: float = POLL_SECONDS) -> Connection:
    """The instance's connection, once it is available; the login is the source's, which it knows too."""
    rds, name = client(job, rds_of(job).region), name_of(drill_id)
    deadline = time.monotonic() + job.subject.drill.max_duration.total_seconds()
    while (status := str((found := describe_instance(rds, name))["DBInstanceStatus"])) != "available":
        if status not in _COMING:
            raise RestoreFailed(f"The instance {name} is {status}: see the RDS console.")
        if time.monotonic() >= deadline:
            raise InconclusiveError(f"The instance {name} is still {status} after max_duration.")
        time.sleep(poll)
    endpoint = found["Endpoint"]
    source = job.platform.connection(server_of(job).connection)
    return replace(source, id=name, host=str(endpoint["Address"]), port=int(endpoint["Port"]))


def teardown(job: Job, drill_id: str, *, poll: float = POLL_SECONDS) -> None:
    """The instance is deleted without a final snapshot, and gone, and so is its parameter group."""
    rds, name = client(job, rds_of(job).region), name_of(drill_id)
    deadline = time.monotonic() + job.subject.drill.max_duration.total_seconds()
    asked = False
    while instances_of(job, drill_id):
        if not asked:
            with suppress(RdsRefused):  # while it is still being made; asked again
                with_errors(
                    lambda: rds.delete_db_instance(
                        DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
                    )
                )
                asked = True
                job.say(f"Deleting the instance {name}.")
        if time.monotonic() >= deadline:
            raise InconclusiveError(f"The instance {name} is still there after max_duration.")
        time.sleep(poll)
    with suppress(RdsRefused):  # it may never have been made
        with_errors(lambda: rds.delete_db_parameter_group(DBParameterGroupName=name))


def instances_of(job: Job, drill_id: str | None = None) -> list[Instance]:
    """The instances that drills of the subject, or this one, have made and that still exist."""
    return [each for each in _instances(job) if drill_id in {None, each.drill_id}]


def remove_dead(job: Job, *, poll: float = POLL_SECONDS) -> Seen:
    """Instances of drills that must be dead, being older than ``max_duration``, are removed."""
    oldest = datetime.now(UTC) - job.subject.drill.max_duration - timedelta(hours=1)
    for each in instances_of(job):
        if started_at(each.drill_id) < oldest:
            teardown(job, each.drill_id, poll=poll)
            job.say(f"Removed the instance {each.identifier}: its drill died.")
    left = [each.identifier for each in instances_of(job) if started_at(each.drill_id) < oldest]
    return Seen(not left, left, "these could not be removed" if left else "")


def _instances(job: Job) -> Iterator[Instance]:
    rds = client(job, rds_of(job).region)
    pages = with_errors(lambda: list(rds.get_paginator("describe_db_instances").paginate()))
    for found in (each for page in pages for each in page["DBInstances"]):
        tags = {tag["Key"]: tag["Value"] for tag in found.get("TagList", [])}
        if tags.get(SUBJECT) == job.subject.name and DRILL in tags:
            yield Instance(found["DBInstanceIdentifier"], tags[DRILL], found["DBInstanceStatus"])


def _source(job: Job, rds: RDSClient) -> Mapping[str, Any]:
    """What AWS says of the instance that the snapshot is of; nothing where it is lost."""
    try:
        return describe_instance(rds, rds_of(job).instance)
    except RdsRefused:
        return {}


def _network(job: Job, source: Mapping[str, Any]) -> dict[str, Any]:
    extra = job.platform.connection(rds_of(job).connection).extra
    groups = extra.get("scratch_security_groups") or [
        each["VpcSecurityGroupId"] for each in source.get("VpcSecurityGroups", [])
    ]
    subnet = extra.get("scratch_subnet_group") or source.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
    return {
        **({"VpcSecurityGroupIds": list(groups)} if groups else {}),
        **({"DBSubnetGroupName": subnet} if subnet else {}),
    }


def _make_parameters(
    job: Job, rds: RDSClient, name: str, header: Header, source: Mapping[str, Any], drill_id: str
) -> None:
    """The source's parameters, under which nothing starts by itself."""
    groups = [each["DBParameterGroupName"] for each in source.get("DBParameterGroups", [])]
    parameters, told = {"max_logical_replication_workers": "0"}, f"Restore drill {drill_id}"
    made = {"Tags": _tags(job, drill_id)}
    if groups and not groups[0].startswith("default."):  # AWS copies no default group
        with_errors(
            lambda: rds.copy_db_parameter_group(
                SourceDBParameterGroupIdentifier=groups[0],
                TargetDBParameterGroupIdentifier=name,
                TargetDBParameterGroupDescription=told,
                **made,
            )
        )
        libraries = _libraries(rds, name)
        kept = [each for each in libraries if each not in SCHEDULING]
        parameters |= {"shared_preload_libraries": ",".join(kept)} if kept != libraries else {}
    else:
        family = f"postgres{header.server_version.split('.')[0]}"
        with_errors(
            lambda: rds.create_db_parameter_group(
                DBParameterGroupName=name, DBParameterGroupFamily=family, Description=told, **made
            )
        )
    changes = [
        {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for key, value in parameters.items()
    ]
    with_errors(
        lambda: rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=changes)  # type: ignore[arg-type]
    )


def _libraries(rds: RDSClient, group: str) -> list[str]:
    pages = with_errors(
        lambda: list(rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group))
    )
    found = (each for page in pages for each in page["Parameters"])
    values = {each["ParameterName"]: str(each.get("ParameterValue", "")) for each in found}
    value = values.get("shared_preload_libraries", "")
    return [name.strip() for name in value.split(",") if name.strip()]


def _tags(job: Job, drill_id: str) -> Any:
    wanted = {DRILL: drill_id, SUBJECT: job.subject.name, "owner": job.subject.owner}
    return [{"Key": key, "Value": value} for key, value in wanted.items()]
