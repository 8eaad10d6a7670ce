"""Differences at bindings, users and quotas, with their cause."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.kafka.changes import Cause, Finding
from dataops.kafka.desired import Desired, Source, State, quarantine
from dataops.kafka.memory import Memory
from dataops.kafka.observed import Capability, ObservedCluster


def access_findings(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    """What differs; what is declared and cannot be read is a finding too."""
    yield from _acls(desired, observed, memory)
    yield from _users(desired, observed)
    yield from _quotas(desired, observed)


def _acls(desired: Desired, observed: ObservedCluster, memory: Memory) -> Iterator[Finding]:
    there = observed.acls
    if there is None:
        yield from _unread("acls", Capability.ACLS, observed, [each.source for each in desired.acls])
        return
    for declared in desired.acls:
        acl, resource, source = declared.acl, f"acl {declared.acl}", str(declared.source)
        topic = desired.topics.get(acl.name) if acl.resource == "TOPIC" else None
        if declared.state is State.PRESENT and acl not in there:
            if topic is not None and topic.state is State.ABSENT:
                continue
            lost = acl in memory.acls
            cause = Cause.LOST_ACL if lost else Cause.NOT_APPLIED
            reason = "Somebody removed the binding." if lost else "The binding is not there yet."
            yield Finding(cause, resource, "state", reason, "Apply the files.", source=source)
        elif declared.state is State.ABSENT and acl in there:
            reason = "The binding is declared absent and is there."
            yield Finding(Cause.NOT_APPLIED, resource, "state", reason, "Apply the files.", source=source)
    known = {each.acl for each in desired.acls}
    for acl in sorted(there - known):
        ours = acl.resource == "TOPIC" and acl.pattern == "LITERAL" and acl.name in desired.topics
        if ours and acl != quarantine(acl.name):
            advice = "Declare it, or remove it."
            yield Finding(Cause.UNMANAGED_ACL, f"acl {acl}", "state", "No file declares the binding.", advice)


def _users(desired: Desired, observed: ObservedCluster) -> Iterator[Finding]:
    if observed.users is None:
        yield from _unread("users", Capability.SCRAM, observed, [each.source for each in desired.users])
        return
    there = {(each.name, each.mechanism): each.iterations for each in observed.users}
    for user in desired.users:
        now = there.get((user.name, user.mechanism))
        wanted = user.stored_iterations if user.state is State.PRESENT else None
        if now != wanted:
            yield Finding(
                Cause.USER_DIFFERS,
                f"user {user.name} ({user.mechanism})",
                "password",
                "The password is of another version than declared, or was set by somebody else.",
                "Apply the files.",
                _iterations(wanted),
                _iterations(now),
                str(user.source),
            )


def _quotas(desired: Desired, observed: ObservedCluster) -> Iterator[Finding]:
    if observed.quotas is None:
        yield from _unread("quotas", Capability.QUOTAS, observed, [each.source for each in desired.quotas])
        return
    for quota in desired.quotas:
        wanted = dict(quota.limits) if quota.state is State.PRESENT else {}
        now = dict(observed.quotas.get(quota.entity, {}))
        if now != wanted:
            yield Finding(
                Cause.QUOTA_DIFFERS,
                f"quota of {quota.entity}",
                "limits",
                "The limits are not those that are declared.",
                "Apply the files.",
                _limits(wanted),
                _limits(now),
                str(quota.source),
            )


def _unread(
    what: str, capability: Capability, observed: ObservedCluster, sources: list[Source]
) -> Iterator[Finding]:
    if sources:
        reason = observed.ability(capability).reason or "They could not be read."
        yield Finding(
            Cause.UNSUPPORTED,
            what,
            what,
            f"Whether what is declared is there, nobody can tell: {reason}",
            "Take them out of the files, or give us the right to see them.",
            source=str(sources[0]),
        )


def _iterations(count: int | None) -> str:
    return "none" if count is None else f"{count} iterations"


def _limits(limits: dict[str, float]) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in sorted(limits.items())) or "none"
