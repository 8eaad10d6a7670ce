"""From the kind of a change to what sends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dataops.connections import Resolve
from dataops.kafka.applying import rights, topics
from dataops.kafka.applying.answer import Answer
from dataops.kafka.applying.moving import Move, reassign
from dataops.kafka.applying.present import Present
from dataops.kafka.changes import Change, DeleteTopic
from dataops.kafka.cluster.connecting import Session


@dataclass(frozen=True)
class Aids:
    """What some kinds need besides the cluster: how a move is watched, where passwords come from."""

    move: Move
    secrets: Resolve


def send(session: Session, changes: Sequence[Change], present: Present, aids: Aids) -> list[Answer]:
    """The answers to changes of one kind, sent together; configs set and unset are one kind."""
    return _SENDERS[changes[0].kind](session, [change.action for change in changes], present, aids)


def _delete(session: Session, actions: Sequence[DeleteTopic], present: Present, __: Aids) -> list[Answer]:
    """The topics first, then the bindings that had cut off their writers."""
    answers = topics.delete(session, actions, present)
    owed = [
        (index, acl)
        for index, (each, answer) in enumerate(zip(actions, answers, strict=True))
        if answer.taken
        for acl in each.acls
    ]
    removed = rights.remove_acls(session, [acl for _, acl in owed], present)
    for (index, _), answer in zip(owed, removed, strict=True):
        if not answer.taken:
            answers[index] = answer
    return answers


_SENDERS: dict[str, Callable[[Session, Any, Present, Aids], list[Answer]]] = {
    "create topic": lambda session, actions, present, _: topics.create(session, actions, present),
    "set config": lambda session, actions, present, _: topics.alter_configs(session, actions, present),
    "unset config": lambda session, actions, present, _: topics.alter_configs(session, actions, present),
    "add partitions": lambda session, actions, present, _: topics.add_partitions(session, actions, present),
    "reassign": lambda session, actions, present, aids: reassign(session, actions, present, aids.move),
    "quarantine topic": lambda session, actions, present, _: rights.add_acls(
        session, [each.acl for each in actions], present
    ),
    "delete topic": _delete,
    "add acl": lambda session, actions, present, _: rights.add_acls(
        session, [each.acl for each in actions], present
    ),
    "remove acl": lambda session, actions, present, _: rights.remove_acls(
        session, [each.acl for each in actions], present
    ),
    "set user": lambda session, actions, _, aids: rights.set_users(session, actions, aids.secrets),
    "remove user": lambda session, actions, *_: rights.remove_users(session, actions),
    "set quota": lambda session, actions, present, _: rights.set_quotas(session, actions, present),
}
