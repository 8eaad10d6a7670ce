"""Whether the cluster would take a part of a plan: our rights, and its own check of what it can check.

Nothing is changed. A check that could not run is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dataops.connections import Resolve, from_environment
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.kafka.applying import rights, topics
from dataops.kafka.applying.answer import TAKEN, Answer
from dataops.kafka.applying.present import Present, read_present
from dataops.kafka.applying.standing import Stands, standing
from dataops.kafka.applying.weighing import batches
from dataops.kafka.changes import Change, Reassign, SetUser
from dataops.kafka.changes import Part as PlanPart
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.errors import NotAllowed, Unsupported
from dataops.kafka.cluster.metadata import read_metadata
from dataops.kafka.cluster.rights import OPERATIONS
from dataops.kafka.cluster.wire import check as raise_for

NOT_TOLD = frozenset({31})
"""What a broker answers that does not tell what a login may do: only the sign of a number of 32 bits."""

ON_TOPIC = {
    "set config": "ALTER_CONFIGS",
    "unset config": "ALTER_CONFIGS",
    "add partitions": "ALTER",
    "delete topic": "DELETE",
}
ON_CLUSTER = {
    "reassign": "ALTER",
    "quarantine topic": "ALTER",
    "add acl": "ALTER",
    "remove acl": "ALTER",
    "set user": "ALTER",
    "remove user": "ALTER",
    "set quota": "ALTER_CONFIGS",
}
"""The right that each kind needs (Kafka's documentation, 7.4 "Operations and Resources on Protocols")."""

DRY: dict[str, Callable[..., list[Answer]]] = {
    "create topic": topics.create,
    "set config": topics.alter_configs,
    "unset config": topics.alter_configs,
    "add partitions": topics.add_partitions,
    "set quota": rights.set_quotas,
}
"""Kinds that a broker checks without doing them."""


def preflight(session: Session, part: PlanPart, *, secrets: Resolve = from_environment) -> tuple[Check, ...]:
    """The checks ``rights``, ``broker's own check`` and ``secrets``; any red one means: do not apply."""
    changes = part.changes
    return (
        _checked("rights", "the login may do every change", lambda: _rights(session, changes)),
        _checked("broker's own check", "the broker would take every change", lambda: _dry(session, changes)),
        _checked("secrets", "every password can be read", lambda: _secrets(changes, secrets)),
    )


def _checked(name: str, expected: str, look: Callable[[], Iterator[Part]]) -> Check:
    try:
        parts = tuple(look())
    except (NotAllowed, Unsupported) as error:
        return Check(
            name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=f"could not run: {error}"
        )
    if not parts:
        return Check(
            name=name, verdict=Verdict.NOT_APPLICABLE, expected=expected, reason="nothing to look at"
        )
    red = [each for each in parts if each.verdict is not Verdict.PASSED]
    worst = next((each for each in red if each.verdict is Verdict.FAILED), red[0] if red else None)
    return Check(
        name=name,
        verdict=worst.verdict if worst else Verdict.PASSED,
        expected=expected,
        observed=f"{len(parts) - len(red)} of {len(parts)}",
        reason=f"{worst.name}: {worst.reason}" if worst else "",
        parts=tuple(red),
    )


def _rights(session: Session, changes: Sequence[Change]) -> Iterator[Part]:
    on_topic = [change for change in changes if change.kind in ON_TOPIC]
    if on_topic:
        names = list(dict.fromkeys(change.topic or "" for change in on_topic))
        found = read_metadata(session.wire, names, rights=True)
        for change in on_topic:
            bits = (
                NOT_TOLD if change.topic in found.hidden else found.rights.get(change.topic or "", NOT_TOLD)
            )
            yield _right(change, ON_TOPIC[change.kind], bits)
    on_cluster = [change for change in changes if change.kind in ON_CLUSTER]
    if on_cluster:
        allowed = _cluster_rights(session)
        for change in on_cluster:
            yield _right(change, ON_CLUSTER[change.kind], allowed, "on the cluster")
            if isinstance(change.action, Reassign) and change.action.throttle is not None:
                yield _right(change, "ALTER_CONFIGS", allowed, "on the cluster, for the throttle")


def _right(change: Change, operation: str, allowed: frozenset[int], where: str = "on it") -> Part:
    name = f"{change.resource}: {change.kind}"
    if allowed == NOT_TOLD:
        reason = "the cluster does not tell what this login may do, or hides the topic"
        return Part(name=name, verdict=Verdict.INCONCLUSIVE, reason=reason)
    code = next(code for code, word in OPERATIONS.items() if word == operation)
    if code in allowed:
        return Part(name=name, verdict=Verdict.PASSED)
    return Part(
        name=name, verdict=Verdict.FAILED, reason=f"the login lacks the right {operation} {where}: grant it"
    )


def _cluster_rights(session: Session) -> frozenset[int]:
    from kafka.protocol.admin import DescribeClusterRequest

    answer = session.wire.read(
        lambda: DescribeClusterRequest(include_cluster_authorized_operations=True, max_version=1)
    )
    raise_for(answer.error_code, "ask for our rights on the cluster", answer.error_message)
    return frozenset(answer.authorized_operations)


def _dry(session: Session, changes: Sequence[Change]) -> Iterator[Part]:
    present = Present(controller=read_metadata(session.wire, []).controller)
    for indexes in batches(changes):
        some = [changes[index] for index in indexes]
        dry = DRY.get(some[0].kind)
        if dry is None:
            continue
        actions: list[Any] = [change.action for change in some]
        answers = dry(session, actions, present, dry=True)
        conflicts = [change for change, answer in zip(some, answers, strict=True) if answer.is_conflict]
        now = read_present(session, [change.action for change in conflicts]) if conflicts else present
        for change, answer in zip(some, answers, strict=True):
            # what an earlier run of the same plan has done, a broker calls a conflict
            done = answer.is_conflict and standing(change, now).stands is Stands.DONE
            yield _said(change, TAKEN if done else answer)


def _said(change: Change, answer: Answer) -> Part:
    doubtful = answer.is_unknown or answer.is_worth_another_try or answer.code == "UNSUPPORTED_VERSION"
    verdict = Verdict.INCONCLUSIVE if doubtful else Verdict.FAILED
    return Part(
        name=f"{change.resource}: {change.kind}",
        verdict=Verdict.PASSED if answer.taken else verdict,
        reason=answer.reason,
    )


def _secrets(changes: Sequence[Change], secrets: Resolve) -> Iterator[Part]:
    for change in changes:
        if isinstance(change.action, SetUser):
            reason = ""
            try:
                if not secrets(change.action.secret).password:
                    reason = f"the connection {change.action.secret!r} has no password"
            except ConfigurationError as error:
                reason = str(error)
            yield Part(
                name=change.resource, verdict=Verdict.FAILED if reason else Verdict.PASSED, reason=reason
            )
