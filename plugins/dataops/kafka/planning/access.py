"""What must change at bindings, users and quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dataops.kafka.changes import (
    AddAcl,
    Change,
    Refusal,
    RemoveAcl,
    RemoveUser,
    Risk,
    SetQuota,
    SetUser,
)
from dataops.kafka.desired import Acl, DeclaredAcl, Desired, Quota, ScramUser, State, quarantine
from dataops.kafka.observed import Capability, ObservedCluster

Outcome = Change | Refusal


def acl_outcomes(desired: Desired, observed: ObservedCluster) -> Iterator[Outcome]:
    """What adds and removes bindings. Undeclared ones stay, unless the cluster's file says otherwise."""
    there = observed.acls
    if there is None:
        for declared in desired.acls[:1]:
            reason = observed.ability(Capability.ACLS).reason or "They could not be read."
            count = len(desired.acls)
            yield Refusal(
                "acls",
                "acls",
                f"{count} declared binding{'s' * (count > 1)} cannot be looked after: {reason}",
                "Take them out of the files, or give the cluster an authorizer and us the right to see it.",
                str(declared.source),
            )
        return
    governed = {acl.name for acl in there if acl.resource == "TOPIC" and acl.pattern == "LITERAL"}
    for declared in desired.acls:
        gone = declared.state is State.ABSENT
        if gone and declared.acl in there:
            yield _removed(declared.acl, "The file declares it absent.", str(declared.source))
        elif not gone and declared.acl not in there and not _of_absent_topic(declared.acl, desired):
            yield _added(declared, desired, observed, governed)
    yield from _lifted(desired, observed, there)
    if desired.cluster.authoritative_acls:
        yield from _undeclared(desired, there)


def user_outcomes(desired: Desired, observed: ObservedCluster) -> Iterator[Outcome]:
    """What sets and removes passwords, told by the number of iterations."""
    if observed.users is None:
        for user in desired.users[:1]:
            reason = observed.ability(Capability.SCRAM).reason or "They could not be read."
            yield Refusal(
                "users",
                "users",
                f"{len(desired.users)} declared SCRAM users cannot be looked after: {reason}",
                "Take them out of the files, or give us the right to describe them.",
                str(user.source),
            )
        return
    there = {(each.name, each.mechanism): each.iterations for each in observed.users}
    for user in desired.users:
        before = there.get((user.name, user.mechanism))
        if user.state is State.ABSENT and before is not None:
            reason = "The user cannot log in any more; connections that are open stay."
            action = RemoveUser(user.name, user.mechanism, before)
            undo = "Declare the user again, with its secret."
            yield Change(action, Risk.DISRUPTIVE, reason, undo, str(user.source))
        elif user.state is State.PRESENT and before != user.stored_iterations:
            yield _set_user(user, before)


def quota_outcomes(desired: Desired, observed: ObservedCluster) -> Iterator[Outcome]:
    """What sets and unsets the limits of the declared entities; those of others stay."""
    if observed.quotas is None:
        for quota in desired.quotas[:1]:
            reason = observed.ability(Capability.QUOTAS).reason or "They could not be read."
            yield Refusal(
                "quotas",
                "quotas",
                f"{len(desired.quotas)} declared quotas cannot be looked after: {reason}",
                "Take them out of the files, or give us the right to describe them.",
                str(quota.source),
            )
        return
    for quota in desired.quotas:
        wanted = quota.limits if quota.state is State.PRESENT else {}
        yield from _limits(quota, wanted, observed.quotas.get(quota.entity, {}))


def _of_absent_topic(acl: Acl, desired: Desired) -> bool:
    topic = desired.topics.get(acl.name) if acl.resource == "TOPIC" and acl.pattern == "LITERAL" else None
    return topic is not None and topic.state is State.ABSENT


def _added(declared: DeclaredAcl, desired: Desired, observed: ObservedCluster, governed: set[str]) -> Change:
    acl, source = declared.acl, str(declared.source)
    undo = "Declare it `state: absent`."
    if acl.permission == "DENY":
        return Change(AddAcl(acl), Risk.DISRUPTIVE, "Who is denied can be using it now.", undo, source)
    if acl.resource == "TOPIC" and acl.name in observed.topics and acl.name not in governed:
        reason = (
            "It is the topic's first binding: where the cluster lets everybody use what has none, all others "
            "lose their access."
        )
        return Change(AddAcl(acl), Risk.DISRUPTIVE, reason, undo, source)
    return Change(AddAcl(acl), Risk.SAFE, "It is declared, and is not there.", undo, source)


def _removed(acl: Acl, reason: str, source: str) -> Change:
    effect = (
        "Who is allowed by it may be using it now." if acl.permission == "ALLOW" else "It no longer denies."
    )
    return Change(RemoveAcl(acl), Risk.DISRUPTIVE, f"{reason} {effect}", "Declare it again.", source)


def _lifted(desired: Desired, observed: ObservedCluster, there: frozenset[Acl]) -> Iterator[Change]:
    """A quarantine ends with its reason: the topic shall stay after all, or is gone already."""
    declared = {each.acl for each in desired.acls if each.state is State.PRESENT}
    for name, topic in desired.topics.items():
        acl = quarantine(name)
        if acl not in there or acl in declared:
            continue
        if topic.state is State.PRESENT:
            reason = "The topic shall stay: its writers are let in again."
            yield Change(RemoveAcl(acl), Risk.SAFE, reason, "Declare it `state: absent`.", str(topic.source))
        elif name not in observed.topics and name not in observed.hidden:
            reason = "The topic is deleted: what cut its writers off is of no more use."
            yield Change(RemoveAcl(acl), Risk.SAFE, reason, "Declare the binding.", str(topic.source))


def _undeclared(desired: Desired, there: frozenset[Acl]) -> Iterator[Change]:
    declared = {each.acl for each in desired.acls}
    for acl in sorted(there - declared):
        topic = desired.topics.get(acl.name)
        ours = acl.resource == "TOPIC" and acl.pattern == "LITERAL" and acl != quarantine(acl.name)
        if ours and topic is not None and topic.state is State.PRESENT:
            yield _removed(acl, "No file declares it.", str(topic.source))


def _set_user(user: ScramUser, before: int | None) -> Change:
    action = SetUser(user.name, user.mechanism, user.secret, user.version, user.stored_iterations, before)
    if before is None:
        undo = "Declare the user `state: absent`."
        return Change(action, Risk.SAFE, "The user has no password of this kind.", undo, str(user.source))
    reason = "The password changes: whoever logs in with the old one fails."
    undo = "Put the former password into the secret and raise the version."
    return Change(action, Risk.DISRUPTIVE, reason, undo, str(user.source))


def _limits(quota: Quota, wanted: Mapping[str, float], there: Mapping[str, float]) -> Iterator[Change]:
    for key in sorted(wanted.keys() | there.keys()):
        before, after = there.get(key), wanted.get(key)
        if before == after:
            continue
        action = SetQuota(quota.entity, key, before, after)
        tighter = after is not None and (before is None or after < before)
        risk = Risk.DISRUPTIVE if tighter else Risk.SAFE
        reason = (
            "Clients above the new limit are slowed down." if tighter else "Clients may do more than before."
        )
        undo = "Take the limit out of the file." if before is None else f"Set it back to {before:g}."
        yield Change(action, risk, reason, undo, str(quota.source))
