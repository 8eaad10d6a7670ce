"""What must be true while a fault is in effect that must not lead to a failover. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.topology import Topology

_SYNCHRONOUS = frozenset({"sync", "quorum"})


def refused(checks: Sequence[Check], candidate: str, seconds: float) -> Check:
    """A failover onto the candidate is refused now, by name. That it is not would be what the test is for."""
    names = [each.name for each in checks]
    return Check(
        name="failover refused",
        verdict=Verdict.PASSED if names else Verdict.FAILED,
        expected=f"a failover to {candidate} is refused in this state",
        observed=", ".join(names) or "nothing would have refused it",
        reason="; ".join(each.reason for each in checks if each.reason)
        if names
        else f"{candidate} would have been promoted as it is",
        seconds=round(seconds, 3),
    )


def served(seconds: float) -> Check:
    """Clients' writes went well while the fault was in effect; said only once they did."""
    return Check(
        name="clients served meanwhile",
        verdict=Verdict.PASSED,
        expected="writes go on",
        observed=f"every write was acknowledged for {duration(seconds)}",
    )


def outage(unavailable: float, takes_writes: bool) -> Check:
    """Clients have no service, and the database is well: that is downtime all the same."""
    return Check(
        name="counted as downtime",
        verdict=Verdict.PASSED if takes_writes else Verdict.FAILED,
        expected="clients count the time as lost, though the database takes writes",
        observed=f"no service for {duration(unavailable)}; the database "
        + ("takes writes" if takes_writes else "takes none"),
        reason="" if takes_writes else "the database itself was hit too, so that this was no cut of clients",
    )


def must_wait(before: Topology, after: Topology, lost: str) -> bool:
    """Whether writes must wait: the lost standby was a synchronous one and no other is now.

    A primary that names further standbys, or a quorum that the others fill, goes on without it.
    """
    was = before.node(lost).sync_state in _SYNCHRONOUS
    others = [
        each
        for each in after.standbys
        if each.name != lost and each.streaming and each.sync_state in _SYNCHRONOUS
    ]
    return was and not others


def declared(before: Topology, *, waits: bool, event: str, seconds: float) -> Check:
    """Writes did what the cluster's own settings declare for a lost standby."""
    primary = before.primaries[0] if before.primaries else None
    names = primary.settings.get("synchronous_standby_names", "") if primary else ""
    said = f"synchronous_standby_names = '{names}'"
    if waits:
        well = bool(event)
        observed = f"writes wait: {event}" if well else "no write waits for a standby"
    else:
        well, observed = True, f"writes went on for {duration(seconds)}"
    return Check(
        name="writes wait or go on as declared",
        verdict=Verdict.PASSED if well else Verdict.FAILED,
        expected=f"{'they wait' if waits else 'they go on'}: {said}",
        observed=observed,
        reason="" if well else "writes were acknowledged that no standby holds, or the wait is another one",
        seconds=round(seconds, 3),
    )
