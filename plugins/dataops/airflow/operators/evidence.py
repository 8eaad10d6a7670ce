"""The last two tasks of every run: write down what happened, then say whether it was good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from dataops.airflow import assets, subjects
from dataops.airflow.operators.page_link import EvidencePage
from dataops.airflow.recording import run_lineage, tell, with_runbook
from dataops.airflow.reports import unpack
from dataops.backup.run import STEPS
from dataops.evidence.steps import NotPassed, StepReport, first_red, unfinished
from dataops.evidence.verdict import Verdict as Says

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.platform import Platform


class Evidence(BaseOperator):
    """Records the run of a backup from what its steps left, however they ended.

    It runs when all else is done. A step that left nothing was killed or lost: inconclusive, never passed.
    What another capability records otherwise, it says in the members from ``capability`` to ``after``.
    """

    capability: ClassVar[str] = "backup"
    steps: tuple[str, ...] = STEPS
    template_fields: Sequence[str] = ("subject",)
    operator_extra_links = (EvidencePage(),)
    page = ""

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        arguments = {
            "task_id": "evidence",
            "trigger_rule": "all_done",
            "outlets": [assets.verdict(self.capability, subject)],
        }
        super().__init__(**{**arguments, **kwargs})
        self.subject = subject

    def execute(self, context: Context) -> Any:
        """Where the record lies and what it says."""
        from dataops.evidence.publishing import publish

        platform = subjects.platform()
        record = with_runbook(
            self.record(platform, self._reports(context, platform), run_lineage(context)), context
        )
        published = publish(platform.store, record)
        told = tell(record, published, context)
        self.page = told["page"]
        return self.after(platform, record, published, told, context)

    def record(self, platform: Platform, reports: Sequence[StepReport], lineage: Mapping[str, str]) -> Record:
        """The record of all steps."""
        from dataops.backup.run import record_of

        return record_of(platform, platform.inventory.subject(self.subject), reports, lineage=lineage)

    def after(
        self, platform: Platform, record: Record, published: Published, told: dict[str, Any], context: Context
    ) -> Any:
        """What follows from the record; the task's result."""
        return told

    def _reports(self, context: Context, platform: Platform) -> list[StepReport]:
        """One report per step, in order; stand-ins for those that never came."""
        reports: list[StepReport] = []
        red: str | None = None
        for step in self.steps:
            left = context["ti"].xcom_pull(task_ids=step)
            report = unpack(left, lambda: platform.store) if left else unfinished(step, after=red)
            reports.append(report)
            if red is None and first_red(report.checks):
                red = step
        return reports


class Verdict(BaseOperator):
    """Fails the run unless its evidence says passed. The only leaf, so nothing turns a red run green.

    ``recorded_by`` is the task that recorded the run, ``recorded_under`` the key of what it tells.
    """

    template_fields: Sequence[str] = ("recorded_by", "recorded_under")

    def __init__(
        self, *, recorded_by: str = "evidence", recorded_under: str = "return_value", **kwargs: Any
    ) -> None:
        super().__init__(**{"task_id": "verdict", "trigger_rule": "all_done", **kwargs})
        self.recorded_by = recorded_by
        self.recorded_under = recorded_under

    def execute(self, context: Context) -> str:
        """``passed``; raises ``NotPassed`` with the verdict, its reason and where to read more."""
        recorded = context["ti"].xcom_pull(task_ids=self.recorded_by, key=self.recorded_under)
        if not recorded:
            raise NotPassed(
                f"This run left no evidence: look at the log of the task {self.recorded_by}. "
                "What is not on record never counts as passed."
            )
        if recorded["spooled"]:
            raise NotPassed(
                "The evidence could not be written to the store and waits on the worker; "
                f"the next run uploads it. It says {recorded['verdict']}: {recorded['reason']}"
            )
        if recorded["verdict"] != Says.PASSED.value:
            self.log.error("%s: %s", recorded["verdict"], recorded["reason"])
            self.log.error("Evidence: %s", recorded["page"])
            raise NotPassed(f"{recorded['verdict']}: {recorded['reason']} Evidence: {recorded['page']}")
        self.log.info("passed; evidence: %s", recorded["page"])
        return str(recorded["verdict"])
