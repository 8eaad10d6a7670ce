"""The last two tasks of every run: write down what happened, then say whether it was good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from dataops.airflow import assets, subjects
from dataops.airflow.recording import put_on_record, run_lineage
from dataops.backup.outcome import NotPassed, unfinished
from dataops.backup.steps import StepReport
from dataops.evidence.verdict import Verdict as Says

if TYPE_CHECKING:
    from airflow.sdk import Context

STEPS = ("preflight", "take", "verify", "publish", "expire")


class Evidence(BaseOperator):
    """Records the run of a backup from what its steps left, however they ended.

    It runs when all else is done. A step that left nothing was killed or lost: inconclusive, never passed.
    """

    template_fields: Sequence[str] = ("subject",)

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        arguments = {
            "task_id": "evidence",
            "trigger_rule": "all_done",
            "outlets": [assets.verdict("backup", subject)],
        }
        super().__init__(**{**arguments, **kwargs})
        self.subject = subject

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record lies and what it says."""
        from dataops.backup.run import record_of

        platform = subjects.platform()
        record = record_of(
            platform,
            platform.inventory.subject(self.subject),
            self._reports(context),
            lineage=run_lineage(context),
        )
        return put_on_record(platform.store, record, context)

    def _reports(self, context: Context) -> list[StepReport]:
        """One report per step, in order; stand-ins for those that never came."""
        reports: list[StepReport] = []
        red: str | None = None
        for step in STEPS:
            left = context["ti"].xcom_pull(task_ids=step)
            report = (
                StepReport.model_validate(left) if left else unfinished(step, datetime.now(UTC), after=red)
            )
            reports.append(report)
            if red is None and any(check.verdict not in _HARMLESS for check in report.checks):
                red = step
        return reports


_HARMLESS = {Says.PASSED, Says.NOT_APPLICABLE}


class Verdict(BaseOperator):
    """Fails the run unless its evidence says passed. The only leaf, so nothing turns a red run green."""

    template_fields: Sequence[str] = ("recorded_by",)

    def __init__(self, *, recorded_by: str = "evidence", **kwargs: Any) -> None:
        super().__init__(**{"task_id": "verdict", "trigger_rule": "all_done", **kwargs})
        self.recorded_by = recorded_by

    def execute(self, context: Context) -> str:
        """``passed``; raises ``NotPassed`` with the verdict, its reason and where to read more."""
        recorded = context["ti"].xcom_pull(task_ids=self.recorded_by)
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
            raise NotPassed(f"{recorded['verdict']}: {recorded['reason']} Evidence: {recorded['page']}")
        self.log.info("passed; evidence: %s", recorded["page"])
        return str(recorded["verdict"])
