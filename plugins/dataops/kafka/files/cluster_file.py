"""What the YAML of a cluster may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from dataops.inventory.duration import Duration
from dataops.inventory.fields import ConnectionId, Name, Owner, Part
from dataops.kafka.files.fields import ClusterId, Pattern, Team
from dataops.kafka.files.topics_file import Shape
from dataops.kafka.policy import Policy


class TeamPart(Part):
    """A team that may declare topics."""

    contact: Owner = Field(description="Who is called about the team's topics.")
    topics: list[Pattern] = Field(["*"], description="Names that the team's topics may have.")


class DeletionPart(Part):
    """What must be so before a topic is deleted."""

    enabled: bool = Field(False, strict=True, description="Whether `state: absent` may delete topics at all.")
    quarantine: Duration = Field(
        timedelta(days=7), description="How long a topic has had no writer before it is deleted."
    )


class ReassignmentPart(Part):
    """How replicas move."""

    throttle: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        50_000_000, description="Bytes a second and broker while replicas move; `null` for no limit."
    )


class HealthPart(Part):
    """When the drift check speaks up."""

    idle_after: Duration = Field(timedelta(days=30), description="Without a write for so long is a finding.")
    most_lag: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        None, description="Messages that a consumer group may lag behind; `null` for any number."
    )


class ClusterFile(Part):
    """One cluster: where it is, what holds for all its topics."""

    cluster: Name = Field(description="Name of the cluster: that of the folder.")
    environment: Name = Field(description="Environment that the cluster belongs to.")
    connection: ConnectionId = Field(description="Connection to the cluster.")
    cluster_id: ClusterId = Field(description="Id that the cluster must show, or nothing is changed.")
    owner: Owner = Field(description="Team that is called when something is red.")
    guarded: bool = Field(
        True, strict=True, description="Whether a person must approve what is disruptive or destructive."
    )
    owners: dict[Team, TeamPart] = Field(
        {}, description="Teams that may declare topics; where it is empty, any team may, any topic."
    )
    protected: list[Pattern] = Field([], description="Topics that have nothing destructive done to them.")
    foreign: list[Pattern] = Field([], description="Topics of other programs: never touched.")
    other_configs: list[Pattern] = Field(
        [], description="Topic configs that this cluster knows besides Kafka's own, as in confluent.*."
    )
    acls: Literal["additive", "authoritative"] = Field(
        "additive",
        description="Whether bindings on declared topics that no file declares stay, or are removed.",
    )
    defaults: Shape = Field(Shape(), description="What every topic has unless it says otherwise.")
    profiles: dict[str, Shape] = Field({}, description="Sets of values that a topic takes over by name.")
    policy: Policy = Field(
        Policy(), description="What topics must keep to, besides their environment's policy."
    )
    deletion: DeletionPart = Field(DeletionPart(), description="Whether and how topics are deleted.")
    reassignment: ReassignmentPart = Field(ReassignmentPart(), description="How fast replicas move.")
    health: HealthPart = Field(HealthPart(), description="What the drift check speaks up about.")
