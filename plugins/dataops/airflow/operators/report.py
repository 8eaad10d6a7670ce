"""A night's report as tasks: what the data owes, what the advice is worth, and the report itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.exceptions import AirflowSkipException

from dataops.airflow import assets, links, subjects
from dataops.airflow.operators.page_link import EvidencePage, ReportPage
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import put_on_record, run_lineage
from dataops.airflow.report_form import length
from dataops.airflow.reports import pack, unpack
from dataops.airflow.schedule import TICKED
from dataops.airflow.tags import Capability
from dataops.errors import DataOpsError
from dataops.evidence.steps import NotPassed, StepReport, broken, unfinished
from dataops.evidence.verdict import Check, Verdict

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.performance.job import ReportJob

DATA, PROVE = "data", "prove"
RETURNED = "return_value"


class ReportStep(Stoppable):
    """One step before the report of ``database``; what it leaves stands as XCom, however it ends."""

    step: ClassVar[str]
    template_fields: Sequence[str] = ("database",)

    def __init__(self, *, database: str, **kwargs: Any) -> None:
        super().__init__(**{"task_id": self.step, **kwargs})
        self.database = database

    @abstractmethod
    def work(self, job: ReportJob) -> StepReport:
        """Do the step."""

    def execute(self, context: Context) -> None:
        """Raises what stopped it, or ``NotPassed``, with its report already pushed."""
        started = datetime.now(UTC)
        job = job_of(self, context)
        if reason := self.not_due(job, context):
            check = Check(name=self.step, verdict=Verdict.NOT_APPLICABLE, reason=reason)
            now = datetime.now(UTC)
            self._leave(
                context, job, StepReport(step=self.step, started=started, finished=now, checks=(check,))
            )
            raise AirflowSkipException(reason)
        try:
            with self._stoppable():
                report = self.work(job)
        except DataOpsError as error:
            self._leave(context, job, broken(self.step, started, error))
            raise error.with_traceback(None) from None
        except Exception as error:
            self._leave(context, job, broken(self.step, started, error))
            raise
        self._leave(context, job, report)
        if red := report.red:
            raise NotPassed(f"{red.name} is {red.verdict.value}: {red.reason}")

    def not_due(self, job: ReportJob, context: Context) -> str:
        """Why this run does without the step; empty where it does not."""
        return ""

    def _leave(self, context: Context, job: ReportJob, report: StepReport) -> None:
        name = f"{report.started:%Y%m%dT%H%M%S.%f}-{self.step}"
        key = f"reports/{self.database}/steps/{name}.json"
        left = pack(report, key, lambda: job.platform.store)
        context["ti"].xcom_push(key=RETURNED, value=left)


class CheckData(ReportStep):
    """Asks the database whether its rows are as its owners expect."""

    step = DATA

    def work(self, job: ReportJob) -> StepReport:
        """Run the suite of include/expectations."""
        from dataops.performance.data_checking import check_data

        return check_data(job)

    def not_due(self, job: ReportJob, context: Context) -> str:
        """Without a suite there is nothing to ask."""
        from dataops.quality import no_suite, suite_of

        if suite_of(job.platform.inventory.folder, self.database) is not None:
            return ""
        return f"Nothing is expected: {no_suite(self.database)}."


class ProveAdvice(ReportStep):
    """Tries the advice on the scratch server of a restore drill: once a week, or by hand."""

    step = PROVE

    def work(self, job: ReportJob) -> StepReport:
        """Find, restore, build, measure."""
        from dataops.performance import run

        return run.prove(job)

    def not_due(self, job: ReportJob, context: Context) -> str:
        """Due by the form, or on the day of the week that is the database's."""
        from dataops.performance.proofs import is_due

        run = context["dag_run"]
        run_type = str(getattr(run.run_type, "value", run.run_type))
        if run_type in TICKED:
            due = job.wanted.prove == "weekly" and is_due(self.database, job.until.date())
        else:
            due = bool(context["params"].get("prove"))
        return "" if due else "Advice is not tried with real data in this run."


class MakeReport(Stoppable):
    """Samples once more, judges, keeps the report, and puts the run on record."""

    template_fields: Sequence[str] = ("database",)
    operator_extra_links = (ReportPage(), EvidencePage())
    page = ""
    report_page = ""

    def __init__(self, *, database: str, **kwargs: Any) -> None:
        outlets = [assets.verdict(Capability.PERFORMANCE_REPORT.value, database)]
        super().__init__(**{"task_id": "report", "trigger_rule": "all_done", "outlets": outlets, **kwargs})
        self.database = database

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record and the report lie, and what the record says."""
        from dataops.performance import run

        job = job_of(self, context)
        before = self._left(context, job)
        with self._stoppable():
            made = run.make(job, before)
        record = run.record_of(job, before, made, lineage=run_lineage(context))
        told = put_on_record(job.platform.store, record, context)
        self.page = told["page"]
        if made.page_key:
            self.report_page = links.report(made.page_key)
        return {**told, "report": self.report_page}

    def _left(self, context: Context, job: ReportJob) -> list[StepReport]:
        """What the steps before left, also those that were not due; a stand-in for one that left nothing."""
        reports = []
        for step in (DATA, PROVE):
            left = context["ti"].xcom_pull(task_ids=step)
            report = unpack(left, lambda: job.platform.store) if left else unfinished(step, after=None)
            reports.append(report)
        return reports


def job_of(task: Any, context: Context) -> ReportJob:
    """The report that this run makes."""
    from dataops.performance.job import of_now

    return of_now(
        subjects.platform(),
        task.database,
        lambda line: task.log.info("%s", line),
        length=length(context["params"]),
    )
