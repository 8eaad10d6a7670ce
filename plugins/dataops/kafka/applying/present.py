"""What is on the cluster right before a batch, read only for what the batch touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dataops.kafka.changes import (
    Action,
    AddAcl,
    DeleteTopic,
    QuarantineTopic,
    RemoveAcl,
    RemoveUser,
    SetQuota,
    SetUser,
)
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.errors import NotAllowed, Unsupported
from dataops.kafka.cluster.observing import observe_topics
from dataops.kafka.cluster.offsets import read_ends
from dataops.kafka.cluster.rights import read_acls, read_quotas, read_users
from dataops.kafka.desired import Acl, Entity
from dataops.kafka.observed import ObservedTopic


@dataclass(frozen=True, slots=True)
class Present:
    """A topic that is in neither ``topics`` nor ``hidden`` is not there. None: not read, see ``unread``.

    ``written``: the sum of end offsets of the topics that shall be deleted; a text says why it is unknown.
    """

    topics: Mapping[str, ObservedTopic] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    controller: int | None = None
    acls: frozenset[Acl] | None = None
    users: Mapping[tuple[str, str], int] | None = None
    quotas: Mapping[Entity, Mapping[str, float]] | None = None
    written: Mapping[str, int | str] = field(default_factory=dict)
    unread: str = ""


def read_present(session: Session, actions: Sequence[Action]) -> Present:
    """The present state of what the actions are about. Raises ``ClusterUnreachable``."""
    names = list(dict.fromkeys(name for each in actions if (name := getattr(each, "topic", None))))
    topics, found = observe_topics(session, names)
    acls = users = quotas = None
    unread = ""
    try:
        if any(isinstance(each, AddAcl | RemoveAcl | QuarantineTopic | DeleteTopic) for each in actions):
            acls = _acls(session, actions)
        if any(isinstance(each, SetUser | RemoveUser) for each in actions):
            users = {(each.name, each.mechanism): each.iterations for each in read_users(session.wire)}
        if any(isinstance(each, SetQuota) for each in actions):
            quotas = read_quotas(session.wire)
    except (NotAllowed, Unsupported) as error:
        unread = str(error)
    return Present(
        topics=topics,
        hidden=found.hidden,
        controller=found.controller,
        acls=acls,
        users=users,
        quotas=quotas,
        written=_written(session, actions, topics),
        unread=unread,
    )


def _acls(session: Session, actions: Sequence[Action]) -> frozenset[Acl] | None:
    """All bindings; none where only topics without any are deleted, which needs no authorizer."""
    if all(isinstance(each, DeleteTopic) and not each.acls for each in actions):
        return frozenset()
    return read_acls(session.wire)


def _written(
    session: Session, actions: Sequence[Action], topics: Mapping[str, ObservedTopic]
) -> dict[str, int | str]:
    deleted = [each.topic for each in actions if isinstance(each, DeleteTopic) and each.topic in topics]
    ends, unknown = read_ends(session.wire, [topics[name] for name in deleted])
    found: dict[str, int | str] = dict.fromkeys(deleted, 0)
    for (name, _), offset in ends.items():
        found[name] = int(found[name]) + offset
    for (name, index), reason in unknown.items():
        found[name] = f"partition {index}: {reason}"
    return found
