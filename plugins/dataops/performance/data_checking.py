"""What the owners expect of the database's rows, asked of the database itself, table by table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.performance.job import ReportJob
from dataops.performance.report.loads import PREFIX
from dataops.quality import TableResult, run_suite, suite_path

STEP = "data"
STATEMENT_SECONDS = 120.0
"""Longest time of one question: the database has other work."""
SUITE_SECONDS = 1800.0


def suite_of(job: ReportJob) -> Path | None:
    """The suite of the database under include/expectations; None where its owners expect nothing."""
    include = job.platform.inventory.folder
    path = suite_path(include, job.database) if include is not None else None
    return path if path is not None and path.exists() else None


def check_data(job: ReportJob) -> StepReport:
    """A check a table of the suite. Without a suite nothing is expected, and the one check says so.

    Raises ``SuiteInvalid`` for a file that is wrong, and what connecting raises.
    """
    started = datetime.now(UTC)
    path = suite_of(job)
    if path is None:
        reason = (
            f"there is no include/expectations/{job.database}.json: `dataops quality profile {job.database}` "
            "writes a start"
        )
        check = Check(name="data", verdict=Verdict.NOT_APPLICABLE, reason=reason)
        return StepReport(step=STEP, started=started, finished=datetime.now(UTC), checks=(check,))
    result = run_suite(
        job.platform.connection(job.server.connection),
        job.subject.dbname,
        path,
        timeout=STATEMENT_SECONDS,
        deadline=SUITE_SECONDS,
    )
    checks = [_check(table) for table in result.tables]
    if not checks:
        checks = [Check(name="data", verdict=Verdict.INCONCLUSIVE, reason="The suite expects nothing.")]
    for check in checks:
        job.say(
            f"{check.name}: {check.verdict}: {check.observed}{f': {check.reason}' if check.reason else ''}"
        )
    return StepReport(
        step=STEP,
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(checks),
        figures=(Figure(name="expectations", value=len(result.results), unit="count"),),
        programs=result.programs,
    )


def _check(table: TableResult) -> Check:
    return Check(
        name=f"{PREFIX}{table.table}",
        verdict=table.verdict,
        expected=f"all {len(table.results)} expectations hold",
        observed=table.summary,
        seconds=table.seconds,
        reason=table.reason,
        parts=table.parts,
    )
