"""What text and Markdown say alike: a change on one line, a plan in one sentence, changes by resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dataops.kafka.changes import (
    AddAcl,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    Plan,
    QuarantineTopic,
    Reassign,
    RemoveAcl,
    RemoveUser,
    Risk,
    SetConfig,
    SetQuota,
    SetUser,
    UnsetConfig,
)
from dataops.kafka.observed import Stake
from dataops.kafka.planning.words import at_stake, config_value

ADDED, CHANGED, REMOVED = "+", "~", "-"
_SIGNS = {
    CreateTopic: ADDED,
    AddAcl: ADDED,
    DeleteTopic: REMOVED,
    RemoveAcl: REMOVED,
    RemoveUser: REMOVED,
}
_PLAIN = {
    QuarantineTopic: "cut off every writer",
    DeleteTopic: "delete the topic",
    AddAcl: "create the binding",
    RemoveAcl: "remove the binding",
    RemoveUser: "remove the password",
}


def sign(change: Change) -> str:
    """``+`` for what is new, ``-`` for what goes, ``~`` for what changes."""
    new_user = isinstance(change.action, SetUser) and change.action.before is None
    return ADDED if new_user else _SIGNS.get(type(change.action), CHANGED)


def by_resource(changes: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """The changes by what they touch, in the order of their first one."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.resource, []).append(change)
    return list(groups.items())


def line(change: Change) -> str:
    """The change itself, before and after, on one line."""
    match change.action:
        case CreateTopic() as new:
            copies = _count(new.replication_factor, "copy", "copies")
            told = f"create with {_count(new.partitions, 'partition')}, {copies} each"
        case SetConfig() as config:
            before = "not set" if config.before is None else config_value(config.key, config.before)
            told = f"{config.key}: {before} → {config_value(config.key, config.after)}"
        case UnsetConfig() as config:
            after = config_value(config.key, config.after)
            told = f"{config.key}: {config_value(config.key, config.before)} → not set, so {after}"
        case AddPartitions() as more:
            told = f"partitions: {more.before} → {more.after}"
        case Reassign() as move:
            told = _moves(move)
        case SetUser() as user:
            told = f"password of version {user.version}, from the connection {user.secret}"
        case SetQuota() as quota:
            told = f"{quota.key}: {_limit(quota.before)} → {_limit(quota.after)}"
        case _ as action:
            told = _PLAIN[type(action)]
    return told


def configs(change: Change) -> Sequence[str]:
    """The configs that a topic is created with, one a line."""
    if not isinstance(change.action, CreateTopic):
        return ()
    return [f"{key}: {config_value(key, value)}" for key, value in sorted(change.action.configs.items())]


def stake_line(stake: Stake | None, now: datetime | None = None) -> str:
    """The numbers at stake; empty where there are none."""
    return at_stake(stake, now)


def summary(plan: Plan) -> str:
    """The plan in one sentence."""
    parts = [
        f"{_count(len(plan.safe.changes), 'change')} {_is(plan.safe.changes)} safe"
        if plan.safe.changes
        else "",
        _gated(plan) if plan.gated.changes else "",
        f"{len(plan.refusals)} refused" if plan.refusals else "",
    ]
    told = ", ".join(part for part in parts if part)
    topics = _count(plan.topics, "topic")
    return f"{topics} declared: {told}." if told else f"{topics} declared: nothing to change."


def origin(plan: Plan) -> str:
    """What the plan is of: cluster, environment, commit."""
    commit = f", commit {plan.git_commit[:12]}" if plan.git_commit else ""
    return f"{plan.cluster} ({plan.environment}), cluster id {plan.cluster_id}{commit}"


def gated_title(plan: Plan) -> str:
    """What becomes of the changes that are not safe."""
    return "To be approved by a person" if plan.guarded else "Not safe, but applied without approval here"


def _gated(plan: Plan) -> str:
    count = len(plan.gated.changes)
    worst = sum(1 for change in plan.gated.changes if change.risk is Risk.DESTRUCTIVE)
    told = f"{count:,} ({worst:,} destructive)" if worst else f"{count:,}"
    return f"{told} to be approved" if plan.guarded else f"{told} not safe"


def _moves(move: Reassign) -> str:
    first = min(move.after)
    before, after = (",".join(map(str, replicas[first])) for replicas in (move.before, move.after))
    more = f" and {len(move.after) - 1} more" if len(move.after) > 1 else ""
    return f"replicas of partition {first}{more}: {before} → {after}"


def _limit(value: float | None) -> str:
    return "no limit" if value is None else f"{value:,.10g}"


def _is(things: Sequence[object]) -> str:
    return "is" if len(things) == 1 else "are"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
