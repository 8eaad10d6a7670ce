"""What must be true while a fault is in effect that must not lead to a failover. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.topology import Topology
from dataops.failover.verifying.judged import judged

UNREFUSED = "nothing refuses just before the fault"
_RED = frozenset({Verdict.FAILED, Verdict.INCONCLUSIVE})
_SYNCHRONOUS = frozenset({"sync", "quorum"})


def nothing_refuses(checks: Sequence[Check]) -> Check:
    """Everything that refuses a round, asked once more just before the fault, as one check."""
    parts = [
        Part(
            name=each.name,
            verdict=each.verdict,
            expected=_words(each.expected),
            observed=_words(each.observed),
            reason=f"{each.name}: {each.reason or _words(each.observed)}" if each.verdict in _RED else "",
        )
        for each in checks
    ]
    asked = sum(each.verdict is not Verdict.NOT_APPLICABLE for each in checks)
    return judged(UNREFUSED, parts, expected="as in the preflight", observed=f"{asked} asked once more")


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def refused(
    checks: Sequence[Check], candidate: str, seconds: float, *, limit: str, seen: Sequence[str] = ()
) -> Check:
    """A failover onto the candidate is refused now, by name.

    That nothing refuses it leaves it open whether anything should have: ``limit`` may not be reached by what
    the canary writes in this time.
    """
    names = [each.name for each in checks]
    told = f"nothing refused it in {duration(seconds)}: {'; '.join(seen) or 'no lag was seen'}"
    why = f"the limit of {limit} was not reached: let the canary write more, or lower `failover.lag`"
    return Check(
        name="failover refused",
        verdict=Verdict.PASSED if names else Verdict.INCONCLUSIVE,
        expected=f"a failover to {candidate} is refused in this state",
        observed=", ".join(names) or told,
        reason="" if names else why,
        parts=tuple(
            Part(name=each.name, verdict=Verdict.PASSED, observed=f"refused: {each.reason}")
            for each in checks
        ),
        seconds=round(seconds, 3),
    )


def falls_behind(first: Topology, now: Topology, standby: str) -> bool:
    """Whether the primary wrote on since the first look while the standby received nothing more."""
    ahead = bool(first.primaries and now.primaries) and now.primaries[0].lsn > first.primaries[0].lsn
    behind = now.lag(standby)
    still = now.node(standby).received <= first.node(standby).received
    return ahead and still and bool(behind)


def lag(first: Topology, now: Topology, standby: str, seconds: float) -> Check:
    """That a standby no longer follows is seen from outside, in bytes, and nobody is promoted for it."""
    behind = now.lag(standby)
    seen = falls_behind(first, now, standby)
    unknown = behind is None or not first.primaries or not now.primaries
    return Check(
        name="lag noticed",
        verdict=Verdict.INCONCLUSIVE if unknown else Verdict.PASSED if seen else Verdict.FAILED,
        expected=f"{standby} is seen to fall behind",
        observed=f"{'an unknown number of' if behind is None else behind} bytes behind",
        reason="" if seen and not unknown else _progress(first, now, standby),
        seconds=round(seconds, 3),
    )


def _progress(first: Topology, now: Topology, standby: str) -> str:
    wrote = now.primaries[0].lsn - first.primaries[0].lsn if first.primaries and now.primaries else 0
    received = now.node(standby).received - first.node(standby).received
    return f"the primary wrote {wrote} bytes, and {standby} ({now.node(standby).role}) received {received}"


def served(seconds: float) -> Check:
    """Clients' writes went well while the fault was in effect; said only once they did."""
    return Check(
        name="clients served meanwhile",
        verdict=Verdict.PASSED,
        expected="writes go on",
        observed=f"every write was acknowledged for {duration(seconds)}",
    )


def outage(unavailable: float, well: bool) -> Check:
    """Clients have no service, and the database is well: that is downtime all the same."""
    return Check(
        name="counted as downtime",
        verdict=Verdict.PASSED if well else Verdict.INCONCLUSIVE,
        expected="clients count the time as lost, though the database is well",
        observed=f"no service for {duration(unavailable)}; the database "
        + ("accepts connections on its own machine" if well else "could not be asked"),
        reason="" if well else "nobody can tell whether the database itself was hit, too",
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
