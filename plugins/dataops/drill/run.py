"""One drill: choose a point, look before touching, restore, check, tear down; and the record of it.

The command line calls ``run``; Airflow runs the same steps as tasks and calls ``record_of``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.backup.steps import Job
from dataops.drill.alone import alone
from dataops.drill.point import Point
from dataops.drill.steps import CAPABILITY
from dataops.drill.troubles import told_apart
from dataops.drill.wishes import wished
from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError
from dataops.evidence.steps import Say, StepReport, broken, run_steps
from dataops.inventory import Database, Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.store import Held


@dataclass(frozen=True)
class Outcome:
    """A drill's record, where its evidence lies, and the exit code that the command line answers."""

    record: Record
    published: Published
    exit_code: int


def new_drill_id(started: datetime) -> str:
    """``20261123T141500Z-3f9a2c``: the start in UTC and something random; its resources carry it."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def prepare(job: Job) -> StepReport:
    """The point is chosen and everything that the drill needs is there; changes nothing.

    ``job.options`` may hold ``point`` (``latest``, ``oldest``, ``random``, a backup id or an ISO time).
    ``data`` has ``drill_id``, ``backup_id`` and ``point``, which ``drill`` takes up.
    """
    from dataops.drill.choosing import choose
    from dataops.drill.preflight import preflight

    started = datetime.now(UTC)
    point = choose(job, str(job.options["point"]) if job.options.get("point") else None)
    job.say(
        f"Point: {point.at:%Y-%m-%d %H:%M:%S} UTC, backup {point.header.backup_id}: {point.chosen_because}."
    )
    checks = preflight(job, point)
    return StepReport(
        step="prepare",
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        data={
            "drill_id": new_drill_id(started),
            "backup_id": point.header.backup_id,
            "point": point.to_json(),
        },
    )


def drill(job: Job, prepared: StepReport) -> StepReport:
    """Restore the prepared point, check it, measure it, tear it down; one check a line.

    Whatever happens, the scratch server and its files are gone after it. A backup that cannot be restored is
    a failed check. What says nothing of the backup itself, such as a store that is down, is raised as an
    ``InconclusiveError``: ``NotAlone`` beside another drill of the subject, ``NotSetUp``, ``NotCarriedOut``.
    """
    from dataops.drill.restoring import torn_down

    started, drill_id = datetime.now(UTC), str(prepared.data["drill_id"])
    try:
        with told_apart(), alone(job, drill_id=drill_id, backup_id=str(prepared.data["backup_id"])) as held:
            return _carry_out(job, prepared, held, started)
    except InconclusiveError:
        raise
    except DataOpsError as error:
        job.say(f"The backup cannot be restored: {error}")
        stopped = broken("drill", started, error)
        checks = (*stopped.checks, torn_down(job, drill_id))
        return stopped.model_copy(update={"checks": checks, "data": {"drill_id": drill_id}})


def _carry_out(job: Job, prepared: StepReport, held: Held, started: datetime) -> StepReport:
    from dataops.drill.boundary import boundary_check
    from dataops.drill.checking import run_checks
    from dataops.drill.measuring import measure
    from dataops.drill.restoring import restored, torn_down

    drill_id = str(prepared.data["drill_id"])
    # Read under the lease: from here on expiry keeps the backup, or it is gone already.
    point = Point.from_json(prepared.data["point"], job.platform, job.subject)
    with restored(job, point, drill_id=drill_id) as server:
        held.check()
        # First of all: later checks may give out the transaction numbers that it asks for.
        boundary = boundary_check(server)
        outcome = run_checks(server, job)
        held.check()
    checks = (boundary, *outcome.checks, torn_down(job, drill_id))
    measured = measure(job, server, checks)
    return StepReport(
        step="drill",
        started=started,
        finished=datetime.now(UTC),
        checks=(*checks, *measured.checks),
        figures=measured.figures,
        programs=server.header.programs,
        data={"drill_id": drill_id, "coverage": outcome.coverage, "details": measured.details},
    )


def run(
    platform: Platform,
    name: str,
    *,
    say: Say,
    point: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Outcome:
    """Drill one subject, from choosing the point to evidence, which is written also where it was stopped."""
    from dataops.evidence import publish

    subject = wished(platform.inventory.subject(name), options or {})
    if subject.retired is not None:
        raise ConfigurationError(f"{name} is retired since {subject.retired}: it has no drills any more.")
    job = Job(platform=platform, subject=subject, say=say, options={**(options or {}), "point": point})
    reports, error = _run_steps(job)
    record = record_of(platform, subject, reports)
    published = publish(platform.store, record)
    prove(platform, record, published)
    if error is not None and not isinstance(error, DataOpsError):
        raise error
    code = ConfigurationError.exit_code if isinstance(error, ConfigurationError) else record.verdict.exit_code
    return Outcome(record, published, code)


def prove(platform: Platform, record: Record, published: Published) -> None:
    """Mark the backup as proven, or as no longer proven; nothing where the evidence is not in the store."""
    from dataops.drill.proof import write_proof

    if record.lineage.backup_id is not None and not published.spooled:
        write_proof(platform.store, record, published.key)


def _run_steps(job: Job) -> tuple[list[StepReport], BaseException | None]:
    actions: dict[str, Callable[[Mapping[str, StepReport]], StepReport]] = {
        "prepare": lambda _: prepare(job),
        "drill": lambda done: drill(job, done["prepare"]),
    }
    return run_steps(actions, job.say)


def record_of(
    platform: Platform,
    subject: Database | Server,
    reports: Sequence[StepReport],
    *,
    lineage: Mapping[str, str] | None = None,
) -> Record:
    """The record of a drill from what its steps reported, the verdict being that of all their checks."""
    from dataops.evidence.record import Objectives
    from dataops.evidence.recording import data_of, lineage_of, record_of_steps

    data = data_of(reports)
    details, backup_id = data.get("details"), data.get("backup_id")
    return record_of_steps(
        CAPABILITY,
        subject.name,
        reports,
        environment=platform.environment,
        owner=subject.owner,
        objectives=Objectives(
            rto_seconds=subject.objectives.rto.total_seconds(),
            rpo_seconds=subject.objectives.rpo.total_seconds(),
        ),
        lineage=lineage_of(lineage, backup_id=str(backup_id) if backup_id else None),
        details={
            **(details if isinstance(details, dict) else {}),
            **{name: data[name] for name in ("drill_id", "point", "coverage") if name in data},
        },
    )
