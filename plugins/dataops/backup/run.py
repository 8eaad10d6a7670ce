"""One backup run: every step in its order, and the record of what they found.

The command line calls ``run``; Airflow runs the same steps as tasks and calls ``record_of``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.backup.steps import Job, Method
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.steps import Say, StepReport, run_steps
from dataops.inventory import Database, Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.evidence import Published
    from dataops.evidence.record import Record

STEPS = ("preflight", "take", "verify", "publish", "expire")


@dataclass(frozen=True)
class Outcome:
    """A run's record, where its evidence lies, and the exit code that the command line answers."""

    record: Record
    published: Published
    exit_code: int


def method_of(subject: Database | Server) -> Method:
    """How this subject is backed up."""
    match subject.method:
        case "logical":
            from dataops.backup.logical import Logical

            return Logical()
        case "physical":
            from dataops.backup.physical import Physical

            return Physical()
        case "rds_snapshot":
            from dataops.backup.rds_snapshot import RdsSnapshot

            return RdsSnapshot()


def run(platform: Platform, name: str, *, say: Say, options: Mapping[str, Any] | None = None) -> Outcome:
    """Back up one subject, from preflight to evidence, which is written also where a red step stopped it."""
    from dataops.evidence import publish

    subject = platform.inventory.subject(name)
    if subject.retired is not None:
        raise ConfigurationError(
            f"{name} is retired since {subject.retired}: remove `retired` to back it up again."
        )
    if subject.drill.third_party is not None:
        raise ConfigurationError(
            f"{name} is backed up by {subject.drill.third_party.kind}, as its drill.third_party says: "
            f"drill it with `dataops drill run {name}`."
        )
    job = Job(platform=platform, subject=subject, say=say, options=options or {})
    reports, error = _run_steps(job)
    record = record_of(platform, subject, reports)
    published = publish(platform.store, record)
    if error is not None and not isinstance(error, DataOpsError):
        raise error
    code = ConfigurationError.exit_code if isinstance(error, ConfigurationError) else record.verdict.exit_code
    return Outcome(record, published, code)


def _run_steps(job: Job) -> tuple[list[StepReport], BaseException | None]:
    method = method_of(job.subject)
    actions: dict[str, Callable[[Mapping[str, StepReport]], StepReport]] = {
        "preflight": lambda _: method.preflight(job),
        "take": lambda _: method.take(job),
        "verify": lambda done: method.verify(job, done["take"]),
        "publish": lambda done: method.publish(job, done["take"], done["verify"]),
        "expire": lambda _: _expire(job),
    }
    return run_steps(actions, job.say)


def _expire(job: Job) -> StepReport:
    from dataops.backup.expire import step

    return step(job)


def record_of(
    platform: Platform,
    subject: Database | Server,
    reports: Sequence[StepReport],
    *,
    lineage: Mapping[str, str] | None = None,
) -> Record:
    """The record of a run from what its steps reported, the verdict being that of all their checks."""
    from dataops.evidence.record import Objectives
    from dataops.evidence.recording import data_of, lineage_of, record_of_steps

    backup_id = data_of(reports).get("backup_id")
    return record_of_steps(
        "backup",
        subject.name,
        reports,
        environment=platform.environment,
        owner=subject.owner,
        objectives=Objectives(
            rto_seconds=subject.objectives.rto.total_seconds(),
            rpo_seconds=subject.objectives.rpo.total_seconds(),
        ),
        lineage=lineage_of(lineage, backup_id=str(backup_id) if backup_id else None),
    )
