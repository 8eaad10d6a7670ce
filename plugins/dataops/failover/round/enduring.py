"""What must not lead to a failover: broken, looked at for a while, healed; the primary stays primary."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.canary import nonce
from dataops.failover.hosts.host import Host
from dataops.failover.refusals.preflight import once_more
from dataops.failover.round import proving
from dataops.failover.round.breaking import break_it
from dataops.failover.round.clients import served_again, session
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.scenario import FaultName
from dataops.failover.undoing import undo_all
from dataops.failover.verifying import staying
from dataops.failover.verifying.listening import accepts_connections
from dataops.postgres import explained, sql

NOTICED_WITHIN = 30.0
"""Seconds in which what is wrong must be seen from outside."""


def endure(stage: Stage, leg: Leg) -> None:
    """The fault is in effect for a while, is noticed, and is healed; nobody is promoted meanwhile.

    How clients fare and what has to be noticed depends on the fault: see ``_LOOKS``.
    """
    findings, fault = stage.findings, stage.plan.fault
    stage.serving = stage.plan.primary
    with findings.part("break and hold"):
        break_it(stage, leg)
        _LOOKS[fault](stage, leg)
        if fault != "cut_clients":  # whoever asks from here is cut off, too
            name, seen = f"{proving.WRITABLE} (meanwhile)", stage.driver.observe()
            proving.writable(stage, name, expected=stage.plan.primary, seen=seen)
    with findings.part("heal"):
        findings.add(*undo_all(stage.driver, stage.journal.round.undo, findings.say))
        leg.marks.routed = time.monotonic()
        stage.journal.note(undo=())
        served_again(stage, leg, since=leg.marks.routed)


def _lag_is_seen(stage: Stage, leg: Leg) -> None:
    """A cut link: the primary serves on, and it is seen that its standby no longer follows."""
    first = stage.driver.observe()
    seen = [first]

    def behind() -> bool:
        seen.append(stage.driver.observe())
        return staying.falls_behind(first, seen[-1], stage.plan.candidate)

    begun = time.monotonic()
    try:
        stage.watch.until(behind, within=NOTICED_WITHIN, what="it is seen that the standby lags", every=0.2)
    finally:
        told = staying.lag(first, seen[-1], stage.plan.candidate, time.monotonic() - begun)
        stage.findings.add(told)
    _clients_are_served(stage, leg)


def _refused(stage: Stage, leg: Leg) -> None:
    """A failover onto the standby is refused by name while it is in this state; clients are served on."""
    refused: list[Check] = []
    lagging: list[str] = []

    def found() -> bool:
        seen = stage.driver.observe()
        checks = once_more(stage.job, stage.plan, seen)
        refused[:] = [each for each in checks if each.verdict is Verdict.FAILED]
        lagging[:] = [f"{stage.plan.candidate} is {seen.lag(stage.plan.candidate)} bytes behind"]
        return bool(refused)

    begun = time.monotonic()
    try:
        stage.watch.until(found, within=NOTICED_WITHIN, what="a failover is refused", every=0.2)
    finally:
        seconds = time.monotonic() - begun
        stage.findings.add(
            staying.refused(
                refused, stage.plan.candidate, seconds, limit=stage.job.settings.lag, seen=lagging
            )
        )
    _clients_are_served(stage, leg)


def _clients_are_served(stage: Stage, leg: Leg) -> None:
    assert leg.canary is not None
    steady = stage.scenario.load.steady.total_seconds()
    leg.canary.wait_until_steady(steady, within=NOTICED_WITHIN + steady, since=leg.marks.fault)
    stage.findings.add(staying.served(steady))


def _outage_is_counted(stage: Stage, leg: Leg) -> None:
    """Clients are cut off: the database takes a write all the same, and clients count the time as lost."""
    assert leg.canary is not None
    canary = leg.canary
    patience = stage.scenario.load.patience.total_seconds()
    stage.watch.until(
        lambda: canary.unavailable > 2 * patience, within=NOTICED_WITHIN, what="clients notice the cut"
    )
    stage.findings.add(staying.outage(canary.unavailable, _is_well(stage)))


def _is_well(stage: Stage) -> bool:
    """Whether the primary accepts connections on its own machine, or takes a write by another way."""
    primary = stage.plan.primary
    host: Callable[[str], Host] | None = getattr(stage.driver, "host", None)
    if host is not None and accepts_connections(host(primary)):
        return True
    (write,) = nonce.write_everywhere({primary: stage.driver.connection(primary)}, dbname=stage.dbname)
    return write.taken is nonce.Taken.ACKNOWLEDGED


def _as_declared(stage: Stage, leg: Leg) -> None:
    """A standby is gone: writes wait for it, or go on without it, as ``synchronous_standby_names`` says."""
    assert leg.canary is not None
    canary = leg.canary
    seen = stage.driver.observe()
    waits = staying.must_wait(leg.before, seen, stage.plan.broken)
    begun = time.monotonic()
    steady = stage.scenario.load.steady.total_seconds()
    if not waits:
        _clients_are_served(stage, leg)
        stage.findings.add(staying.declared(leg.before, waits=False, event="", seconds=steady))
        return
    event: list[str] = []

    def stalled() -> bool:
        event[:] = _waiting_for(stage)
        return bool(event) and canary.unavailable > stage.scenario.load.patience.total_seconds()

    try:
        stage.watch.until(stalled, within=NOTICED_WITHIN, what="writes wait for the standby", every=0.1)
    finally:
        stage.findings.add(
            staying.declared(
                leg.before, waits=True, event=event[0] if event else "", seconds=time.monotonic() - begun
            )
        )


def _waiting_for(stage: Stage) -> list[str]:
    """What the canary's sessions on the primary wait for, where it is a standby."""
    with (
        closing(session(stage, stage.plan.primary)) as conn,
        explained("looking what writes wait for"),
        conn.cursor() as cursor,
    ):
        cursor.execute(sql("dataops.failover.verifying", "waiting_for_standby"))
        return [str(row[0]) for row in cursor]


_LOOKS: dict[FaultName, Callable[[Stage, Leg], None]] = {
    "cut_replication": _lag_is_seen,
    "cut_clients": _outage_is_counted,
    "kill_standby": _as_declared,
    "lagging_standby": _refused,
    "standby_disk_full": _refused,
}
