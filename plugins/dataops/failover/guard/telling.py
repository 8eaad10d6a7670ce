"""What a person is told, in words that say what is so and what to do now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard.course import Course, Decision
from dataops.failover.guard.paging import Page
from dataops.failover.journaling import Entry, key

RUNBOOK = "docs/failover-guard.md"


@dataclass(frozen=True)
class Place:
    """Whom and what a page is about."""

    server: str
    environment: str
    owner: str


def acted(place: Place, entry: Entry, decision: Decision, checks: Sequence[Check]) -> Page:
    """What the guard did about a round that lost its coordinator, and what is left for a person."""
    red = [each for each in checks if each.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]
    told = entry.round
    if red:
        text = f"It is NOT in order: {red[0].name}: {red[0].reason or red[0].observed}. Act now."
    elif decision.course is Course.HEAL:
        text = f"All was taken back: {_observed(checks, 'the primary serves again')}. Nothing is left to do."
    elif decision.course is Course.FORWARD:
        fenced = any(each.name == "old primary fenced" for each in checks)
        serves = _observed(checks, "the new primary serves")
        rest = f" {told.primary} is fenced: let it rejoin as a standby." if fenced else ""
        text = f"Past the commit point nothing is reverted: {serves}.{rest}"
    else:
        text = "The route leads to the one primary. Nothing else was touched."
    return Page(
        key=_incident(entry),
        title=f"Failover test {told.scenario} on {place.server} ({place.environment}) lost its coordinator",
        text=text,
        severity="critical" if red or decision.course is not Course.HEAL else "error",
        details={
            **_facts(place, entry),
            "course": f"{decision.course}, because {decision.because}",
            **{f"red: {each.name}": each.reason or str(each.observed) for each in red[:5]},
            "evidence": f"dataops evidence list {place.server} --capability failover_guard",
        },
    )


def overdue(place: Place, entry: Entry) -> Page:
    """A round that somebody still leads, but that should have ended."""
    return Page(
        key=f"{_incident(entry)}-overdue",
        title=f"Failover test {entry.round.scenario} on {place.server} ({place.environment}) does not end",
        text=f"It should have ended within {entry.longest:g} s. Its coordinator holds the lease, so the "
        "guard does nothing: look what it waits for; once it is ended the guard takes over.",
        severity="error",
        details=_facts(place, entry),
    )


def blind(place: Place, entry: Entry, reason: str) -> Page:
    """The guard cannot see the store while a round is open, so nobody heals what that may have broken."""
    return Page(
        key=f"{_incident(entry)}-blind",
        title=f"The guard cannot reach the store during a failover test on {place.server}",
        text="Without the store nobody knows who leads the round or how far it got, so the guard does "
        "nothing: look at the cluster, and bring the store back.",
        severity="critical",
        details={**_facts(place, entry), "reason": reason},
    )


def stranger(environment: str, entry: Entry) -> Page:
    """A round stands open on a server that the guard does not watch."""
    place = Place(entry.round.server, environment, "")
    return Page(
        key=f"{_incident(entry)}-unwatched",
        title=f"Nobody watches the failover test {entry.round.scenario} on {place.server} ({environment})",
        text="The guard has no valid file of this server with `failover:`, so nothing is done if the test's "
        "coordinator dies: correct the file (`dataops inventory check`), then restart the guard.",
        severity="critical",
        details=_facts(place, entry),
    )


def trial(environment: str, who: str) -> Page:
    """A page of no consequence, to see that it arrives."""
    return Page(
        key=f"failover-{environment}-trial",
        title=f"A trial page of the guard ({environment})",
        text=f"Nothing is wrong. {who} wants to see that pages arrive.",
        severity="info",
        details={"environment": environment, "runbook": RUNBOOK},
    )


def unreadable(place: Place, reason: str) -> Page:
    """The journal of a server cannot be read."""
    return Page(
        key=f"failover-{place.server}-journal",
        title=f"The journal of failover tests on {place.server} ({place.environment}) cannot be read",
        text=reason,
        severity="critical",
        details=_whereabouts(place),
    )


def _observed(checks: Sequence[Check], name: str) -> str:
    return next((str(each.observed) for each in checks if each.name == name), "nobody looked")


def _incident(entry: Entry) -> str:
    return f"failover-{entry.round.server}-{entry.round.run}"


def _facts(place: Place, entry: Entry) -> Mapping[str, str]:
    told = entry.round
    return {
        **_whereabouts(place),
        "scenario": told.scenario,
        "run": told.run,
        "led by": entry.leader,
        "phase": str(told.phase),
        "primary before": told.primary,
        "candidate": told.candidate,
    }


def _whereabouts(place: Place) -> dict[str, str]:
    return {
        "server": place.server,
        "environment": place.environment,
        "owner": place.owner,
        "journal": key(place.server),
        "runbook": RUNBOOK,
    }
