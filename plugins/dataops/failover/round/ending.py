"""A round that cannot go on as planned: healed before its commit point, only forward after it.

The rules are the guard's own, so that it makes no difference to the cluster which of the two survives.
What cannot be brought to an end stays open in the journal: the guard goes on with it as soon as the lease
is free, and a person is called.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import first_red
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard.acting import Acting
from dataops.failover.guard.course import FENCED, Course, Decision, decide
from dataops.failover.guard.paging import Pager
from dataops.failover.guard.telling import Place, acted
from dataops.failover.journal import Phase
from dataops.failover.journaling import Journal, JournalTaken
from dataops.failover.round.clients import figures, settle
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.store import LeaseLost

log = logging.getLogger(__name__)

_SERVED_WITHIN = 15.0
"""Seconds in which clients may be served again after a round that ended early, to be measured."""
CARRIED = "round carried through"
NO_LONGER_OURS = (LeaseLost, JournalTaken)


def carried_through(error: BaseException | None) -> Check:
    """Whether the round came to its end as planned, and if not, why."""
    expected = "every step of the plan"
    if error is None:
        return Check(name=CARRIED, verdict=Verdict.PASSED, expected=expected, observed="every step")
    foreseen = isinstance(error, DataOpsError)
    unknown = isinstance(error, InconclusiveError) or not foreseen
    return Check(
        name=CARRIED,
        verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
        expected=expected,
        observed="ended early",
        reason=str(error) if foreseen else _unforeseen(error),
    )


def _unforeseen(error: BaseException) -> str:
    """The text of an error that nobody foresaw is withheld; what is no ``Exception`` is an interruption."""
    if isinstance(error, Exception):
        return f"{type(error).__name__}: see the log"
    return f"the process was told to end ({type(error).__name__})"


@contextmanager
def brought_to_an_end(stage: Stage, leg: Leg | None = None) -> Generator[None]:
    """Whatever ends the block early: the cluster is healed or brought forward at once, then it is raised.

    Inside of a leg that is while its clients still write: what it cost them is measured then, too, but not
    where an interruption leaves no time for it.
    """
    try:
        yield
    except BaseException as error:
        if stage.orderly is None:
            if isinstance(error, Exception) and not isinstance(error, DataOpsError):
                log.exception("The round %s broke", stage.run)
            stage.orderly = end_early(stage, error)
            if leg is not None and isinstance(error, Exception):
                _measure(stage, leg)
        raise


def _measure(stage: Stage, leg: Leg) -> None:
    """What the leg cost clients, as far as they are served again within reason."""
    if leg.marks.fault is None or leg.canary is None or not stage.serving:
        return
    steady = stage.scenario.load.steady.total_seconds()
    with stage.findings.part("measure what it cost"):
        try:
            leg.canary.wait_until_steady(steady, within=steady + _SERVED_WITHIN, since=time.monotonic())
        except InconclusiveError as error:
            stage.findings.say(f"Clients are not served again: {error}")
        try:
            settle(stage, leg, node=stage.serving)
            if leg.timing is not None:
                stage.findings.add(leg.timing.check(stage.scenario.objectives))
            figures(stage, leg)
        except DataOpsError as error:
            stage.findings.say(f"What it cost could not be measured: {error}")


def end_early(stage: Stage, error: BaseException) -> bool:
    """Whether the cluster is in order now, as far as it is ours to bring there; what was done is on record.

    Where it is not, or where it was brought forward, a person is called.
    """
    with stage.findings.part("end early"):
        try:
            ours = not isinstance(error, NO_LONGER_OURS) and _read_again(stage)
            if not ours and stage.committed:
                stage.findings.say("The guard leads this round now: nothing more is done here.")
                return False
            return _end(stage, ours=ours)
        except Exception as failed:
            log.exception("The round %s was not brought to an end", stage.run)
            foreseen = isinstance(failed, DataOpsError)
            stage.findings.add(
                Check(
                    name="brought to an end",
                    verdict=Verdict.FAILED,
                    expected="a cluster in order",
                    observed="left to the guard",
                    reason=str(failed) if foreseen else f"{type(failed).__name__}: see the log",
                )
            )
            return False


def _read_again(stage: Stage) -> bool:
    """Whether the journal is ours, read as it stands: what was written last may have been the commit point.

    A write whose answer was lost, or on which an interruption came, either stands or never will from here on:
    taking the journal over outruns it. Raises ``StoreError`` where nobody can tell; then nothing is touched,
    and the guard goes by what stands there.
    """
    if stage.phase is Phase.PREPARED:
        return True
    try:
        found = Journal.take_over(stage.job.platform.store, stage.job.server.name, held=stage.watch.held)
    except NO_LONGER_OURS:
        return False
    stage.journal = found or stage.journal
    return True


def _end(stage: Stage, *, ours: bool) -> bool:
    """Our own fault is healed also where the journal is no longer ours: it may have come after the guard."""
    driver, journal, findings = stage.driver, stage.journal, stage.findings
    acting = Acting(driver, journal.round, findings.say, fenced=lambda node: _note(stage, node, ours=ours))
    seen = driver.observe()
    decision = decide(journal.round, seen, automatic=driver.automatic)
    after = acting.carry_out(decision, seen)
    findings.add(*acting.checks)
    serving = after.primaries[0].name if len(after.primaries) == 1 else ""
    stage.serving = serving or stage.serving
    red = first_red(acting.checks)
    if red is None and ours and decision.course is Course.FORWARD and stage.phase is Phase.COMMITTED:
        journal.advance(Phase.PROMOTED)
    if red is not None or decision.course in {Course.FORWARD, Course.HANDS_OFF}:
        _page(stage, acting, decision)
    return red is None and ours and decision.course is not Course.HANDS_OFF


def _note(stage: Stage, node: str, *, ours: bool) -> None:
    if ours:
        stage.journal.note(facts={FENCED: node})


def _page(stage: Stage, acting: Acting, decision: Decision) -> None:
    job = stage.job
    place = Place(job.server.name, job.platform.environment, job.owner)
    pager = Pager(job.platform.resolve, stage.findings.say)
    told = acted(place, stage.journal.entry, decision, acting.checks)
    title = f"Failover test {stage.scenario.name} on {place.server} ({place.environment}) ended early"
    stage.findings.add(pager.deliver(replace(told, title=title)))
