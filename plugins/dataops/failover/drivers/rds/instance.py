"""A DB instance as AWS describes it.

Source: Amazon RDS API Reference, DBInstance; User Guide, "Viewing DB instance status".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOWN = frozenset(("stopped", "failed", "deleting", "inaccessible-encryption-credentials"))
"""States in which AWS runs no server. All others that are not ``available`` may mean anything."""


@dataclass(frozen=True)
class Instance:
    """One instance. What AWS does not say is empty."""

    identifier: str
    arn: str
    status: str
    endpoint: str
    zone: str
    multi_az: bool
    source: str
    """The instance that it is a read replica of."""
    groups: Mapping[str, str]
    """Security groups with their state, which is ``active`` once they are in effect."""
    tags: Mapping[str, str]
    described: Mapping[str, Any]

    @property
    def available(self) -> bool:
        return self.status == "available"

    def shut_by(self, groups: frozenset[str]) -> bool:
        """Whether these security groups and no others are in effect."""
        return set(self.groups) == groups and set(self.groups.values()) == {"active"}


def instance_of(said: Mapping[str, Any]) -> Instance:
    """What ``describe_db_instances`` says of one."""
    return Instance(
        identifier=str(said["DBInstanceIdentifier"]),
        arn=str(said.get("DBInstanceArn", "")),
        status=str(said.get("DBInstanceStatus", "")),
        endpoint=str((said.get("Endpoint") or {}).get("Address", "")),
        zone=str(said.get("AvailabilityZone", "")),
        multi_az=bool(said.get("MultiAZ")),
        source=str(said.get("ReadReplicaSourceDBInstanceIdentifier") or "").rpartition(":")[2],
        groups={
            str(each["VpcSecurityGroupId"]): str(each.get("Status", ""))
            for each in said.get("VpcSecurityGroups", ())
        },
        tags={str(each["Key"]): str(each["Value"]) for each in said.get("TagList", ())},
        described=said,
    )
