"""Reading back from the store everything that was written, before it may count as a backup."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.backup.draft import read_draft
from dataops.backup.manifest.header import Header
from dataops.backup.reading_back import read_back
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Figure

LISTED = 100
"""Reports travel between tasks: of a backup with more objects, only the manifest lists them all."""


def verify(job: Job, taken: StepReport) -> StepReport:
    """Whether every object lies in the store with the size and SHA-256 that were sent."""
    started = datetime.now(UTC)
    header = sent_header(job, taken)
    check = read_back(job.platform.store, header.objects, name="store: read back")
    job.say(f"Read back {len(header.objects)} objects, {header.stored_bytes / 1e6:,.1f} MB: {check.verdict}.")
    return StepReport(
        step="verify",
        started=started,
        finished=datetime.now(UTC),
        checks=(check,),
        figures=(Figure(name="read back", value=check.seconds, unit="seconds"),),
        artifacts=header.objects if len(header.objects) <= LISTED else (),
        data={"backup_id": header.backup_id},
    )


def sent_header(job: Job, taken: StepReport) -> Header:
    """The manifest that take prepared; ``NoDraft`` where it is gone or is not the one that was sent."""
    backup_id, sha256 = str(taken.data["backup_id"]), str(taken.data["draft_sha256"])
    return read_draft(job.platform.store, job.subject.name, backup_id, sha256)
