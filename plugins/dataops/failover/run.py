"""The steps of a failover test, for DAG and command line alike.

``preflight`` looks, refuses and plans, and touches nothing. ``carry_out`` does what was agreed to, in one
process, under the lease of the cluster: it plans again, and refuses where the outcome is another plan.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence import approving
from dataops.evidence.steps import StepReport, first_red, run_steps
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict
from dataops.failover.job import Job, this_process
from dataops.failover.journaling import lease_name, silence
from dataops.failover.planning.candidate import NoPlan
from dataops.failover.planning.planning import keep_plan, plan_of
from dataops.failover.planning.render import markdown
from dataops.failover.recording import record_of
from dataops.failover.round.findings import Findings
from dataops.store import lease

if TYPE_CHECKING:
    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.failover.planning.plan import Plan
    from dataops.failover.topology import Topology

PREFLIGHT, APPROVE, TEST = "preflight", "approve", "test"
STEPS = (PREFLIGHT, APPROVE, TEST)
"""In this order. ``approve`` is a person's."""


class StalePlan(DataOpsError):
    """The plan that shall be carried out is not that of files and cluster now. Nothing was touched."""


@dataclass(frozen=True)
class Outcome:
    """What is on record of the test, and the exit code."""

    record: Record
    published: Published
    exit_code: int


def preflight(job: Job) -> StepReport:
    """What a round would do, kept in the store, and everything that refuses it. Touches nothing.

    ``data``: ``plan`` and ``markdown`` (keys), ``hash``, ``summary``, ``worst``, ``mode``, ``git_commit``,
    and ``needs_approval``: whether a person must be asked.
    """
    from dataops.failover.debt import debts_of
    from dataops.failover.planning.render.wording import worst
    from dataops.failover.refusals.preflight import preflight as refusals

    started, store = datetime.now(UTC), job.platform.store
    seen = job.driver.observe()
    checks = refusals(job, seen)
    try:
        plan = plan_of(job, seen)
    except NoPlan as error:
        return _without_plan(job, started, checks, error)
    job.say(plan.summary)
    debts = debts_of(job, seen)
    kept = keep_plan(store, plan)
    shown = store.put(kept.key.removesuffix(".json") + ".md", markdown(plan))
    return StepReport(
        step=PREFLIGHT,
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        figures=(Figure(name="readiness debts", value=len(debts), unit="count"),),
        artifacts=(kept, Artifact(key=shown.key, size=shown.size, sha256=shown.sha256)),
        programs=_programs(seen),
        data={
            "plan": kept.key,
            "markdown": shown.key,
            "hash": plan.hash,
            "summary": plan.summary,
            "worst": worst(plan),
            "mode": plan.mode,
            "git_commit": plan.git_commit,
            "readiness debts": [f"{each.name}: {each.observed}: {each.advice}" for each in debts],
            "needs_approval": plan.touches and job.scenario.approval.required,
        },
    )


def stops(report: StepReport) -> Check | None:
    """The red check of a preflight that forbids to go on."""
    return first_red(report.checks)


def carry_out(job: Job, wanted: str, *, told: Callable[[StepReport], None] | None = None) -> StepReport:
    """The round. ``wanted`` is the hash of the plan that was agreed to, whole or as it is shown.

    Empty where nobody has to agree: then the plan made now is the one. Whatever the round meets is in its
    checks. Raises ``StalePlan``, ``LeaseHeld``, ``RoundOpen`` and errors of the configuration before anything
    is touched. An interruption heals or goes forward first; it is raised again then, once the report was
    given to ``told``.
    """
    from dataops.failover.round.coordinator import conduct

    started, run = datetime.now(UTC), new_run(datetime.now(UTC))
    seen = job.driver.observe()
    plan = plan_of(job, seen, measured=False)
    _insist_on(plan, wanted, job)
    if not plan.touches:
        return _tabletop(plan, started)
    seconds = silence(job.scenario.stop.lease.total_seconds())
    name = lease_name(plan.system_identifier)
    with lease(job.platform.store, name, holder=job.holder or this_process(), seconds=seconds) as held:
        findings, interruption = conduct(job, plan, seen, held, run)
    report = _report(findings, started, plan)
    if told is not None:
        told(report)
    if interruption is not None:
        raise interruption
    return report


