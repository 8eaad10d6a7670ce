"""When a subject is backed up, and which type of physical backup a run takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronTriggerTimetable, MultipleCronTriggerTimetable

if TYPE_CHECKING:
    from dataops.inventory import BackupType, Server, Subject

TICKED = {"scheduled", "backfill"}
"""Types of run whose logical date is a tick of the schedule."""


def timetable(subject: Subject) -> CronTriggerTimetable | MultipleCronTriggerTimetable:
    """The subject's schedule, in UTC; where two crons tick in one minute, one run starts."""
    crons = subject.schedules
    if len(crons) == 1:
        return CronTriggerTimetable(crons[0], timezone="UTC")
    return MultipleCronTriggerTimetable(*crons, timezone="UTC")


def type_of_run(server: Server, run: Any, chosen: str) -> BackupType | str:
    """The type that the run's tick means; in a run that no tick started, the one chosen in the form."""
    run_type = str(getattr(run.run_type, "value", run.run_type))
    tick: datetime | None = run.logical_date
    return server.backup_type_at(tick.astimezone(UTC)) if run_type in TICKED and tick else chosen
