"""The steps of a drill as tasks, and one task a check, so that the grid shows what was red."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException
from pydantic import JsonValue

from dataops.airflow import subjects
from dataops.airflow.check_lines import check_lines
from dataops.airflow.drill_form import drill_options
from dataops.airflow.operators.backup import Step
from dataops.airflow.operators.evidence import Evidence
from dataops.airflow.operators.page_link import EvidencePage
from dataops.airflow.reports import pack
from dataops.backup.steps import Job
from dataops.drill.steps import CAPABILITY, STEPS, TEARDOWN
from dataops.drill.wishes import wished
from dataops.evidence.steps import NotPassed, StepReport
from dataops.evidence.verdict import Verdict as Says

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.platform import Platform

OTHER_TRIES = "other_tries"
"""The XCom key of the ids under which the drill was tried again."""

RECORDED = "recorded"
"""The XCom key of what a drill's evidence says: its result must be the list that the checks map over."""


class DrillStep(Step):
    """One step of the drill of ``subject``."""

    def job(self, context: Context) -> Job:
        """The drill as the inventory and the form want it."""
        job = super().job(context)
        return Job(job.platform, wished(job.subject, job.options), job.say, job.options)

    def options(self, platform: Platform, context: Context) -> Mapping[str, JsonValue]:
        """What the form asks for."""
        return drill_options(context["params"])


class Prepare(DrillStep):
    """Choose the recovery point, and look before touching: room, memory, versions, keys, rights."""

    step = "prepare"

    def work(self, job: Job, context: Context) -> StepReport:
        """Choose and look; changes nothing."""
        from dataops.drill import run

        return run.prepare(job)


class Drill(DrillStep):
    """Restore, check, measure and tear down: one task, since all of it shares one scratch server.

    Red only where it could not be carried out. What its checks found is for the tasks ``check`` to show.
    """

    step = "drill"

    def work(self, job: Job, context: Context) -> StepReport:
        """Drill the prepared point; another try is another drill, the sweep knows the first one by its id."""
        from dataops.drill import run

        prepared = self.earlier(context, "prepare")
        if context["ti"].try_number > 1:
            drill_id = run.new_drill_id(datetime.now(UTC))
            context["ti"].xcom_push(key=OTHER_TRIES, value=[drill_id])
            prepared = prepared.model_copy(update={"data": {**prepared.data, "drill_id": drill_id}})
        return run.drill(job, prepared)

    def judge(self, report: StepReport) -> None:
        """Leave it to the checks' own tasks and the verdict."""

    def left(self, report: StepReport) -> dict[str, JsonValue]:
        """The report, by the store where it is long."""
        name = report.data.get("drill_id", "unknown")
        key = f"evidence/{CAPABILITY}/{self.subject}/reports/{name}.json"
        return pack(report, key, lambda: subjects.platform().store)


class Teardown(DrillStep):
    """Take down the pod or instance once more, whatever became of the drill and of its worker."""

    step = TEARDOWN

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        super().__init__(subject=subject, **{"trigger_rule": "all_done", **kwargs})

    def work(self, job: Job, context: Context) -> StepReport:
        """Look for what each try of the drill has owned, by its id."""
        from dataops.drill.teardown import teardown

        return teardown(job, self._ids(context))

    def _ids(self, context: Context) -> Iterable[str]:
        """Of every try; none where the drill was not even prepared."""
        prepared = context["ti"].xcom_pull(task_ids="prepare")
        first = StepReport.model_validate(prepared).data.get("drill_id") if prepared else None
        others = context["ti"].xcom_pull(task_ids="drill", key=OTHER_TRIES) or ()
        return [str(each) for each in (first, *others) if each]


class DrillEvidence(Evidence):
    """Records the drill, marks the backup as proven or no longer proven, and gives one line a check.

    ``elsewhere``: the scratch server is not the worker's own, and has a task that takes it down.
    """

    capability = CAPABILITY

    def __init__(self, *, subject: str, elsewhere: bool = False, **kwargs: Any) -> None:
        super().__init__(subject=subject, **kwargs)
        self.steps = (*STEPS, TEARDOWN) if elsewhere else STEPS

    def record(self, platform: Platform, reports: Sequence[StepReport], lineage: Mapping[str, str]) -> Record:
        """The record of a drill."""
        from dataops.drill import run

        return run.record_of(platform, platform.inventory.subject(self.subject), reports, lineage=lineage)

    def after(
        self, platform: Platform, record: Record, published: Published, told: dict[str, Any], context: Context
    ) -> list[dict[str, JsonValue]]:
        """Prove, then what the checks map over; the verdict reads the rest under a key of its own."""
        from dataops.drill import run

        run.prove(platform, record, published)
        context["ti"].xcom_push(key=RECORDED, value=told)
        return check_lines(record, self.page)


class CheckResult(BaseOperator):
    """One check of the drill as a task of the grid: as red as the check, skipped where not applicable."""

    template_fields: Sequence[str] = ()
    operator_extra_links = (EvidencePage(),)

    def __init__(self, *, line: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.line = line

    @property
    def page(self) -> str:
        """Where the whole evidence is."""
        return str(self.line["page"])

    def execute(self, context: Context) -> None:
        """Say what was expected and what was there; ``NotPassed`` where that was red."""
        line = self.line
        for name in ("expected", "observed", "reason"):
            if line[name]:
                self.log.info("%s: %s", name, line[name])
        self.log.info("%s after %.1f s; evidence: %s", line["verdict"], line["seconds"], self.page)
        if line["verdict"] == Says.NOT_APPLICABLE.value:
            raise AirflowSkipException(f"{line['name']} is not applicable: {line['reason']}")
        if line["verdict"] != Says.PASSED.value:
            told = line["reason"] or f"expected {line['expected']}, observed {line['observed']}"
            raise NotPassed(f"{line['name']} is {line['verdict']}: {told}. Evidence: {self.page}")
