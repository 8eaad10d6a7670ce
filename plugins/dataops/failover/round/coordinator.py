"""One round from its first look to its last, under one lease: what is begun is brought to an end.

The order of what is done is the plan's. What is measured never ends a round; what cannot be done does, and
then the cluster is healed or brought forward before anything else.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.steps import first_red
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.inventories import Holdings, take
from dataops.failover.job import Job
from dataops.failover.journal import Phase, Round
from dataops.failover.journaling import DBNAME, Journal, history
from dataops.failover.planning.course import Course
from dataops.failover.planning.plan import Plan
from dataops.failover.refusals.preflight import once_more
from dataops.failover.round import breaking, keeping, mending, proving
from dataops.failover.round.aborting import promotion_dies
from dataops.failover.round.acts import ACTIONS, as_planned
from dataops.failover.round.clients import clients, figures, served_again, session
from dataops.failover.round.ending import brought_to_an_end, carried_through
from dataops.failover.round.enduring import endure
from dataops.failover.round.findings import Findings
from dataops.failover.round.leg import BACK, THERE, Leg
from dataops.failover.round.stage import RefusedNow, Stage
from dataops.failover.round.watch import Watch
from dataops.failover.topology import Topology
from dataops.failover.verifying import archiving
from dataops.failover.verifying.staying import nothing_refuses
from dataops.store import Held

CLEANED = "canary's tables dropped"


def conduct(
    job: Job, plan: Plan, seen: Topology, held: Held, run: str
) -> tuple[Findings, BaseException | None]:
    """What the round found, and the interruption that ended it, where it was no error of its own.

    Raises ``RoundOpen`` and what opening the journal raises; nothing was touched then.
    """
    findings = Findings(job.say)
    store, stop = job.platform.store, job.scenario.stop
    journal = Journal.open(
        store,
        Round(
            scenario=job.name,
            run=run,
            server=job.server.name,
            system_identifier=plan.system_identifier,
            plan=plan.hash,
            holder=held.holder,
            phase=Phase.PREPARED,
            primary=plan.primary,
            candidate=plan.candidate,
            facts={DBNAME: job.database.dbname},
        ),
        held=held,
        lease=stop.lease.total_seconds(),
        longest=stop.longest.total_seconds(),
    )
    keeping.forget_old(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=keeping.PREFIX))
    try:
        with Watch(store, held, stop) as watch:
            stage = Stage(job, plan, run, seen, journal, watch, findings, folder)
            interruption = _conduct(stage)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    findings.data |= {"run": run, "history": history(job.server.name, run)}
    return findings, interruption


def _conduct(stage: Stage) -> BaseException | None:
    """The interruption that ended the round; errors of its own are among its checks."""
    findings, ended = stage.findings, None
    try:
        with brought_to_an_end(stage):
            _COURSES[stage.plan.course](stage)
        stage.orderly = True
    except BaseException as error:  # ruff: ignore[blind-except] it was brought to an end, and is on record
        ended = error
    findings.add(carried_through(ended))
    if ended is None:
        findings.add(_as_planned(stage))
    keeping.keep(stage)
    if stage.orderly:
        with findings.part("clean up"):
            _clean(stage)
            _close(stage)
    else:
        findings.say("The round stays open in the journal: the guard goes on with it.")
    return None if ended is None or isinstance(ended, Exception) else ended


def _fail_over(stage: Stage) -> None:
    _change_roles(stage, breaking.fail_over_automatically if stage.driver.automatic else breaking.fail_over)


def _switch(stage: Stage) -> None:
    _change_roles(stage, breaking.switch_over)


def _abort(stage: Stage) -> None:
    _change_roles(stage, promotion_dies)


def _change_roles(stage: Stage, change: Callable[[Stage, Leg], None]) -> None:
    """There, verified; the old primary rejoins, with proof; and back again, verified once more."""
    plan, findings = stage.plan, stage.findings
    there = _leg(stage, THERE, plan.primary, plan.candidate, stage.before)
    _there(stage, there, change)
    with findings.part("data checks"):
        proving.data_checks(stage, there)
    if there.promotes:
        with findings.part("rejoin"):
            rejoined = mending.proven_back(stage, there, mending.bring_back(stage, there))
            if rejoined:
                proving.same_rows(stage, proving.SAME, primary=there.new)
        if stage.scenario.failback and rejoined:
            stage.watch.check()
            _back(stage, there)
    proving.settled(stage, proving.STEADY, primary=stage.serving)


def _there(stage: Stage, leg: Leg, change: Callable[[Stage, Leg], None]) -> None:
    findings = stage.findings
    with _prepared(stage, leg) as (holdings, archiver), brought_to_an_end(stage, leg):
        with findings.part("break and promote"):
            change(stage, leg)
        with findings.part("serve again"):
            mending.follow(stage, leg)
            served_again(stage, leg, since=leg.marks.routed)
        with findings.part("verify"):
            proving.prove_leg(stage, leg, holdings=holdings, archiver=archiver)
    figures(stage, leg)


def _back(stage: Stage, there: Leg) -> None:
    """The first primary is primary again: a planned change, in which nothing may be lost."""
    findings = stage.findings
    back = _leg(stage, BACK, there.new, there.old, stage.driver.observe())
    with findings.part("fail back"):
        with clients(stage, back), brought_to_an_end(stage, back):
            stage.journal.turn()
            breaking.switch_over(stage, back)
            mending.follow(stage, back)
            told = mending.bring_back(stage, back)  # synchronous writes may wait for it
            served_again(stage, back, since=back.marks.routed)
            proving.prove_leg(stage, back, holdings=None, archiver=None)
        figures(stage, back)
        mending.proven_back(stage, back, told)
        stage.journal.advance(Phase.FAILED_BACK)
        proving.same_rows(stage, back.named(proving.SAME), primary=back.new)


def _endure(stage: Stage) -> None:
    leg = _leg(stage, THERE, stage.plan.primary, stage.plan.primary, stage.before)
    with _prepared(stage, leg), brought_to_an_end(stage, leg):
        endure(stage, leg)
        with stage.findings.part("verify"):
            proving.prove_leg(stage, leg, holdings=None, archiver=None)
    figures(stage, leg)
    proving.settled(stage, proving.STEADY, primary=stage.plan.primary)
    proving.same_rows(stage, proving.SAME, primary=stage.plan.primary)


def _restore(stage: Stage) -> None:
    from dataops.failover.round.restoring import restore

    leg = _leg(stage, THERE, stage.plan.primary, stage.plan.primary, stage.before)
    with _prepared(stage, leg), brought_to_an_end(stage):
        restore(stage, leg)
    proving.settled(stage, proving.STEADY, primary=stage.plan.primary)


_COURSES: dict[Course, Callable[[Stage], None]] = {
    Course.FAIL_OVER: _fail_over,
    Course.SWITCH: _switch,
    Course.ABORT: _abort,
    Course.ENDURE: _endure,
    Course.RESTORE: _restore,
}


@contextmanager
def _prepared(stage: Stage, leg: Leg) -> Generator[tuple[Holdings, archiving.Archiver]]:
    """Clients write, what the cluster holds is on record, and everything that refuses was asked once more."""
    findings, primary = stage.findings, stage.plan.primary
    connection = stage.driver.connection(primary)
    with ExitStack() as running:
        with findings.part("prepare"):
            holdings = take(connection)
            archiver = archiving.read_archiver(connection)
            running.enter_context(clients(stage, leg))
        with findings.part("look once more"):
            seen = stage.driver.observe()
            proving.writable(stage, f"{proving.WRITABLE} (before)", expected=primary, seen=seen)
            findings.add(nothing_refuses(once_more(stage.job, stage.plan, seen)))
            refusal = first_red(findings.checks)
            if refusal is not None:
                raise RefusedNow(f"Refused just before the fault: {refusal.name}: {refusal.reason}")
        yield holdings, archiver


def _leg(stage: Stage, name: str, old: str, new: str, before: Topology) -> Leg:
    leg = Leg(name, f"{stage.run}-{name}", old, new, before)
    stage.legs.append(leg)
    return leg


def _as_planned(stage: Stage) -> Check:
    planned = [(each.action, each.node) for each in stage.plan.steps if each.action in ACTIONS.values()]
    chosen = {stage.plan.candidate: stage.legs[0].new} if stage.legs[0].promotes else {}
    return as_planned(planned, stage.acts.acts, instead=chosen)


def _clean(stage: Stage) -> None:
    """The canary's tables are dropped where writes are taken now; verified."""
    from dataops.failover.canary import schema

    node = stage.serving or stage.plan.primary

    def ask() -> Check:
        with closing(session(stage, node)) as conn:
            schema.clear(conn)
            gone = schema.cleared(conn)
        return Check(
            name=CLEANED,
            verdict=Verdict.PASSED if gone else Verdict.FAILED,
            expected="nothing of the canary is left",
            observed="nothing is left" if gone else "tables are left",
        )

    stage.findings.ask(CLEANED, ask)


def _close(stage: Stage) -> None:
    try:
        stage.findings.artifacts.append(stage.journal.close())
    except DataOpsError as error:
        stage.findings.add(
            Check(
                name="journal closed",
                verdict=Verdict.INCONCLUSIVE,
                expected="the round is finished",
                observed=stage.phase.value,
                reason=str(error),
            )
        )
