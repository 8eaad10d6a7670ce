"""Reading back from the store everything that was written, before it may count as a backup."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.backup.logical.draft import read_draft
from dataops.backup.manifest.header import Header
from dataops.backup.steps import Job, StepReport
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict

if TYPE_CHECKING:
    from dataops.store import ObjectStore

READERS = 3
"""Objects read at once; each is hashed as it streams, so memory stays small."""


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
        artifacts=header.objects,
        data={"backup_id": header.backup_id},
    )


def sent_header(job: Job, taken: StepReport) -> Header:
    """The manifest that take prepared; ``NoDraft`` where it is gone or is not the one that was sent."""
    backup_id, sha256 = str(taken.data["backup_id"]), str(taken.data["draft_sha256"])
    return read_draft(job.platform.store, job.subject.name, backup_id, sha256)


def read_back(store: ObjectStore, objects: tuple[Artifact, ...], *, name: str) -> Check:
    """One check over all objects, naming each that is missing or differs.

    An object that could not be read for another reason is an error of the store: it raises.
    """
    begun = time.monotonic()
    with ThreadPoolExecutor(READERS, thread_name_prefix="read-back") as pool:
        faults = [fault for fault in pool.map(lambda sent: _fault(store, sent), objects) if fault]
    return Check(
        name=name,
        verdict=Verdict.FAILED if faults else Verdict.PASSED,
        expected=f"{len(objects)} objects as sent",
        observed=faults or f"{len(objects)} objects as sent",
        seconds=round(time.monotonic() - begun, 3),
        reason=faults[0] if faults else "",
    )


def _fault(store: ObjectStore, sent: Artifact) -> str:
    from dataops.store import ObjectMissing

    try:
        found, size = store.sha256_of(sent.key)
    except ObjectMissing:
        return f"{sent.key} is missing."
    if size != sent.size:
        return f"{sent.key} has {size} bytes, {sent.size} were sent."
    return "" if found == sent.sha256 else f"{sent.key} holds other bytes than were sent."
