"""Publishing a physical backup: its manifest, last, in the store and then in the replica bucket."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.backup import catalog
from dataops.backup.draft import Draft, NoDraft
from dataops.backup.manifest.header import Header
from dataops.backup.physical import configuration, escrow
from dataops.backup.physical.settings import server_of
from dataops.backup.physical.verify import DRAFT
from dataops.backup.publication import require_verified, write_manifest
from dataops.backup.sealing import seal_of
from dataops.backup.steps import Job
from dataops.errors import DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict

if TYPE_CHECKING:
    from dataops.store import ObjectStore


def publish(job: Job, taken: StepReport, verified: StepReport) -> StepReport:
    """The manifest is written: from here on the backup exists. Then the same in the replica bucket."""
    started, backup_id = datetime.now(UTC), str(taken.data["backup_id"])
    require_verified(verified, backup_id)
    store = job.platform.store
    header = _verified(store, job.subject.name, backup_id, str(verified.data["draft_sha256"]))
    manifest = write_manifest(store, header)
    job.say(f"Published {backup_id}: {header.pgbackrest and header.pgbackrest.label}.")
    checks = [_replicated(job, header, str(taken.data.get("replica_trouble") or ""))]
    checks += [_escrowed(job), _others(verified)]
    folder = catalog.folder(header.subject, backup_id)
    store.delete([f"{folder}draft.json", f"{folder}{DRAFT}"])
    return StepReport(
        step="publish",
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(checks),
        artifacts=(manifest,),
        data={"backup_id": backup_id, "manifest": manifest.key},
    )


def _verified(store: ObjectStore, subject: str, backup_id: str, sha256: str) -> Header:
    from dataops.store import ObjectMissing

    key = catalog.folder(subject, backup_id) + DRAFT
    try:
        body = store.get(key)
    except ObjectMissing as error:
        raise NoDraft(f"There is no {key}: the backup is published already, or was swept.") from error
    header = Draft.model_validate_json(body).header
    if header is None or hashlib.sha256(body).hexdigest() != sha256:
        raise NoDraft(f"{key} is not what verify wrote: another run wrote over it, or it was damaged.")
    return header


def _replicated(job: Job, header: Header, trouble: str) -> Check:
    """The replica has a backup of its own (taken already) and gets the manifest with its parts."""
    name, replica, begun = "replica: has a copy of its own", job.platform.replica, time.monotonic()
    if replica is None:
        reason = "no replica bucket is declared (DATAOPS_REPLICA_BUCKET)"
        return Check(name=name, verdict=Verdict.NOT_APPLICABLE, reason=reason)
    label = header.pgbackrest and header.pgbackrest.replica
    if label is None:
        return Check(name=name, verdict=Verdict.FAILED, reason=trouble or "none was taken")
    folder = catalog.folder(header.subject, header.backup_id)
    try:
        for part in header.objects:
            if part.key.startswith(folder):
                job.platform.store.copy(part.key, replica)
        write_manifest(replica, header)
    except DataOpsError as error:
        return Check(name=name, verdict=Verdict.FAILED, reason=str(error))
    return Check(
        name=name,
        verdict=Verdict.PASSED,
        observed=label,
        seconds=round(time.monotonic() - begun, 3),
    )


def _escrowed(job: Job) -> Check:
    """Whoever holds an age identity must find the repository's passphrase in both buckets."""
    server = server_of(job)

    def look() -> Seen | None:
        passphrase = configuration.passphrase(server, job.platform.connection(server.pgbackrest))
        if not passphrase:
            return None
        stores = [store for store in (job.platform.store, job.platform.replica) if store is not None]
        lacking = [
            store.bucket
            for store in stores
            if not escrow.is_deposited(store, server.name, passphrase, seal_of(job).keys or job.platform.keys)
        ]
        return Seen(
            not lacking,
            lacking,
            "" if not lacking else "without it a lost connection makes every backup unreadable",
        )

    return checked("passphrase is deposited", [], look)


def _others(verified: StepReport) -> Check:
    damaged = verified.data.get("others") or []
    return Check(
        name="older backups in the repositories are valid",
        verdict=Verdict.FAILED if damaged else Verdict.PASSED,
        expected=[],
        observed=damaged,
        reason="pgBackRest found these damaged; this backup does not need them" if damaged else "",
    )
