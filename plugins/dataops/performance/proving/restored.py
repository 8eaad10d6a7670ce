"""Proof on the scratch server of a restore drill: the latest backup, the index, the statement, real data.

The drill's own context manager restores and tears down, under the drill's own lease: a proof and a drill of
one subject never run at once, and no backup expires under it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dataops.backup import catalog
from dataops.backup.steps import Job
from dataops.drill.alone import alone
from dataops.drill.choosing import choose
from dataops.drill.point import Point
from dataops.drill.preflight import preflight
from dataops.drill.restored import RestoredServer
from dataops.drill.restoring import restored, torn_down
from dataops.drill.run import new_drill_id
from dataops.drill.troubles import told_apart
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import Say, first_red
from dataops.evidence.verdict import Check, Figure
from dataops.inventory import Database, Server
from dataops.performance.finding import Advice, Finding
from dataops.performance.proving.dropping import DropTrial
from dataops.performance.proving.executor import Sessions, sessions
from dataops.performance.proving.judging import not_tried
from dataops.performance.proving.measuring import Pace
from dataops.performance.proving.planner_settings import apply, planner_settings
from dataops.performance.proving.proven import (
    Proven,
    can_be_executed,
    can_be_planned,
    checks_of,
    untried,
    with_proofs,
)
from dataops.performance.proving.rewriting import RewriteTrial
from dataops.performance.proving.settling import settle
from dataops.performance.proving.statements import statements_of
from dataops.performance.proving.trial import Trial
from dataops.performance.window import Window
from dataops.platform import Platform

SCRATCH = "scratch server"
MOST_SETTLED = 200
"""Statements, those with the most time, whose tables are made ready for a drop."""
BUDGET = 1800.0
"""Seconds of trials after the restore; what is left then says that it was not tried."""


def prove_on_scratch(
    platform: Platform,
    database: Database,
    findings: Sequence[Finding],
    *,
    say: Say,
    window: Window | None = None,
    options: Mapping[str, Any] | None = None,
    budget: float = BUDGET,
    pace: Pace | None = None,
) -> Proven:
    """The findings, with what building their indexes on restored data has shown. Restores only for some.

    ``window`` gives the settings under which the watched server plans, and the statements that dropping an
    index may harm: without it no drop is tried. ``options`` are a drill's: ``point``, ``work_dir``. Whatever
    stops the restore is told in the proofs, which are then neither for nor against, and in a red check;
    nothing is raised for it.
    """
    texts = statements_of(window) if window is not None else None
    fit = can_be_executed if texts is not None else can_be_planned
    if not any(map(fit, findings)):
        return Proven(tuple(findings))
    job = Job(platform, subject_with_backups(platform, database), say, {**(options or {})})
    settings = planner_settings(window) if window is not None else {}
    try:
        trials = Trials(settings, texts or (), budget, pace or Pace())
        return _Proving(job, database.dbname, tuple(findings), fit, trials).run()
    except DataOpsError as error:
        say(f"Nothing was tried on a scratch server: {error}")
        found = untried(findings, SCRATCH, str(error), fit)
        return Proven(found, checks_of(found))


def subject_with_backups(platform: Platform, database: Database) -> Database | Server:
    """The database where it has backups of its own, else the server that it is on."""
    if catalog.read(platform.store, database.name).backups:
        return database
    server = platform.inventory.server_of(database)
    return server if catalog.read(platform.store, server.name).backups else database


@dataclass(frozen=True)
class Trials:
    """How advice is tried: settings of the watched server, its statements, and how long it may all take."""

    settings: Mapping[str, str]
    texts: tuple[str, ...]
    budget: float
    pace: Pace

    def of(self, both: Sessions, by: str, say: Say) -> Callable[[Advice], Advice]:
        """What tries one piece of advice over these sessions; nothing more after ``budget`` seconds."""
        deadline = time.monotonic() + self.budget
        apply(both.executing, self.settings)
        building, rewriting = Trial(both, by, self.pace), RewriteTrial(both, by, self.pace)
        dropping = DropTrial(both, by, self.texts, self.pace)

        def tried(advice: Advice) -> Advice:
            if time.monotonic() >= deadline:
                return advice.model_copy(update={"proof": not_tried(by, "its time was used up")})
            if dropping.fits(advice):
                made = dropping.of(advice)
            elif rewriting.fits(advice):
                made = rewriting.of(advice)
            else:
                made = building.of(advice)
            say(f"{advice.sql} {made.proof.sentence if made.proof else ''}")
            return made

        return tried


@dataclass(frozen=True)
class _Proving:
    job: Job
    dbname: str
    findings: tuple[Finding, ...]
    fit: Callable[[Finding], bool]
    trials: Trials

    def run(self) -> Proven:
        started, job = datetime.now(UTC), self.job
        point = choose(job, str(job.options.get("point") or "latest"))
        checks = preflight(job, point)
        red = first_red(checks)
        if red is not None:
            raise InconclusiveError(f"the drill's preflight is red: {red.name}: {red.reason}")
        drill_id, backup_id = new_drill_id(started), point.header.backup_id
        with told_apart(), alone(job, drill_id=drill_id, backup_id=backup_id) as held:
            # Read under the lease: from here on expiry keeps the backup, or it is gone already.
            point = Point.from_json(point.to_json(), job.platform, job.subject)
            with restored(job, point, drill_id=drill_id) as server:
                held.check()
                found = self._try(server, backup_id)
        return self._proven(found, server, torn_down(job, drill_id))

    def _try(self, server: RestoredServer, backup_id: str) -> tuple[Finding, ...]:
        if self.dbname not in server.dbnames:
            raise InconclusiveError(f"backup {backup_id} holds no database {self.dbname}")
        with sessions(server.connection, self.dbname) as both:
            if server.method == "logical":
                settle(both.building, self._texts())
            tried = self.trials.of(both, f"{SCRATCH}, backup {backup_id}", self.job.say)
            return with_proofs(self.findings, tried, self.fit)

    def _texts(self) -> Iterator[str]:
        """The statements that will be executed: those of the advice, and those that a drop may harm."""
        fit = [each.advice for each in self.findings if each.advice and self.fit(each)]
        yield from (each.statement for each in fit if each.statement)
        if any(not each.statement for each in fit):
            yield from self.trials.texts[:MOST_SETTLED]

    def _proven(self, found: tuple[Finding, ...], server: RestoredServer, gone: Check) -> Proven:
        return Proven(
            findings=found,
            checks=(*checks_of(found), gone),
            figures=(Figure(name="restore", value=server.phases.rto, unit="seconds"),),
            programs=server.header.programs,
            details={
                "drill_id": server.drill_id,
                "backup_id": server.header.backup_id,
                "point": server.point.to_json(),
            },
        )
