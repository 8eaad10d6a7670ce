"""The steps of provisioning a Kafka cluster as tasks, with a person's approval, and the look for drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.airflow import assets, links, subjects
from dataops.airflow.operators.asking import AskSomebodyElse, Question
from dataops.airflow.operators.evidence import Evidence
from dataops.airflow.operators.page_link import EvidencePage
from dataops.airflow.operators.reported_step import ReportedStep, holder, left_by, left_of
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import put_on_record, run_lineage
from dataops.airflow.reports import unpack
from dataops.airflow.schedule import is_too_late
from dataops.airflow.tags import Capability
from dataops.evidence.approving import authors_of
from dataops.evidence.steps import NotPassed, StepReport, unfinished
from dataops.inventory.location import include_folder
from dataops.kafka.job import Job

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence.verdict import Check

STEPS = ("check", "plan", "apply", "approve", "apply_approved")


class TopicsStep(ReportedStep):
    """One step of provisioning ``cluster``."""

    template_fields: Sequence[str] = ("cluster",)

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster

    @property
    def folder(self) -> str:
        """By cluster."""
        return reports_of(self.cluster)

    def job(self, context: Context) -> Job:
        """The cluster, the platform, and who holds the lease."""
        return job_of(self, context)


class TopicsCheck(TopicsStep):
    """Read the files, and refuse a start that a tick of long ago gave."""

    step = "check"

    def work(self, job: Job, context: Context) -> StepReport:
        """Find every mistake of every file."""
        from dataops.kafka import run

        if is_too_late(context["dag_run"], datetime.now(UTC)):
            raise NotPassed(
                "This run's tick is more than 15 minutes ago: nothing was read or changed. The next tick, or "
                "a run by hand, provisions the cluster."
            )
        return run.check(job)


class TopicsPlan(TopicsStep):
    """Read the cluster and say what an apply would change, and whether the cluster would take it."""

    step = "plan"

    def work(self, job: Job, context: Context) -> StepReport:
        """Plan, ask the cluster, keep the plan in the store."""
        from dataops.kafka import run

        return run.plan(job)

    def stops(self, report: StepReport) -> Check | None:
        """What is refused, and what keeps the gated part, keeps nobody from the safe part."""
        from dataops.kafka import run

        return run.stops(report, "safe")


class TopicsApply(TopicsStep):
    """Apply the safe part of the very plan, under the lease of the cluster, and read it back."""

    step = "apply"

    def work(self, job: Job, context: Context) -> StepReport:
        """Plan again; go on only where that is the same plan."""
        from dataops.kafka import run

        return run.apply(job, "safe", _hash(left_of(context, "plan"), "safe"))


class TopicsApplyApproved(TopicsStep):
    """Apply the part that a person approved, where there is one."""

    step = "apply_approved"

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        # Where nobody had to be asked, the task before is skipped and this one has its turn.
        super().__init__(cluster=cluster, **{"trigger_rule": "none_failed", **kwargs})

    def work(self, job: Job, context: Context) -> StepReport:
        """Plan again; go on only where that is the plan which was approved."""
        from dataops.kafka import run

        return run.apply(job, "gated", _hash(left_of(context, "plan"), "gated"))


class Approve(AskSomebodyElse):
    """Shows a person what is disruptive or destructive, and waits; skipped where there is nothing of it."""

    capability = Capability.KAFKA_TOPICS.value
    template_fields: Sequence[str] = ("cluster", "subject", "body")

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        super().__init__(
            asked_about=cluster,
            **{"subject": f"Changes of the Kafka cluster {cluster} that are not safe", **kwargs},
        )
        self.cluster = cluster

    def question(self, context: Context) -> Question:
        """The gated part of the plan, the worst case first."""
        from dataops.kafka import approval, plans, run

        job = job_of(self, context)
        report = left_of(context, "plan")
        part = _hash(report, "gated")
        if not part:
            self.skip_asking(context, "nothing is disruptive or destructive")
        if red := run.stops(report, "gated"):
            self.refuse(context, f"not asked for: {red.name}: {red.reason}")
        if not report.data.get("guarded"):
            self.skip_asking(context, "the cluster is not guarded")
        found = plans.read_plan(job.platform.store, str(report.data["plan"]))
        return Question(
            body=approval.request(found, link=links.runbook(context["dag"].dag_id)),
            sentence=f"{approval.worst_case(found)} Plan {part[:12]}.",
            owner=job.desired.cluster.owner,
        )

    def plan_hash(self, context: Context) -> str:
        """That of the gated part."""
        return _hash(left_of(context, "plan"), "gated")

    def authors(self) -> Sequence[str]:
        """Whoever last changed a file of the cluster."""
        return authors_of(include_folder() / "kafka" / self.cluster)

    def leave(self, context: Context, report: StepReport) -> dict[str, Any]:
        """Beside the reports of the other steps."""
        return left_by(context, reports_of(self.cluster), report)


class TopicsEvidence(Evidence):
    """Records the run from what its steps left, however they ended."""

    capability = Capability.KAFKA_TOPICS.value

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        super().__init__(subject=cluster, **kwargs)
        self.cluster = cluster

    def execute(self, context: Context) -> Any:
        """Where the record lies and what it says."""
        from dataops.kafka.recording import record_of

        job = job_of(self, context)
        record = record_of(job, self._left(context, job), lineage=run_lineage(context))
        told = put_on_record(job.platform.store, record, context)
        self.page = told["page"]
        return told

    def _left(self, context: Context, job: Job) -> list[StepReport]:
        """One report per step, in order; stand-ins for those that never came."""
        reports: list[StepReport] = []
        red: str | None = None
        for step in STEPS:
            left = context["ti"].xcom_pull(task_ids=step)
            report = unpack(left, lambda: job.platform.store) if left else unfinished(step, after=red)
            reports.append(report)
            red = red or (step if report.red else None)
        return reports


class DriftCheck(Stoppable):
    """Looks whether the cluster is as declared and well, and puts it on record."""

    template_fields: Sequence[str] = ("cluster",)
    operator_extra_links = (EvidencePage(),)
    page = ""

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        outlets = [assets.verdict(Capability.KAFKA_DRIFT.value, cluster)]
        super().__init__(**{"task_id": "drift", "outlets": outlets, **kwargs})
        self.cluster = cluster

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record lies and what it says."""
        from dataops.kafka.drift_check import check_drift

        job = job_of(self, context)
        with self._stoppable():
            looked = check_drift(
                job, revert=bool(context["params"].get("revert")), lineage=run_lineage(context)
            )
        for line in looked.told.splitlines():
            self.log.info("%s", line)
        told = put_on_record(job.platform.store, looked.record, context)
        self.page = told["page"]
        return told


def job_of(task: Any, context: Context) -> Job:
    """The cluster, the platform, and who holds the lease."""
    return Job(
        platform=subjects.platform(),
        cluster=task.cluster,
        say=lambda line: task.log.info("%s", line),
        holder=holder(task, context),
    )


def reports_of(cluster: str) -> str:
    """Where the long reports of its runs lie in the store."""
    return f"kafka/{cluster}/reports"


def _hash(report: StepReport, which: str) -> str:
    return str(report.data.get(which) or "")
