"""What the YAML of a team's topics may say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from dataops.inventory.fields import ConnectionId, Owner, Part
from dataops.kafka.files.fields import (
    AclHost,
    BrokerId,
    Classification,
    Configs,
    Count,
    Operations,
    Permission,
    Presence,
    Principal,
    Rate,
    Replicas,
    ResourceName,
    Team,
    TopicOperations,
    Words,
)


class Grant(Part):
    """What a principal may do, or may not, with the topic above it."""

    principal: Principal = Field(description="Who, as in User:orders.")
    operations: TopicOperations = Field(description="What it may do; one, or a list.")
    permission: Permission = Field("allow", description="Whether it may or may not.")
    host: AclHost = Field("*", description="From which IP address; * for any.")
    state: Presence = Field("present", description="`absent` removes the binding.")


class Binding(Part):
    """What a principal may do, or may not, with groups, transactional ids, the cluster or many topics."""

    resource: Literal["topic", "group", "transactional_id", "cluster"] = Field(
        description="The kind of thing."
    )
    name: ResourceName = Field(
        description="Its name, or the beginning of it; `kafka-cluster` for the cluster."
    )
    pattern: Literal["literal", "prefixed"] = Field(
        "literal", description="Whether the name is the whole one, or the beginning of many."
    )
    principal: Principal = Field(description="Who, as in User:orders.")
    operations: Operations = Field(description="What it may do; one, or a list.")
    permission: Permission = Field("allow", description="Whether it may or may not.")
    host: AclHost = Field("*", description="From which IP address; * for any.")
    state: Presence = Field("present", description="`absent` removes the binding.")


class Shape(Part):
    """What topics have in common, by default or by a profile."""

    partitions: Count | None = Field(None, description="Number of partitions.")
    replication_factor: Replicas | None = Field(None, description="Number of copies of each partition.")
    configs: Configs = Field(
        {}, description="Topic configs. `null` takes out one that a default or profile has."
    )
    placement: Literal["any", "cross_rack"] | None = Field(
        None, description="`cross_rack`: each copy of a partition in a rack of its own; `any`: Kafka decides."
    )
    ignore_configs: list[str] | None = Field(
        None, description="Configs that the files do not govern; by default the throttles of a reassignment."
    )
    classification: Classification | None = Field(None, description="How confidential the data is.")


class TopicPart(Shape):
    """One topic, below its name."""

    description: Words | None = Field(None, description="What the topic carries.")
    owner: Owner | None = Field(None, description="Who is called about it; by default the file's owner.")
    profile: str | None = Field(
        None, description="One of the cluster's profiles, whose values it takes over."
    )
    protected: bool = Field(False, strict=True, description="Nothing destructive is ever done to it.")
    state: Presence = Field("present", description="`absent` deletes the topic, in two steps.")
    replicas: list[list[BrokerId]] | None = Field(
        None, description="Broker ids of each partition, in their order of preference."
    )
    acknowledge: Annotated[
        dict[str, Any],
        WithJsonSchema({
            "type": "object",
            "additionalProperties": {"type": ["string", "integer", "number", "boolean"]},
        }),
    ] = Field(
        {},
        description="A dangerous change that is agreed to: field and new value, as in `partitions: 12`.",
    )
    acls: list[Grant] = Field([], description="Who may do what with the topic.")


class UserPart(Part):
    """The password of one user, below its name."""

    secret: ConnectionId | None = Field(None, description="Id of the connection that holds the password.")
    version: int = Field(
        1, strict=True, ge=1, le=8191, description="Raised when the password changes: only then it is set."
    )
    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How it logs in."
    )
    iterations: int = Field(
        8192, strict=True, ge=4096, le=16383, description="Iterations of the hash, to which the version adds."
    )
    state: Presence = Field("present", description="`absent` removes the password.")


class QuotaPart(Part):
    """The limits of a user, a client or an address. A limit that is not written is removed."""

    user: ResourceName | Literal[""] | None = Field(None, description='Name of the user; "" for the default.')
    client_id: ResourceName | Literal[""] | None = Field(
        None, description='The client\'s id; "" for the default.'
    )
    ip: AclHost | Literal[""] | None = Field(None, description='IP address; "" for the default.')
    producer_byte_rate: Rate | None = Field(None, description="Bytes a second and broker, written.")
    consumer_byte_rate: Rate | None = Field(None, description="Bytes a second and broker, read.")
    request_percentage: float | None = Field(None, gt=0, description="Share of a broker's threads.")
    controller_mutation_rate: float | None = Field(None, gt=0, description="Partitions changed a second.")
    connection_creation_rate: Rate | None = Field(None, description="New connections a second, of an IP.")
    state: Presence = Field("present", description="`absent` removes all limits.")


class TopicsFile(Part):
    """What one team declares on a cluster."""

    team: Team = Field(description="Name of the team: that of the file.")
    owner: Owner | None = Field(
        None, description="Who is called about these topics; by default who the cluster's `owners` names."
    )
    topics: dict[str, TopicPart | None] = Field({}, description="Topics by their name.")
    acls: list[Binding] = Field([], description="Who may do what beyond a single topic.")
    users: dict[str, UserPart] = Field({}, description="SCRAM users by their name.")
    quotas: list[QuotaPart] = Field([], description="Limits of users, clients and addresses.")
