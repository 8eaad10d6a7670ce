"""From what a file says about access and limits to bindings, users and quotas."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.kafka.desired import Acl, DeclaredAcl, Entity, Quota, ScramUser, Source, State
from dataops.kafka.files.topics_file import Binding, Grant, QuotaPart, TopicsFile
from dataops.kafka.files.yaml_file import YamlFile

CLUSTER = "kafka-cluster"
"""The only name that the resource ``cluster`` has (Resource.java)."""

LIMITS = (
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    "connection_creation_rate",
)


def acls_of(file: YamlFile, declared: TopicsFile) -> Iterator[DeclaredAcl]:
    """Every binding that a file declares, topic by topic and then the others."""
    for name, part in declared.topics.items():
        for index, grant in enumerate(part.acls if part else ()):
            place = ("topics", name, "acls", index)
            for acl in _acls(grant, "TOPIC", name, "LITERAL"):
                yield DeclaredAcl(acl, _source(file, *place), declared.team, State(grant.state))
    for index, binding in enumerate(declared.acls):
        if binding.resource == "cluster" and binding.name != CLUSTER:
            file.complain(("acls", index, "name"), f"must be {CLUSTER} for the cluster", repr(binding.name))
        for acl in _acls(binding, binding.resource.upper(), binding.name, binding.pattern.upper()):
            yield DeclaredAcl(acl, _source(file, "acls", index), declared.team, State(binding.state))


def users_of(file: YamlFile, declared: TopicsFile) -> Iterator[ScramUser]:
    """Every user that a file declares."""
    for name, part in declared.users.items():
        if part.secret is None and part.state == "present":
            file.complain(
                ("users", name, "secret"), "is missing: id of the connection that holds the password"
            )
        stored = part.iterations + part.version
        if stored > 16384:
            file.complain(
                ("users", name, "iterations"),
                "and version together are above 16384, Kafka's most",
                str(stored),
            )
        yield ScramUser(
            name,
            part.secret or "",
            part.version,
            _source(file, "users", name),
            declared.team,
            part.mechanism,
            part.iterations,
            State(part.state),
        )


def quotas_of(file: YamlFile, declared: TopicsFile) -> Iterator[Quota]:
    """Every quota that a file declares."""
    for index, part in enumerate(declared.quotas):
        place = ("quotas", index)
        limits = {name: float(value) for name in LIMITS if (value := getattr(part, name)) is not None}
        _check_quota(file, place, part, limits)
        entity = Entity(part.user, part.client_id, part.ip)
        yield Quota(entity, limits, _source(file, *place), declared.team, State(part.state))


def _acls(grant: Grant | Binding, resource: str, name: str, pattern: str) -> Iterator[Acl]:
    for operation in dict.fromkeys(grant.operations):
        yield Acl(
            resource, name, grant.principal, operation.upper(), grant.permission.upper(), pattern, grant.host
        )


def _check_quota(file: YamlFile, place: tuple[str | int, ...], part: QuotaPart, limits: object) -> None:
    if part.user is None and part.client_id is None and part.ip is None:
        file.complain(place, "says for whom it holds by none of user, client_id and ip")
    if part.ip is not None and (part.user is not None or part.client_id is not None):
        file.complain((*place, "ip"), "cannot be combined with a user or a client_id")
    if bool(limits) == (part.state == "absent"):
        file.complain(
            place, "has limits and is absent" if limits else "has no limit: write one, or `state: absent`"
        )
    if part.ip is not None and isinstance(limits, dict) and set(limits) - {"connection_creation_rate"}:
        file.complain((*place, "ip"), "can have a connection_creation_rate only")
    if part.ip is None and part.connection_creation_rate is not None:
        file.complain((*place, "connection_creation_rate"), "holds for an ip only")


def _source(file: YamlFile, *place: str | int) -> Source:
    assert file.values is not None
    line = file.values.lines.get((str(place[0]), str(place[1])), 0)
    return Source(file.path.as_posix(), line or file.values.place(*place).line)
