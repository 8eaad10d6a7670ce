"""A DB cluster as AWS describes it. Source: Amazon RDS API Reference, DBCluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DbCluster:
    """One cluster and its members."""

    identifier: str
    resource: str
    """Never used for another cluster again, unlike its name: what a list of targets should hold."""
    engine: str
    status: str
    writer: str
    members: tuple[str, ...]

    @property
    def is_aurora(self) -> bool:
        """Whether its members share one storage; else it is a Multi-AZ DB cluster, which replicates."""
        return self.engine.startswith("aurora")


def cluster_of(said: Mapping[str, Any]) -> DbCluster:
    """What ``describe_db_clusters`` says of one."""
    members = said.get("DBClusterMembers") or ()
    return DbCluster(
        identifier=str(said["DBClusterIdentifier"]),
        resource=str(said.get("DbClusterResourceId", "")),
        engine=str(said.get("Engine", "")),
        status=str(said.get("Status", "")),
        writer=next(
            (str(each["DBInstanceIdentifier"]) for each in members if each.get("IsClusterWriter")), ""
        ),
        members=tuple(str(each["DBInstanceIdentifier"]) for each in members),
    )
