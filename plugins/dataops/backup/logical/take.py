"""Taking a logical backup: under the subject's lease, twice at most."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.backup.catalog import folder as folder_of
from dataops.backup.logical.attempt import Attempt, Copied
from dataops.backup.logical.dump import DumpInterrupted
from dataops.backup.logical.preflight import Ground, survey
from dataops.backup.logical.source import Source
from dataops.backup.logical.workspace import remove_leftovers
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Figure
from dataops.process import peak_memory_of

if TYPE_CHECKING:
    from dataops.store import Held

LEASE_SECONDS = 30.0
"""A run that died keeps the next one out for so long."""


def take(job: Job) -> StepReport:
    """Everything stored but the manifest; ``LeaseHeld`` while another backup of the subject runs."""
    from dataops.store import lease

    started = datetime.now(UTC)
    ground = survey(job, write=False)
    store, subject = job.platform.store, job.subject.name
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    with lease(store, f"backup/{subject}", holder=holder, seconds=LEASE_SECONDS) as held:
        _tidy(job, ground)
        copied = _copy(job, ground, held)
    return _report(started, ground, copied)


def _tidy(job: Job, ground: Ground) -> None:
    """Remove what dead runs left: under the lease, no other run of this subject uploads anything."""
    for name in remove_leftovers(ground.settings.work_dir):
        job.say(f"Removed {name}, which a run that died left behind.")
    store = job.platform.store
    for pending in store.pending_uploads(folder_of(job.subject.name)):
        store.abort_upload(pending)
        job.say(f"Aborted the unfinished upload of {pending.key}.")


def _copy(job: Job, ground: Ground, held: Held) -> Copied:
    job.say(f"Dumping {job.subject.name} from {ground.source}.")
    first = Attempt(job, ground, held)
    try:
        return first.run()
    except (DefinitionsChanged, DumpInterrupted, LockWaitExceeded) as error:
        job.say(f"{error} Trying once more.")
        return Attempt(job, _second_ground(job, ground, error), held, first.waited).run()


def _second_ground(job: Job, ground: Ground, error: Exception) -> Ground:
    """A standby that cancelled the dump for its recovery would do so again: then the primary."""
    if ground.source.role == "primary" or not isinstance(error, DumpInterrupted):
        return ground
    primary = job.platform.connection(job.platform.inventory.server_of(job.subject).connection)
    return replace(ground, source=Source(primary, "primary", f"the standby interrupted the dump: {error}"))


def _report(started: datetime, ground: Ground, copied: Copied) -> StepReport:
    header, dumped = copied.header, copied.dumped
    figures: Mapping[str, tuple[float | None, str]] = {
        "rows": (header.rows, "rows"),
        "tables": (header.tables, "count"),
        "objects": (len(header.objects), "count"),
        "database size": (header.database_bytes, "bytes"),
        "dump size": (copied.plain_bytes, "bytes"),
        "stored": (header.stored_bytes, "bytes"),
        "dump": (dumped.seconds, "seconds"),
        "dump paused": (dumped.seconds_paused, "seconds"),
        "manifest": (copied.manifest_seconds, "seconds"),
        "upload rate": (copied.plain_bytes / max(dumped.seconds, 0.001), "bytes/second"),
        "peak local disk": (dumped.peak_disk, "bytes"),
        "peak memory of pg_dump": (dumped.peak_memory, "bytes"),
        "peak memory of this process": (peak_memory_of(os.getpid()), "bytes"),
    }
    return StepReport(
        step="take",
        started=started,
        finished=datetime.now(UTC),
        checks=(copied.blockers,),
        figures=tuple(
            Figure(name=name, value=value, unit=unit)
            for name, (value, unit) in figures.items()
            if value is not None
        ),
        programs=header.programs,
        data={
            "backup_id": header.backup_id,
            "snapshot_at": header.snapshot_at.isoformat(),
            "source": ground.source.role,
            "draft_sha256": copied.draft_sha256,
        },
    )
