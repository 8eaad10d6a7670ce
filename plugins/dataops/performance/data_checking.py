"""What the owners expect of the database's rows, asked of the database itself, table by table."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.performance.job import ReportJob
from dataops.performance.report.loads import PREFIX
from dataops.quality import TableResult, no_suite, run_suite, suite_of

STEP = "data"
STATEMENT_SECONDS = 120.0
"""Longest time of one question: the database has other work."""
SUITE_SECONDS = 1800.0


def check_data(job: ReportJob) -> StepReport:
    """A check a table of the suite. Without a suite nothing is expected, and the one check says so.

    Raises ``SuiteInvalid`` for a file that is wrong, and what connecting raises.
    """
    started = datetime.now(UTC)
    path = suite_of(job.platform.inventory.folder, job.database)
    if path is None:
        check = Check(name="data", verdict=Verdict.NOT_APPLICABLE, reason=no_suite(job.database))
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
