"""The evidence of what the guard did. Always red: a test whose coordinator died has proven nothing."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dataops.evidence.record import Lineage, Record
from dataops.evidence.verdict import Check, Verdict, overall, reason
from dataops.failover.guard.course import Decision
from dataops.failover.journaling import Entry, key

if TYPE_CHECKING:
    from dataops.inventory import Server

CAPABILITY = "failover_guard"
RUNBOOK = "docs/failover-guard.md says what to do now, by what the guard did."


def died(entry: Entry, noticed: datetime) -> Check:
    """The check that makes it red: a round must be led to its end."""
    told = entry.round
    return Check(
        name="the coordinator lives",
        verdict=Verdict.FAILED,
        expected="the round is led to its end",
        observed=f"nobody holds its lease; it was {told.phase}",
        reason=f"{entry.leader} was silent for more than {entry.lease:g} s, or left the round open; "
        f"noticed at {noticed:%H:%M:%S} UTC.",
    )


def record_of(
    server: Server,
    environment: str,
    entry: Entry,
    decision: Decision,
    checks: Sequence[Check],
    started: datetime,
    finished: datetime,
) -> Record:
    """The record of what was done about one round. ``entry``: the journal before it was taken over."""
    told = entry.round
    return Record(
        capability=CAPABILITY,
        subject=server.name,
        environment=environment,
        owner=server.owner,
        verdict=overall(checks),
        reason=reason(checks),
        started=started,
        finished=finished,
        checks=tuple(checks),
        lineage=Lineage(plan_hash=told.plan or None, host=socket.gethostname(), reason=decision.because),
        details={
            "scenario": told.scenario,
            "run": told.run,
            "journal": key(server.name),
            "system identifier": told.system_identifier,
            "led by": entry.leader,
            "opened": entry.opened,
            "phase": str(told.phase),
            "course": str(decision.course),
            "because": decision.because,
            "primary before": told.primary,
            "candidate": told.candidate,
            "trail": [f"{each.at} {each.phase} by {each.holder}" for each in entry.trail],
        },
        runbook=RUNBOOK,
    )
