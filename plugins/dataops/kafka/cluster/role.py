"""The rights that our login needs, no more: what a platform team grants before the first plan."""

from __future__ import annotations

from dataops.kafka.desired import Acl

_EVERYTHING = "*"
_CLUSTER = "kafka-cluster"

PLAN = (
    ("TOPIC", _EVERYTHING, ("DESCRIBE", "DESCRIBE_CONFIGS", "READ")),
    ("GROUP", _EVERYTHING, ("DESCRIBE",)),
    ("CLUSTER", _CLUSTER, ("DESCRIBE", "DESCRIBE_CONFIGS")),
)
"""READ is for samples of records where a change is dangerous: without it such a change needs more trust."""

APPLY = (
    *PLAN,
    ("TOPIC", _EVERYTHING, ("CREATE", "ALTER", "ALTER_CONFIGS", "DELETE")),
    ("CLUSTER", _CLUSTER, ("ALTER", "ALTER_CONFIGS")),
)
"""ALTER on the cluster is for ACLs, SCRAM users and reassignments, ALTER_CONFIGS for quotas and throttles."""


def bindings(principal: str, *, apply: bool) -> tuple[Acl, ...]:
    """The ACLs of a login that plans, or that also applies; ``principal`` is such as ``User:dataops``."""
    return tuple(
        Acl(resource, name, principal, operation)
        for resource, name, operations in (APPLY if apply else PLAN)
        for operation in operations
    )
