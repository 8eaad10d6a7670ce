"""The steps of a backup as tasks: each leaves its report as XCom, also where it is red."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from dataops.airflow import assets, subjects
from dataops.airflow.form import options
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import red_lines
from dataops.backup.steps import Job
from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport, broken, insist
from dataops.platform import Platform

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic import JsonValue

RETURNED = "return_value"
"""The XCom key under which a task's result stands; a red step pushes its report there before it raises."""


class Step(Stoppable):
    """One step of what is done with ``subject``, by default of its backup. The task's id is the step's name.

    Other capabilities' steps say otherwise in ``options``, ``judge`` and ``left``.
    """

    step: ClassVar[str]
    template_fields: Sequence[str] = ("subject",)

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        super().__init__(**{"task_id": self.step, **kwargs})
        self.subject = subject

    @abstractmethod
    def work(self, job: Job, context: Context) -> StepReport:
        """Do the step."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The step's report. Raises what stopped it, or ``NotPassed``, with the report already pushed."""
        return self._reported(context, lambda job: self.work(job, context))

    def _reported(self, context: Context, work: Callable[[Job], StepReport]) -> dict[str, Any]:
        started = datetime.now(UTC)
        try:
            with self._stoppable():
                report = work(self.job(context))
        except DataOpsError as error:
            self._push(context, broken(self.step, started, error))
            # A user's mistake is told in its sentence; where in our code it surfaced helps nobody.
            raise error.with_traceback(None) from None
        except Exception as error:
            self._push(context, broken(self.step, started, error))
            raise
        self._tell(report)
        left = self._push(context, report)
        self.judge(report)
        return left

    def earlier(self, context: Context, step: str) -> StepReport:
        """What an earlier step of this run left."""
        return StepReport.model_validate(context["ti"].xcom_pull(task_ids=step))

    def job(self, context: Context) -> Job:
        """The subject, the platform, and what this run asks for."""
        platform = subjects.platform()
        return Job(
            platform=platform,
            subject=platform.inventory.subject(self.subject),
            say=lambda line: self.log.info("%s", line),
            options=self.options(platform, context),
        )

    def options(self, platform: Platform, context: Context) -> Mapping[str, JsonValue]:
        """What the form or the schedule asks for."""
        return options(platform.inventory.subject(self.subject), context["dag_run"], context["params"])

    def judge(self, report: StepReport) -> None:
        """``NotPassed`` where a check is red: the next steps must not build on it."""
        insist(report)

    def left(self, report: StepReport) -> dict[str, JsonValue]:
        """What the next tasks get to know of the report, as small JSON."""
        return report.model_dump(mode="json")

    def _push(self, context: Context, report: StepReport) -> dict[str, Any]:
        left = self.left(report)
        context["ti"].xcom_push(key=RETURNED, value=left)
        return left

    def _tell(self, report: StepReport) -> None:
        figures = ", ".join(f"{figure.name} {figure.value:g} {figure.unit}" for figure in report.figures)
        seconds = (report.finished - report.started).total_seconds()
        self.log.info("%s done in %.1f s: %s", self.step, seconds, figures or "no figures")
        for line in red_lines(report):
            self.log.error("%s", line)


class Preflight(Step):
    """Look before touching: reach, rights, versions, room, keys."""

    step = "preflight"

    def work(self, job: Job, context: Context) -> StepReport:
        """Ask the method to look around."""
        from dataops.backup.run import method_of

        return method_of(job.subject).preflight(job)


class Take(Step):
    """Copy the data, and its manifest's contents, into the store."""

    step = "take"

    def work(self, job: Job, context: Context) -> StepReport:
        """Let the method take the backup."""
        from dataops.backup.run import method_of

        return method_of(job.subject).take(job)


class Verify(Step):
    """Read back from the store everything that was written."""

    step = "verify"

    def work(self, job: Job, context: Context) -> StepReport:
        """Let the method hold what is stored against what was sent."""
        from dataops.backup.run import method_of

        return method_of(job.subject).verify(job, self.earlier(context, "take"))


class Publish(Step):
    """Write the manifest, last. The asset's event tells who waits for a backup of this subject."""

    step = "publish"

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        super().__init__(subject=subject, **{"outlets": [assets.backup(subject)], **kwargs})

    def work(self, job: Job, context: Context) -> StepReport:
        """Let the method publish, then attach the figures to the asset's event."""
        from dataops.backup.run import method_of

        taken, verified = self.earlier(context, "take"), self.earlier(context, "verify")
        published = method_of(job.subject).publish(job, taken, verified)
        context["outlet_events"][assets.backup(self.subject)].extra.update({
            "backup_id": taken.data["backup_id"],
            "figures": assets.figures([*taken.figures, *verified.figures, *published.figures]),
        })
        return published


class Expire(Step):
    """Delete what retention lets go. It never touches the newest proven backup."""

    step = "expire"

    def work(self, job: Job, context: Context) -> StepReport:
        """Decide, then delete."""
        from dataops.backup.expire import step

        return step(job)
