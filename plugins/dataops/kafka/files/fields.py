"""The kinds of values that the files of a cluster may hold, each with the one form that it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from dataops.inventory.fields import text
from dataops.kafka.topic_configs import KNOWN, TopicConfig

LONGEST_NAME = 249
"""Characters of a topic's name, since a partition's folder adds its number (Topic.java)."""

Pattern = Annotated[
    str, text(r"^[A-Za-z0-9._*?\[\]!-]+$", 260, "a name in which * stands for anything, as in payments.*")
]
Team = Annotated[str, text(r"^[a-z0-9][a-z0-9_-]*$", 60, "lower-case letters, digits, - and _")]
ClusterId = Annotated[
    str, text(r"^[A-Za-z0-9_-]{1,64}$", 64, "the id that the cluster shows: `kafka-cluster.sh cluster-id`")
]
Principal = Annotated[
    str, text(r"^[A-Za-z]+:[^\x00-\x1f]+$", 300, "a type and a name, as in User:orders or User:CN=orders")
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=1000, strict=True)]
ResourceName = Annotated[str, text(r"^[^\x00-\x1f\x7f]+$", 300, "a name, up to 300 characters")]
AclHost = Annotated[str, text(r"^[^\x00-\x1f ]+$", 253, "an IP address, or * for any")]
Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Rate = Annotated[int, Field(strict=True, ge=1, le=2_147_483_647_000)]
"""A quota that Kafka keeps as a whole number (QuotaConfig.java); a connection's is an int there."""
Replicas = Annotated[int, Field(strict=True, ge=1, le=100)]
BrokerId = Annotated[int, Field(strict=True, ge=0, le=2_147_483_647)]
Presence = Literal["present", "absent"]
Permission = Literal["allow", "deny"]
Classification = Literal["public", "internal", "confidential", "restricted"]
TopicOperation = Literal[
    "all",
    "read",
    "write",
    "create",
    "delete",
    "alter",
    "describe",
    "describe_configs",
    "alter_configs",
]
Operation = Literal[
    "all",
    "read",
    "write",
    "create",
    "delete",
    "alter",
    "describe",
    "describe_configs",
    "alter_configs",
    "cluster_action",
    "idempotent_write",
]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _config_schema(config: TopicConfig) -> dict[str, Any]:
    described = {"description": f"Kafka's default: {config.default or 'nothing'}."}
    if config.kind == "boolean":
        return {"type": ["boolean", "null"], **described}
    if config.kind == "string":
        return {"enum": [*config.choices, None], **described}
    if config.kind == "list":
        one = {"enum": [*config.choices]} if config.choices else {"type": "string"}
        return {"anyOf": [{"type": "array", "items": one}, {"type": ["string", "null"]}], **described}
    bounds = {"minimum": config.least, "maximum": config.most} if config.also is None else {}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    kind = "number" if config.kind == "double" else "integer"
    return {"anyOf": [{"type": kind, **given}, {"type": ["string", "null"]}], **described}


def _one_or_more(operations: Any) -> WithJsonSchema:
    one = {"enum": [*get_args(operations)], "type": "string"}
    return WithJsonSchema({"anyOf": [one, {"items": one, "minItems": 1, "type": "array"}]})


TopicOperations = Annotated[
    list[TopicOperation], BeforeValidator(_as_list), Field(min_length=1), _one_or_more(TopicOperation)
]
Operations = Annotated[
    list[Operation], BeforeValidator(_as_list), Field(min_length=1), _one_or_more(Operation)
]
Configs = Annotated[
    dict[str, Any],
    WithJsonSchema({
        "type": "object",
        "properties": {key: _config_schema(config) for key, config in KNOWN.items()},
    }),
]
"""Checked key by key when the file is read: pydantic would tell less about a wrong value."""
