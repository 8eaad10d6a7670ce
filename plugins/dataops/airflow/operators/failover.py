"""A failover test as tasks: look and plan, ask a person, play the round in one task, put it on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.airflow import links, subjects
from dataops.airflow.operators.asking import AskSomebodyElse, Question
from dataops.airflow.operators.evidence import Evidence
from dataops.airflow.operators.reported_step import ReportedStep, holder, left_by, left_of
from dataops.airflow.schedule import LATE, is_too_late
from dataops.airflow.tags import Capability
from dataops.evidence.approving import SHOWN, STEP, NotApproved, authors_of
from dataops.evidence.steps import NotPassed, StepReport
from dataops.inventory.location import include_folder

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence.record import Record
    from dataops.evidence.verdict import Check
    from dataops.failover.job import Job
    from dataops.platform import Platform

PREFLIGHT, TEST = "preflight", "test"


class FailoverStep(ReportedStep):
    """One step of the test of ``scenario``."""

    template_fields: Sequence[str] = ("scenario",)

    def __init__(self, *, scenario: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario

    @property
    def folder(self) -> str:
        """By scenario."""
        return reports_of(self.scenario)

    def job(self, context: Context) -> Job:
        """The scenario, the platform, and who holds the lease."""
        from dataops.failover.job import Job

        return Job(
            platform=subjects.platform(),
            name=self.scenario,
            say=lambda line: self.log.info("%s", line),
            holder=holder(self, context),
        )


class FailoverPreflight(FailoverStep):
    """Look at the cluster, refuse what must not be touched, and plan. Touches nothing."""

    step = PREFLIGHT

    def work(self, job: Job, context: Context) -> StepReport:
        """Refuse a start that a tick of long ago gave; then every other refusal, by name."""
        from dataops.failover import run

        if is_too_late(context["dag_run"], datetime.now(UTC)):
            raise NotPassed(
                "This run's tick is more than 15 minutes ago: nothing was looked at or touched. The next "
                "tick, or a run by hand, plays the scenario."
            )
        return run.preflight(job)

    def stops(self, report: StepReport) -> Check | None:
        """What is refused."""
        from dataops.failover import run

        return run.stops(report)


class ApproveTest(AskSomebodyElse):
    """Shows a person the exact steps and the worst case, and waits; skipped where nobody has to be asked."""

    capability = Capability.FAILOVER_TEST.value
    template_fields: Sequence[str] = ("scenario", "subject", "body")

    def __init__(self, *, scenario: str, owner_of_scenario: str, **kwargs: Any) -> None:
        super().__init__(
            asked_about=scenario,
            **{"subject": f"Failover test {scenario}: break the cluster now?", **kwargs},
        )
        self.scenario = scenario
        self.owner_of_scenario = owner_of_scenario

    def question(self, context: Context) -> Question:
        """The hash, and the plan: its worst case first, then every command."""
        report = left_of(context, PREFLIGHT)
        if not report.data.get("needs_approval"):
            self.skip_asking(context, "this scenario needs no approval")
        worst, plan = str(report.data["worst"]), self.plan_hash(context)
        shown = subjects.platform().store.get(str(report.data["markdown"])).decode()
        body = "\n\n".join([
            f"You approve the plan `{plan[:SHOWN]}` and nothing else: where scenario, cluster or code change "
            f"before it begins, it is refused. It begins as soon as you approve. "
            f"[What each task does]({links.runbook(context['dag'].dag_id)})",
            shown,
        ])
        sentence = f"Worst case: {worst} Plan {plan[:SHOWN]}."
        return Question(body=body, sentence=sentence, owner=self.owner_of_scenario)

    def plan_hash(self, context: Context) -> str:
        """That of the plan which the preflight made."""
        return str(left_of(context, PREFLIGHT).data["hash"])

    def authors(self) -> Sequence[str]:
        """Whoever last changed the scenario's file."""
        return authors_of(include_folder() / "failover" / f"{self.scenario}.yaml")

    def leave(self, context: Context, report: StepReport) -> dict[str, Any]:
        """Beside the reports of the other steps."""
        return left_by(context, reports_of(self.scenario), report)


class FailoverTest(FailoverStep):
    """Play the round: canary, fault, promotion, route, proofs, rejoin, failback. One task, one try.

    When Airflow tells it to stop it heals before the commit point, and leaves the rest to the guard after it.
    """

    step = TEST

    def __init__(self, *, scenario: str, **kwargs: Any) -> None:
        # Where nobody had to be asked, the task before is skipped and this one has its turn.
        super().__init__(scenario=scenario, **{"trigger_rule": "none_failed", **kwargs})

    def work(self, job: Job, context: Context) -> StepReport:
        """Plan again; go on only where that is the plan which was shown, and approved if it had to be."""
        from dataops.failover import run

        if context["ti"].try_number > 1:
            # Whoever clears the task would break the cluster once more, by a yes that was given for once.
            raise NotPassed("A round is played once. Nothing was touched: trigger a new run of the DAG.")
        report = left_of(context, PREFLIGHT)
        wanted = str(report.data["hash"])
        if report.data.get("needs_approval"):
            _insist_on_approval(left_of(context, STEP), wanted)
        return run.carry_out(job, wanted, told=self._tell)

    def _tell(self, report: StepReport) -> None:
        self.told = report


class FailoverEvidence(Evidence):
    """Records the test from what its steps left, however they ended."""

    capability = Capability.FAILOVER_TEST.value
    steps = (PREFLIGHT, STEP, TEST)

    def __init__(self, *, scenario: str, **kwargs: Any) -> None:
        super().__init__(subject=scenario, **kwargs)

    def record(self, platform: Platform, reports: Sequence[StepReport], lineage: Mapping[str, str]) -> Record:
        """The record of all steps."""
        from dataops.failover.job import Job
        from dataops.failover.recording import record_of

        job = Job(platform, self.subject, lambda line: self.log.info("%s", line))
        return record_of(job, reports, lineage=lineage)


def _insist_on_approval(answer: StepReport, wanted: str) -> None:
    """Of this very plan, and not of long ago: whoever said yes is still there to see what it does."""
    if answer.data.get("approved") != wanted:
        raise NotApproved(f"The plan {wanted[:SHOWN]} is not the one that was approved. Run again.")
    if datetime.now(UTC) - answer.finished > LATE:
        raise NotApproved(
            "The approval is more than 15 minutes old: another test, or no free worker, kept it waiting. "
            "Nothing was touched. Run again."
        )


def reports_of(scenario: str) -> str:
    """Where the long reports of its tests lie in the store."""
    return f"failover/reports/{scenario}"
