"""Bindings, SCRAM users and quotas: one request each."""

from __future__ import annotations

from dataops.kafka.cluster.wire import Wire, check
from dataops.kafka.desired import Acl, Entity
from dataops.kafka.observed import ObservedUser

RESOURCES = {
    2: "TOPIC",
    3: "GROUP",
    4: "CLUSTER",
    5: "TRANSACTIONAL_ID",
    6: "DELEGATION_TOKEN",
    7: "USER",
}
PATTERNS = {3: "LITERAL", 4: "PREFIXED"}
OPERATIONS = {
    2: "ALL",
    3: "READ",
    4: "WRITE",
    5: "CREATE",
    6: "DELETE",
    7: "ALTER",
    8: "DESCRIBE",
    9: "CLUSTER_ACTION",
    10: "DESCRIBE_CONFIGS",
    11: "ALTER_CONFIGS",
    12: "IDEMPOTENT_WRITE",
    13: "CREATE_TOKENS",
    14: "DESCRIBE_TOKENS",
    15: "TWO_PHASE_COMMIT",
}
PERMISSIONS = {2: "DENY", 3: "ALLOW"}
ANY = 1
"""Any resource, pattern, operation or permission (ResourceType.java and its neighbours)."""

MECHANISMS = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}

ENTITIES = {"user": "user", "client-id": "client_id", "ip": "ip"}
"""Kafka's names of what a quota holds for, and ours."""


def read_acls(wire: Wire) -> frozenset[Acl]:
    """All bindings. Raises ``Unsupported`` where there is no authorizer, ``NotAllowed`` without the right."""
    from kafka.protocol.admin import DescribeAclsRequest

    answer = wire.read(
        lambda: DescribeAclsRequest(
            resource_type_filter=ANY,
            resource_name_filter=None,
            pattern_type_filter=ANY,
            principal_filter=None,
            host_filter=None,
            operation=ANY,
            permission_type=ANY,
        )
    )
    check(answer.error_code, "read the ACLs", answer.error_message)
    return frozenset(
        Acl(
            RESOURCES.get(found.resource_type, f"UNKNOWN({found.resource_type})"),
            found.resource_name,
            acl.principal,
            OPERATIONS.get(acl.operation, f"UNKNOWN({acl.operation})"),
            PERMISSIONS.get(acl.permission_type, f"UNKNOWN({acl.permission_type})"),
            PATTERNS.get(found.pattern_type, f"UNKNOWN({found.pattern_type})"),
            acl.host,
        )
        for found in answer.resources
        for acl in found.acls
    )


def read_users(wire: Wire) -> tuple[ObservedUser, ...]:
    """All SCRAM credentials, without their passwords, which Kafka does not tell."""
    from kafka.protocol.admin import DescribeUserScramCredentialsRequest

    answer = wire.read(lambda: DescribeUserScramCredentialsRequest(users=[]))
    check(answer.error_code, "read the SCRAM users", answer.error_message)
    return tuple(
        ObservedUser(found.user, MECHANISMS.get(each.mechanism, str(each.mechanism)), each.iterations)
        for found in sorted(answer.results, key=lambda result: result.user)
        for each in found.credential_infos
    )


def read_quotas(wire: Wire) -> dict[Entity, dict[str, float]]:
    """All client quotas by whom they hold for."""
    from kafka.protocol.admin import DescribeClientQuotasRequest

    answer = wire.read(lambda: DescribeClientQuotasRequest(components=[], strict=False))
    check(answer.error_code, "read the quotas", answer.error_message)
    found = {}
    for entry in answer.entries or ():
        names = {part.entity_type: part.entity_name or "" for part in entry.entity}
        if names.keys() <= ENTITIES.keys():  # else a kind of entity that no file can declare
            entity = Entity(**{ENTITIES[kind]: name for kind, name in names.items()})
            found[entity] = {each.key: each.value for each in entry.values}
    return found
