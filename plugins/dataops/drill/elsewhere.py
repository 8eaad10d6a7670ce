"""``drill check``: the checks of a drill on a server that somebody else restored, which is only read.

For the day of a real disaster, for managed servers, and for backups that another tool has taken. It says
whether that server is what the backup promised; it proves no backup, since nobody here saw the restore.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.backup import catalog
from dataops.backup.manifest.header import Header
from dataops.backup.steps import Job
from dataops.drill.run import record_of
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.record import Record
from dataops.evidence.steps import Say, StepReport, broken
from dataops.platform import Platform

CAPABILITY = "drill_check"


def check(platform: Platform, name: str, *, backup_id: str, dsn: str, say: Say) -> Record:
    """The record of one look at the server behind ``dsn``, held against the manifest of a backup.

    A server that cannot be looked at is on record too. Raises ``ConfigurationError``, and records nothing,
    where the DSN or the backup is not what it should be.
    """
    subject = platform.inventory.subject(name)
    header = catalog.header(platform.store, name, backup_id)
    job = Job(platform, subject, say)
    started = datetime.now(UTC)
    try:
        report = _look(job, header, dsn, started)
    except ConfigurationError:
        raise
    except DataOpsError as error:
        report = broken("check", started, error)
    about = {"backup_id": backup_id}
    report = report.model_copy(update={"data": {**report.data, **about}})
    return record_of(platform, subject, [report]).model_copy(update={"capability": CAPABILITY})


def _look(job: Job, header: Header, dsn: str, started: datetime) -> StepReport:
    from dataops.drill.checking import run_checks
    from dataops.drill.restoring import attached

    outcome = run_checks(attached(job, header, dsn), job)
    return StepReport(
        step="check",
        started=started,
        finished=datetime.now(UTC),
        checks=outcome.checks,
        programs=header.programs,
        data={"coverage": outcome.coverage},
    )