def run(job: Job, *, approve: str = "") -> Outcome:
    """All steps in one process, for the command line: evidence is published also where they were stopped.

    Raises ``ConfigurationError`` for a scenario that cannot be read: then there is nothing to be evidence of.
    """
    from dataops.evidence import publish

    job.say(f"{job.scenario.name}: {job.scenario.mode} of {job.server.name}")
    tested: list[StepReport] = []
    actions: dict[str, Callable[[Mapping[str, StepReport]], StepReport]] = {
        PREFLIGHT: lambda _: preflight(job),
        APPROVE: lambda done: _approve(done[PREFLIGHT], approve),
        TEST: lambda done: carry_out(job, str(done[PREFLIGHT].data["hash"]), told=tested.append),
    }
    try:
        reports, error = run_steps(actions, job.say)
    finally:
        _let_go(job)
    if tested:  # also where an interruption hid it
        reports = [tested[0] if each.step == TEST else each for each in reports]
    record = record_of(job, reports)
    published = publish(job.platform.store, record)
    if error is not None and not isinstance(error, DataOpsError):
        raise error
    code = ConfigurationError.exit_code if isinstance(error, ConfigurationError) else record.verdict.exit_code
    return Outcome(record, published, code)


def new_run(at: datetime) -> str:
    """``20261123T141500Z-3f9a2c``: the start in UTC and something random, safe in a key."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _let_go(job: Job) -> None:
    """Sessions and machines that the driver keeps open, where it was made and keeps any."""
    close: Callable[[], None] | None = getattr(job.__dict__.get("driver"), "close", None)
    if close is not None:
        close()


def _approve(planned: StepReport, named: str) -> StepReport:
    found = str(planned.data["hash"])
    if not planned.data.get("needs_approval"):
        return approving.not_needed("the scenario does not ask for it")
    if not named:
        return approving.missing(
            found, f"a person must agree: read the plan, then run it with --approve {found[:12]}"
        )
    if not found.startswith(named) or len(named) < 12:
        raise StalePlan(
            f"The approval of {named[:12]} is stale: files and cluster now give {found[:12]}. "
            "Nothing was touched; look at the new plan."
        )
    return approving.given(found, f"{this_process()} on the command line")


def _insist_on(plan: Plan, wanted: str, job: Job) -> None:
    if wanted and not plan.names(wanted):
        raise StalePlan(
            f"The plan {wanted[:12]} was agreed to, and files and cluster now give {plan.hash[:12]}. "
            f"Nothing was touched: `dataops failover plan {job.name}` shows the new plan."
        )
    if not wanted and plan.touches and job.scenario.approval.required:
        raise ConfigurationError(
            f"{job.name} needs a person's approval: name the hash of the plan that was agreed to."
        )


def _programs(seen: Topology) -> dict[str, str]:
    """PostgreSQL's version of each node that told it, from ``server_version_num``."""
    return {
        f"PostgreSQL of {each.name}": f"{each.version // 10000}.{each.version % 10000}"
        for each in seen.nodes
        if each.version
    }


def _without_plan(job: Job, started: datetime, checks: Sequence[Check], error: NoPlan) -> StepReport:
    """What refuses the round says more than that it cannot be planned; that stands beside it."""
    planned = Check(
        name="round can be planned", verdict=Verdict.INCONCLUSIVE, expected="a plan", reason=str(error)
    )
    return StepReport(
        step=PREFLIGHT,
        started=started,
        finished=datetime.now(UTC),
        checks=(*checks, planned),
        data={"needs_approval": False, "mode": job.scenario.mode},
    )


def _tabletop(plan: Plan, started: datetime) -> StepReport:
    told = Check(
        name="tabletop",
        verdict=Verdict.PASSED,
        expected="the plan, and nothing done",
        observed=f"{len(plan.steps)} steps planned",
    )
    return StepReport(step=TEST, started=started, finished=datetime.now(UTC), checks=(told,))


def _report(findings: Findings, started: datetime, plan: Plan) -> StepReport:
    return StepReport(
        step=TEST,
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(findings.checks),
        figures=tuple(findings.figures),
        artifacts=tuple(findings.artifacts),
        programs=findings.programs,
        data={
            **findings.data,
            "hash": plan.hash,
            "parts": [each.to_json() for each in findings.parts],
        },
    )
