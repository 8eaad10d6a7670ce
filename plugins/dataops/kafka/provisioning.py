"""A run that provisions a cluster in one process, for the command line: the steps of the DAG, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence import approving
from dataops.evidence.publishing import Published, publish
from dataops.evidence.record import Record
from dataops.evidence.steps import StepReport, broken, unfinished
from dataops.kafka import plans, run
from dataops.kafka.job import Job, StalePlan, this_process, user
from dataops.kafka.recording import record_of


@dataclass(frozen=True)
class Agreed:
    """The hashes that a person named, whole or as they are shown; empty where none was."""

    safe: str = ""
    gated: str = ""


@dataclass(frozen=True)
class Outcome:
    """What is on record of the run, and the exit code."""

    record: Record
    published: Published
    exit_code: int


def provision(job: Job, agreed: Agreed) -> Outcome:
    """Check, plan, apply what was agreed to, read back, and put it on record, also where it was stopped.

    Of what a step raises only the unforeseen and interruptions come out, once the record is published.
    """
    if not agreed.safe and not agreed.gated:
        raise ConfigurationError(
            f"Name the plan that shall be applied: `dataops kafka plan {job.cluster}` shows its hash."
        )
    reports, error = _run(job, agreed)
    record = record_of(job, reports)
    published = publish(job.platform.store, record)
    if error is not None and not isinstance(error, DataOpsError):
        raise error
    return Outcome(record, published, _code(record, reports, error))


def _run(job: Job, agreed: Agreed) -> tuple[list[StepReport], BaseException | None]:
    """A report of every step. One that is red ends the run, but for what a plan merely refuses."""
    actions: dict[str, Callable[[Mapping[str, StepReport]], StepReport]] = {
        "check": lambda done: run.check(job),
        "plan": lambda done: run.plan(job),
        "apply": lambda done: run.apply(job, "safe", _safe(done["plan"], agreed)),
        "approve": lambda done: _approve(job, done["plan"], agreed),
        "apply_approved": lambda done: run.apply(
            job, "gated", _text(done["approve"], "approved") or _text(done["plan"], "gated")
        ),
    }
    reports: list[StepReport] = []
    done: dict[str, StepReport] = {}
    stopped: BaseException | None = None
    red = ""
    for name, action in actions.items():
        if red:
            reports.append(unfinished(name, after=red))
            continue
        started = datetime.now(UTC)
        job.say(f"{name} …")
        try:
            report = action(done)
        except BaseException as error:  # ruff: ignore[blind-except] an interruption is put on record too
            report, stopped = broken(name, started, error), error
        reports.append(report)
        done[name] = report
        ends = run.stops(report, "safe") if name == "plan" else report.red
        red = name if stopped is not None or ends else ""
    return reports, stopped


def _safe(planned: StepReport, agreed: Agreed) -> str:
    """The hash that was named; what it names, the step finds out: a run that died may have begun it."""
    found = _text(planned, "safe")
    if found and not agreed.safe:
        raise ConfigurationError(f"The safe changes come first: name them too, with --plan {found[:12]}.")
    return agreed.safe


def _approve(job: Job, planned: StepReport, agreed: Agreed) -> StepReport:
    """Whether the gated part may be applied: where the cluster is guarded, only by its hash."""
    found, count = _text(planned, "gated"), planned.data.get("gated_changes")
    begun = run.begun(job, agreed.gated)
    if begun:
        return approving.given(begun, f"{user()} on the command line ({this_process()})")
    if not found:
        return approving.not_needed("nothing is disruptive or destructive")
    red = run.stops(planned, "gated")
    if red is not None:
        return approving.missing(found, f"not asked for: {red.name}: {red.reason}")
    if not planned.data.get("guarded"):
        return approving.not_needed("the cluster is not guarded")
    if not agreed.gated:
        return approving.missing(
            found,
            f"{count} changes wait for a person: read the plan, then apply it with --approve {found[:12]}",
        )
    if not plans.is_named(found, agreed.gated):
        raise StalePlan(
            f"The approval of {agreed.gated[:12]} is stale: files and cluster now give {found[:12]}. "
            "Nothing of it was changed; look at the new plan."
        )
    return approving.given(found, f"{user()} on the command line ({this_process()})")


def _code(record: Record, reports: list[StepReport], error: BaseException | None) -> int:
    bad_files = any(check.name == "files" and report.red for report in reports for check in report.checks)
    if bad_files or isinstance(error, ConfigurationError):
        return ConfigurationError.exit_code
    return record.verdict.exit_code


def _text(report: StepReport, name: str) -> str:
    return str(report.data.get(name) or "")
