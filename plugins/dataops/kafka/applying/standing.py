"""How a change stands to what is there now: still to do, done, or overtaken. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dataops.kafka.applying.present import Present
from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    QuarantineTopic,
    Reassign,
    RemoveAcl,
    RemoveUser,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.observed import ObservedTopic


class Stands(StrEnum):
    """``OVERTAKEN``: the cluster is neither as the plan found it nor as the change wants it."""

    TO_DO = "to do"
    DONE = "done"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Standing:
    """``reason`` is for a person, where the change was overtaken."""

    stands: Stands
    reason: str = ""


TO_DO, DONE = Standing(Stands.TO_DO), Standing(Stands.DONE)

AGAIN = "make a new plan"


def standing(change: Change, present: Present) -> Standing:
    """How the change stands. A topic that was deleted and created again is another topic: overtaken."""
    topic = change.topic
    if topic is not None and topic in present.hidden:
        return _overtaken(f"{topic}: {present.hidden[topic]}")
    return _JUDGES[change.kind](change, present)


def _existing(
    judge: Callable[[Any, ObservedTopic, Present], Standing],
) -> Callable[[Change, Present], Standing]:
    """The judge of a change whose topic must still be the very one that the plan saw."""

    def judged(change: Change, present: Present) -> Standing:
        found = present.topics.get(change.topic or "")
        if found is None:
            return _overtaken(f"the topic {change.topic} is no longer there: {AGAIN}")
        if found.topic_id != change.topic_id:
            return _overtaken(
                f"the topic {change.topic} was deleted and created again since the plan: {AGAIN}"
            )
        return judge(change.action, found, present)

    return judged


def _config(action: SetConfig | UnsetConfig, found: ObservedTopic, _: Present) -> Standing:
    after = action.after if isinstance(action, SetConfig) else None
    return _between(action.key, found.configs.get(action.key), action.before, after)


def _partitions(action: AddPartitions, found: ObservedTopic, _: Present) -> Standing:
    return _between("partitions", len(found.partitions), action.before, action.after)


def _quarantine(action: QuarantineTopic, _: ObservedTopic, present: Present) -> Standing:
    if present.acls is None:
        return _overtaken(present.unread)
    return DONE if action.acl in present.acls else TO_DO


def _between(what: str, now: object, before: object, after: object) -> Standing:
    """Where a single value stands on its way."""
    if now == after:
        return DONE
    if now == before:
        return TO_DO
    return _overtaken(f"{what} is {_said(now)} now, but was {_said(before)} in the plan: {AGAIN}")


def _create(change: Change, present: Present) -> Standing:
    """A topic that is there already is only taken for ours where it is exactly what was to be created."""
    action = change.action
    assert isinstance(action, CreateTopic)
    found = present.topics.get(action.topic)
    if found is None:
        return TO_DO
    differs = [
        f"{what} {_said(now)} instead of {_said(wanted)}"
        for what, now, wanted in (
            ("partitions", len(found.partitions), action.partitions),
            ("replication factor", found.replication_factor, action.replication_factor),
            *(
                (key, found.configs.get(key), action.configs.get(key))
                for key in sorted({*found.configs, *action.configs})
            ),
        )
        if now != wanted
    ]
    if action.assignment and not differs:
        placed = tuple(each.replicas for each in found.partitions)
        if placed != action.assignment:
            differs = ["replicas on other brokers"]
    if not differs:
        return DONE
    return _overtaken(
        f"somebody else created the topic {action.topic} since the plan, with {', '.join(differs)}: {AGAIN}"
    )


def _reassign(action: Reassign, found: ObservedTopic, _: Present) -> Standing:
    by_index = {each.index: each for each in found.partitions}
    for index, after in action.after.items():
        each = by_index.get(index)
        if each is None:
            return _overtaken(f"partition {index} is not there: {AGAIN}")
        if each.adding or each.removing:
            staying = tuple(broker for broker in each.replicas if broker not in each.removing)
            if staying != after:
                return _overtaken(
                    f"another reassignment of partition {index} is in progress: wait for it, then {AGAIN}"
                )
        elif each.replicas not in {after, action.before.get(index)}:
            return _overtaken(f"partition {index} lies on other brokers than in the plan: {AGAIN}")
    settled = all(
        by_index[index].replicas == after and not by_index[index].adding and not by_index[index].removing
        for index, after in action.after.items()
    )
    return DONE if settled else TO_DO


def _delete(change: Change, present: Present) -> Standing:
    action = change.action
    assert isinstance(action, DeleteTopic)
    found = present.topics.get(action.topic)
    if found is None:
        left = present.acls is not None and any(acl in present.acls for acl in action.acls)
        return TO_DO if left else DONE
    if found.topic_id != action.topic_id:
        return _overtaken(
            f"the topic {action.topic} was deleted and created again since the plan: it is another topic now"
        )
    written = present.written.get(action.topic)
    if not isinstance(written, int):
        return _overtaken(
            f"whether {action.topic} was written to since the plan cannot be read ({written}): {AGAIN}"
        )
    planned = change.stake.written if change.stake else None
    if planned is not None and written > planned:
        return _overtaken(
            f"{written - planned} messages were written to {action.topic} since the plan: {AGAIN}"
        )
    return TO_DO


def _acl(change: Change, present: Present) -> Standing:
    action = change.action
    assert isinstance(action, AddAcl | RemoveAcl)
    if present.acls is None:
        return _overtaken(present.unread)
    there = action.acl in present.acls
    return DONE if there == isinstance(action, AddAcl) else TO_DO


def _user(change: Change, present: Present) -> Standing:
    action = change.action
    assert isinstance(action, SetUser | RemoveUser)
    if present.users is None:
        return _overtaken(present.unread)
    now = present.users.get((action.user, action.mechanism))
    after = action.iterations if isinstance(action, SetUser) else None
    return _between("the credential's iterations", now, action.before, after)


def _quota(change: Change, present: Present) -> Standing:
    action = change.action
    assert isinstance(action, SetQuota)
    if present.quotas is None:
        return _overtaken(present.unread)
    now = present.quotas.get(action.entity, {}).get(action.key)
    return _between(action.key, now, action.before, action.after)


def _overtaken(reason: str) -> Standing:
    return Standing(Stands.OVERTAKEN, reason)


def _said(value: object) -> str:
    return "not set" if value is None else str(value)


_JUDGES: dict[str, Callable[[Change, Present], Standing]] = {
    "create topic": _create,
    "set config": _existing(_config),
    "unset config": _existing(_config),
    "add partitions": _existing(_partitions),
    "reassign": _existing(_reassign),
    "quarantine topic": _existing(_quarantine),
    "delete topic": _delete,
    "add acl": _acl,
    "remove acl": _acl,
    "set user": _user,
    "remove user": _user,
    "set quota": _quota,
}
