"""When a subject is backed up and drilled, and which type of physical backup a run takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronTriggerTimetable, MultipleCronTriggerTimetable

from dataops.airflow import assets
from dataops.inventory import AFTER_BACKUP
from dataops.inventory.schedule import spread

if TYPE_CHECKING:
    from airflow.sdk import Asset

    from dataops.failover.scenario import Scenario
    from dataops.inventory import BackupType, Database, Server, Subject

TICKED = {"scheduled", "backfill"}
"""Types of run whose logical date is a tick of the schedule."""

DRILLS_START = 4
"""The hour, UTC, at which drills begin that only say ``daily`` or ``weekly``: after the night's backups."""

PROVISIONING_STARTS = 6
"""The hour, UTC, at which daily provisioning begins: after the night's looks for drift."""

REPORTS_START = 5
"""The hour, UTC, at which reports begin that only say ``daily``: before the people come who read them."""

TESTS_START = 9
"""The hour, UTC, at which failover tests begin that only say ``weekly``: when people are at work."""

LATE = timedelta(minutes=15)
"""After its tick a dangerous DAG does not start any more."""

JUST_NOW = timedelta(minutes=2)
"""A first tick that was so long ago still counts: the DAG processor may read the file just after it."""


def timetable(subject: Subject) -> CronTriggerTimetable | MultipleCronTriggerTimetable:
    """The subject's schedule, in UTC; where two crons tick in one minute, one run starts."""
    crons = subject.schedules
    if len(crons) == 1:
        return CronTriggerTimetable(crons[0], timezone="UTC")
    return MultipleCronTriggerTimetable(*crons, timezone="UTC")


def is_too_late(run: Any, now: datetime) -> bool:
    """Whether a run of a dangerous DAG was started by a tick that is long over: on deploy, on unpausing."""
    run_type = str(getattr(run.run_type, "value", run.run_type))
    tick: datetime | None = run.logical_date
    return run_type in TICKED and tick is not None and now - tick > LATE


def type_of_run(server: Server, run: Any, chosen: str) -> BackupType | str:
    """The type that the run's tick means; in a run that no tick started, the one chosen in the form."""
    run_type = str(getattr(run.run_type, "value", run.run_type))
    tick: datetime | None = run.logical_date
    return server.backup_type_at(tick.astimezone(UTC)) if run_type in TICKED and tick else chosen


def drill_timetable(subject: Subject) -> CronTriggerTimetable | list[Asset]:
    """When the subject's drills start: after each backup that passed, or on a schedule of their own."""
    schedule = subject.drill.schedule
    if schedule == AFTER_BACKUP:
        return [assets.backup(subject.name)]
    return from_the_next_tick(spread(schedule, subject.name, starts=DRILLS_START))


def report_timetable(database: Database) -> CronTriggerTimetable:
    """When the database's reports are made."""
    return from_the_next_tick(spread(database.report.schedule, database.name, starts=REPORTS_START))


def failover_timetable(scenario: Scenario) -> CronTriggerTimetable | None:
    """When the scenario is played; None where only a person starts it."""
    if scenario.schedule is None:
        return None
    return from_the_next_tick(spread(scenario.schedule, scenario.name, starts=TESTS_START))


def from_the_next_tick(cron: str) -> CronTriggerTimetable:
    """The cron, in UTC, for a DAG whose first run must not be that of a tick before it was deployed.

    Airflow starts a new DAG's last tick at once where the DAG has a start date, whatever ``run_immediately``
    says; so the DAG must have none. Then ``False`` would still take back a tenth of the interval.
    Source: ``airflow/timetables/trigger.py`` of 3.3, ``next_dagrun_info`` and ``_calc_first_run``.
    """
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=JUST_NOW)
