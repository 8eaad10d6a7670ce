"""Publishing: the manifest is written last, and then copied to the replica bucket with all that it lists."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from dataops.backup.catalog import folder, manifest_key
from dataops.backup.manifest.header import Header
from dataops.backup.reading_back import READERS, read_back
from dataops.backup.steps import Job
from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Artifact, Check, Verdict, overall
from dataops.store import Conflict, ObjectStore


class NotVerified(DataOpsError):
    """What was not read back and found well is not published."""


def publish_header(job: Job, header: Header, verified: StepReport) -> StepReport:
    """The manifest is written: from here on the backup exists. Then the same in the replica bucket."""
    started = datetime.now(UTC)
    require_verified(verified, header.backup_id)
    store = job.platform.store
    manifest = write_manifest(store, header)
    job.say(
        f"Published {header.backup_id}: {header.stored_bytes / 1e6:,.1f} MB, {len(header.objects)} objects."
    )
    check = replicate(store, job.platform.replica, (*header.objects, manifest))
    store.delete([folder(header.subject, header.backup_id) + "draft.json"])
    return StepReport(
        step="publish",
        started=started,
        finished=datetime.now(UTC),
        checks=(check,),
        artifacts=(manifest,),
        data={"backup_id": header.backup_id, "manifest": manifest.key},
    )


def require_verified(verified: StepReport, backup_id: str) -> None:
    """Raises ``NotVerified`` unless every check of ``verify`` passed, and was of this very backup."""
    if overall(verified.checks) is not Verdict.PASSED or verified.data.get("backup_id") != backup_id:
        raise NotVerified(f"Backup {backup_id} was not verified, so it is not published.")


def write_manifest(store: ObjectStore, header: Header) -> Artifact:
    """The manifest in the store; one that stands there already must be the very same (a step run again)."""
    key, body = manifest_key(header.subject, header.backup_id), header.to_bytes()
    try:
        stored = store.put(key, body, if_none_match=True)
    except Conflict:
        if store.get(key) != body:
            raise
        return Artifact(key=key, size=len(body), sha256=hashlib.sha256(body).hexdigest())
    return Artifact(key=key, size=stored.size, sha256=stored.sha256)


def replicate(store: ObjectStore, replica: ObjectStore | None, objects: tuple[Artifact, ...]) -> Check:
    """Whether the replica bucket holds the same; the manifest is the last of the objects and goes last."""
    name = "replica: copied and read back"
    if replica is None:
        reason = "no replica bucket is declared (DATAOPS_REPLICA_BUCKET)"
        return Check(name=name, verdict=Verdict.NOT_APPLICABLE, reason=reason)
    begun = time.monotonic()
    try:
        *pieces, manifest = objects
        with ThreadPoolExecutor(READERS, thread_name_prefix="replicate") as pool:
            list(pool.map(lambda sent: store.copy(sent.key, replica), pieces))
        store.copy(manifest.key, replica)
        check = read_back(replica, objects, name=name)
    except DataOpsError as error:
        check = Check(name=name, verdict=Verdict.FAILED, reason=str(error))
    return check.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})
