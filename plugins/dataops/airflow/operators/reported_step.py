"""A step whose report stands as XCom however it ends: in the store where it is long."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from dataops.airflow import subjects
from dataops.airflow.operators.backup import RETURNED
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import red_lines
from dataops.airflow.reports import pack, unpack
from dataops.errors import DataOpsError
from dataops.evidence.steps import NotPassed, StepReport, broken

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence.verdict import Check


class ReportedStep(Stoppable):
    """One step of what is done with a cluster or a scenario. The task's id is the step's name."""

    step: ClassVar[str]
    told: StepReport | None = None
    """What the step found before it was cut short, where it tells that."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"task_id": self.step, **kwargs})

    @property
    @abstractmethod
    def folder(self) -> str:
        """Where long reports lie in the store."""

    @abstractmethod
    def job(self, context: Context) -> Any:
        """What the step is about, and who holds the lease."""

    @abstractmethod
    def work(self, job: Any, context: Context) -> StepReport:
        """Do the step."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The step's report. Raises what stopped it, or ``NotPassed``, with the report already pushed."""
        started = datetime.now(UTC)
        job = self.job(context)
        try:
            with self._stoppable():
                report = self.work(job, context)
        except DataOpsError as error:
            left_by(context, self.folder, broken(self.step, started, error))
            # A user's mistake is told in its sentence; where in our code it surfaced helps nobody.
            raise error.with_traceback(None) from None
        except BaseException as error:  # being told to stop is put on record, too
            left_by(context, self.folder, self.told or broken(self.step, started, error))
            raise
        left = left_by(context, self.folder, report)
        for line in red_lines(report):
            self.log.error("%s", line)
        if red := self.stops(report):
            raise NotPassed(f"{self.step}: {red.name} is {red.verdict.value}: {red.reason}")
        return left

    def stops(self, report: StepReport) -> Check | None:
        """The red check that the next steps must not build on."""
        return report.red


def left_by(context: Context, folder: str, report: StepReport) -> dict[str, Any]:
    """Pushes the report, by the store where it is long; what was pushed."""
    name = f"{report.started:%Y%m%dT%H%M%S.%f}-{report.step}"
    left = pack(report, f"{folder}/{name}.json", lambda: subjects.platform().store)
    context["ti"].xcom_push(key=RETURNED, value=left)
    return left


def left_of(context: Context, step: str) -> StepReport:
    """What an earlier task of this run left; ``NotPassed`` where that is nothing."""
    left = context["ti"].xcom_pull(task_ids=step)
    if not left:
        raise NotPassed(f"The task {step} left no report: look at its log.")
    return unpack(left, lambda: subjects.platform().store)


def holder(task: Any, context: Context) -> str:
    """Who holds a lease that this task takes, in words for people."""
    return f"{context['dag'].dag_id}, run {context['run_id']}, task {task.task_id}"
