"""A round of samples: a task a server, so that the grid shows who did not answer, and one record of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from dataops.airflow import assets, subjects
from dataops.airflow.operators.page_link import EvidencePage
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import put_on_record, red_lines, run_lineage
from dataops.airflow.tags import Capability
from dataops.evidence.steps import NotPassed, StepReport

if TYPE_CHECKING:
    from airflow.sdk import Context

LEFT = "report"
"""The XCom key of what a sample leaves, pushed before the task may turn red."""


class Sample(Stoppable):
    """Samples ``server``, after which the task is named, and its databases."""

    template_fields: Sequence[str] = ("server",)

    def __init__(self, *, server: str, **kwargs: Any) -> None:
        super().__init__(**{"task_id": server, **kwargs})
        self.server = server

    def execute(self, context: Context) -> dict[str, Any]:
        """What was found, as a report. Raises ``NotPassed`` where something could not be sampled."""
        from dataops.performance import samples

        started = datetime.now(UTC)
        try:
            with self._stoppable():
                report = samples.visit(
                    subjects.platform(), self.server, say=lambda line: self.log.info("%s", line)
                )
        except Exception as error:
            self._leave(context, samples.stopped(self.server, started, error))
            raise
        left = self._leave(context, report)
        for line in red_lines(report):
            self.log.error("%s", line)
        if report.red is not None:
            raise NotPassed(f"{report.red.name}: {report.red.reason}")
        return left

    def _leave(self, context: Context, report: StepReport) -> dict[str, Any]:
        left: dict[str, Any] = report.model_dump(mode="json")
        context["ti"].xcom_push(key=LEFT, value=left)
        return left


class SamplesEvidence(BaseOperator):
    """Records the round from what the tasks before it left; a server that left nothing is inconclusive."""

    template_fields: Sequence[str] = ("servers",)
    operator_extra_links = (EvidencePage(),)
    page = ""

    def __init__(self, *, servers: Sequence[str], subject: str, **kwargs: Any) -> None:
        outlets = [assets.verdict(Capability.PERFORMANCE_SAMPLES.value, subject)]
        super().__init__(**{"task_id": "evidence", "trigger_rule": "all_done", "outlets": outlets, **kwargs})
        self.servers = list(servers)

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record lies and what it says."""
        from dataops.performance import samples

        platform = subjects.platform()
        record = samples.record_of(platform, self.servers, self._left(context), lineage=run_lineage(context))
        told = put_on_record(platform.store, record, context)
        self.page = told["page"]
        return told

    def _left(self, context: Context) -> Mapping[str, StepReport]:
        pulled = context["ti"].xcom_pull(task_ids=sorted(self.upstream_task_ids), key=LEFT) or []
        reports = [StepReport.model_validate(each) for each in pulled if each]
        return {str(report.data["server"]): report for report in reports}
