"""A night's report in its three steps: what the data owes, what the advice is worth, and the report itself.

The DAG runs each as a task, the command line all one after the other; both record the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import JsonValue

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.record import Record
from dataops.evidence.recording import lineage_of, record_of_steps
from dataops.evidence.steps import StepReport, broken
from dataops.evidence.verdict import Check, Figure
from dataops.performance.data_checking import STEP as DATA
from dataops.performance.data_checking import check_data
from dataops.performance.finding import Advice, Severity
from dataops.performance.job import ReportJob
from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs.call_keeping import slowest_calls
from dataops.performance.looking import Look, look
from dataops.performance.proofs import untried, with_proofs
from dataops.performance.proving import prove_by_hypopg, prove_on_scratch
from dataops.performance.report import archive, kept_window
from dataops.performance.report.assembling import Told, assemble
from dataops.performance.report.document import Report
from dataops.performance.report.headline import of_severity
from dataops.performance.report.markdown import markdown
from dataops.performance.report.page import render
from dataops.performance.window import SectionName, Window

log = logging.getLogger(__name__)

CAPABILITY = "performance_report"
PROVE, REPORT = "prove", "report"
STEPS = (DATA, PROVE, REPORT)
TOLD_FIRST = 5
"""Findings that the record of evidence tells by sentence."""


@dataclass(frozen=True)
class Made:
    """The step's own report for the evidence; the report that was made, and where it lies."""

    step: StepReport
    report: Report | None = None
    page_key: str = ""
    error: Exception | None = None


@dataclass(frozen=True)
class Reported:
    """One whole run: its record, and what was made."""

    record: Record
    made: Made

    @property
    def exit_code(self) -> int:
        """2 for a wrong configuration, else that of the verdict."""
        wrong = isinstance(self.made.error, ConfigurationError)
        return ConfigurationError.exit_code if wrong else self.record.verdict.exit_code


def prove(job: ReportJob) -> StepReport:
    """Try tonight's advice on the scratch server of a restore drill; what came of it, by finding."""
    started = datetime.now(UTC)
    found = look(replace(job, fresh=False))
    proven = prove_on_scratch(job.platform, job.subject, found.findings, say=job.say, window=found.window)
    tried: dict[str, JsonValue] = {
        each.key: json.loads(each.advice.model_dump_json())
        for each in proven.findings
        if each.advice and each.advice.proof
    }
    return StepReport(
        step=PROVE,
        started=started,
        finished=datetime.now(UTC),
        checks=proven.checks,
        figures=proven.figures,
        programs=proven.programs,
        data={"advice": tried},
    )


def make(job: ReportJob, before: Sequence[StepReport]) -> Made:
    """Look, judge, and keep the report, with what the steps before left; whatever stops it is told."""
    started = datetime.now(UTC)
    try:
        return _make(job, before, started)
    except Exception as error:  # whatever broke the report is on record too
        if not isinstance(error, DataOpsError):
            log.exception("The report of %s broke", job.database)
        return Made(broken(REPORT, started, error), error=error)


def record_of(
    job: ReportJob, reports: Sequence[StepReport], made: Made, *, lineage: Mapping[str, str] | None = None
) -> Record:
    """The evidence of a run: every check of every step, and where the report lies."""
    every = [*reports, made.step]
    subject = next((each for each in job.platform.inventory.databases if each.name == job.database), None)
    return record_of_steps(
        CAPABILITY,
        job.database,
        every,
        environment=job.platform.environment,
        owner=subject.owner if subject else "",
        artifacts=made.step.artifacts,
        lineage=lineage_of(lineage),
        details=_details(made),
    )


def run(job: ReportJob, *, proof: bool = False, lineage: Mapping[str, str] | None = None) -> Reported:
    """All steps one after the other, as the command line runs them; a step that fails keeps none from it."""
    steps = [_step(DATA, lambda: check_data(job))]
    if proof:
        steps.append(_step(PROVE, lambda: prove(job)))
    made = make(job, steps)
    return Reported(record_of(job, steps, made, lineage=lineage), made)


