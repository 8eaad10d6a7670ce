"""Bindings, SCRAM users and quotas, changed one batch a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dataops.connections import Resolve
from dataops.errors import ConfigurationError
from dataops.kafka.applying.answer import LOST, TAKEN, Answer, answered, ask
from dataops.kafka.applying.present import Present
from dataops.kafka.changes import RemoveUser, SetQuota, SetUser
from dataops.kafka.cluster import rights as words
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.desired import Acl, Entity

T = Mapping[int, str]


def add_acls(session: Session, acls: Sequence[Acl], present: Present) -> list[Answer]:
    """The bindings, created; one that is there already is no error."""
    from kafka.protocol.admin import CreateAclsRequest

    if not acls:
        return []
    request = CreateAclsRequest(
        creations=[
            CreateAclsRequest.AclCreation(
                resource_type=_code(words.RESOURCES, acl.resource),
                resource_name=acl.name,
                resource_pattern_type=_code(words.PATTERNS, acl.pattern),
                principal=acl.principal,
                host=acl.host,
                operation=_code(words.OPERATIONS, acl.operation),
                permission_type=_code(words.PERMISSIONS, acl.permission),
            )
            for acl in acls
        ]
    )
    return _each(ask(session, request, present.controller), "results", len(acls))


def remove_acls(session: Session, acls: Sequence[Acl], present: Present) -> list[Answer]:
    """Exactly these bindings, removed: every field of the filter is given."""
    from kafka.protocol.admin import DeleteAclsRequest

    if not acls:
        return []
    request = DeleteAclsRequest(
        filters=[
            DeleteAclsRequest.DeleteAclsFilter(
                resource_type_filter=_code(words.RESOURCES, acl.resource),
                resource_name_filter=acl.name,
                pattern_type_filter=_code(words.PATTERNS, acl.pattern),
                principal_filter=acl.principal,
                host_filter=acl.host,
                operation=_code(words.OPERATIONS, acl.operation),
                permission_type=_code(words.PERMISSIONS, acl.permission),
            )
            for acl in acls
        ]
    )
    return _each(ask(session, request, present.controller), "filter_results", len(acls))


def set_users(session: Session, actions: Sequence[SetUser], secrets: Resolve) -> list[Answer]:
    """Each user's password becomes that of its connection; no password is logged or kept."""
    from confluent_kafka.admin import ScramCredentialInfo, UserScramCredentialUpsertion

    alterations: list[Any] = []
    answers: dict[int, Answer] = {}
    for index, each in enumerate(actions):
        try:
            password = secrets(each.secret).password
        except ConfigurationError as error:
            answers[index] = Answer("SECRET_MISSING", str(error))
            continue
        if not password:
            answers[index] = Answer("SECRET_MISSING", f"The connection {each.secret!r} has no password.")
            continue
        info = ScramCredentialInfo(_mechanism(each.mechanism), each.iterations)
        alterations.append(UserScramCredentialUpsertion(each.user, info, password.encode()))
    sent = _alter_users(session, alterations)
    return [answers.get(index) or sent.get(each.user, Answer(LOST)) for index, each in enumerate(actions)]


def remove_users(session: Session, actions: Sequence[RemoveUser]) -> list[Answer]:
    """The credentials of these mechanisms, removed."""
    from confluent_kafka.admin import UserScramCredentialDeletion

    alterations = [UserScramCredentialDeletion(each.user, _mechanism(each.mechanism)) for each in actions]
    sent = _alter_users(session, alterations)
    return [sent.get(each.user, Answer(LOST)) for each in actions]


def set_quotas(
    session: Session, actions: Sequence[SetQuota], present: Present, *, dry: bool = False
) -> list[Answer]:
    """Single limits set or removed; all of one entity are taken or refused together."""
    from kafka.protocol.admin import AlterClientQuotasRequest

    Entry = AlterClientQuotasRequest.EntryData
    by_entity: dict[Entity, list[SetQuota]] = {}
    for each in actions:
        by_entity.setdefault(each.entity, []).append(each)
    request = AlterClientQuotasRequest(
        entries=[
            Entry(
                entity=[
                    Entry.EntityData(entity_type=kind, entity_name=name or None)
                    for kind, name in _names(entity).items()
                ],
                ops=[
                    Entry.OpData(key=each.key, value=each.after or 0.0, remove=each.after is None)
                    for each in wanted
                ],
            )
            for entity, wanted in by_entity.items()
        ],
        validate_only=dry,
    )
    response = ask(session, request, present.controller)
    if isinstance(response, Answer):
        return [response] * len(actions)
    found = {
        frozenset((part.entity_type, part.entity_name or "") for part in entry.entity): answered(
            entry.error_code, entry.error_message
        )
        for entry in response.entries
    }
    return [found.get(frozenset(_names(each.entity).items()), Answer(LOST)) for each in actions]


def _names(entity: Entity) -> dict[str, str]:
    """Kafka's kinds of entity with their names, the empty one for the default."""
    return {
        kind: name
        for kind, attribute in words.ENTITIES.items()
        if (name := getattr(entity, attribute)) is not None
    }


def _each(response: Any, field: str, count: int) -> list[Answer]:
    if isinstance(response, Answer):
        return [response] * count
    return [answered(each.error_code, each.error_message) for each in getattr(response, field)]


def _alter_users(session: Session, alterations: list[Any]) -> dict[str, Answer]:
    from confluent_kafka import KafkaException

    found: dict[str, Answer] = {}
    if not alterations:
        return found
    for user, future in session.admin.alter_user_scram_credentials(alterations, request_timeout=20).items():
        try:
            future.result(25)
            found[user] = TAKEN
        except KafkaException as error:
            trouble = error.args[0]
            own = trouble.name().startswith("_")  # librdkafka's own words: nobody knows what the broker did
            found[user] = Answer(LOST if own else trouble.name(), trouble.str())
        except TimeoutError:
            found[user] = Answer(LOST)
    return found


def _mechanism(name: str) -> Any:
    from confluent_kafka.admin import ScramMechanism

    return ScramMechanism[name.replace("-", "_")]


def _code(table: T, word: str) -> int:
    return next(code for code, name in table.items() if name == word)