def _make(job: ReportJob, before: Sequence[StepReport], started: datetime) -> Made:
    found = look(job)
    findings = with_proofs(found.findings, _tried(before), found.nights)
    hypothetical = prove_by_hypopg(job.platform, job.subject, untried(findings), say=job.say)
    by_key = {each.key: each.advice for each in hypothetical.findings if each.advice and each.advice.proof}
    findings = with_proofs(findings, by_key, ())
    programs = {name: number for step in before for name, number in step.programs.items()}
    programs |= hypothetical.programs
    others = [check for step in before for check in step.checks]
    report = assemble(
        found.window,
        findings,
        Told(
            owner=job.subject.owner,
            environment=job.platform.environment,
            made=datetime.now(UTC),
            nights=found.nights,
            declared=job.wanted.without,
            looked=found.looked,
            unseen=found.unseen,
            checks=(*found.checks, *others),
            figures=tuple(figure for step in before for figure in step.figures),
            programs=programs,
            slowest_calls=_slowest_calls(job, found.window),
        ),
    )
    return _kept(job, report, found, others, started)


def _slowest_calls(job: ReportJob, window: Window) -> tuple[LoggedCall, ...]:
    """With their literals; none unless the database's YAML allows it now, whatever was kept before."""
    if job.wanted.literals != "keep":
        return ()
    logs = window.section(SectionName.LOGS)
    store, server = job.platform.store, job.server.name
    return slowest_calls(store, server, job.subject.dbname, logs, window.since, window.until)


def _kept(job: ReportJob, report: Report, found: Look, others: Sequence[Check], started: datetime) -> Made:
    kept = archive.keep(
        job.platform.store,
        job.database,
        report.until,
        {
            archive.PAGE: render(report),
            archive.JSON: report.to_bytes(),
            archive.MARKDOWN: markdown(report),
            kept_window.NAME: kept_window.to_bytes(found.window),
        },
    )
    rolled = archive.keep_missing_roll_ups(job.platform.store, job.database, report.until.date())
    job.say(report.sentence)
    size = sum(each.size for each in kept.artifacts)
    job.say(f"Report {kept.page_key}: {len(report.findings)} findings, {size / 1000:.0f} kB")
    known = {check.name for check in others}
    step = StepReport(
        step=REPORT,
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(check for check in report.checks if check.name not in known),
        figures=(
            *(
                Figure(
                    name=f"{severity.value} findings",
                    value=len(of_severity(report.findings, severity)),
                    unit="count",
                )
                for severity in reversed(Severity)
            ),
            Figure(name="samples", value=found.window.samples, unit="count"),
            Figure(name="window", value=found.window.seconds, unit="seconds"),
        ),
        artifacts=(*kept.artifacts, *rolled),
        programs=report.programs,
    )
    return Made(step, report, kept.page_key)


def _tried(before: Sequence[StepReport]) -> dict[str, Advice]:
    """What the step ``prove`` left of each finding's advice."""
    left = next((step.data.get("advice") for step in before if step.step == PROVE), None)
    advice = left if isinstance(left, Mapping) else {}
    return {key: Advice.model_validate(each) for key, each in advice.items()}


def _details(made: Made) -> dict[str, JsonValue]:
    if made.report is None:
        return {}
    report = made.report
    return {
        "says": report.sentence,
        "report": made.page_key,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "findings": [f"{each.severity}: {each.sentence}" for each in report.findings[:TOLD_FIRST]],
        "well": list(report.well),
    }


def _step(name: str, action: Callable[[], StepReport]) -> StepReport:
    started = datetime.now(UTC)
    try:
        return action()
    except Exception as error:  # the report is made without it, and says so
        if not isinstance(error, DataOpsError):
            log.exception("The step %s broke", name)
        return broken(name, started, error)
