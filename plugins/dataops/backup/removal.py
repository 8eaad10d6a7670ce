"""Removing one backup: its manifest first, so that half a backup never looks like one."""

from __future__ import annotations

from collections.abc import Callable

from dataops.backup import catalog
from dataops.backup.manifest.header import Header
from dataops.backup.steps import Job
from dataops.platform import Platform
from dataops.store import ObjectLocked, ObjectMissing, ObjectStore


def remove(job: Job, header: Header) -> None:
    """Delete a backup from both buckets, and what its own engine keeps of it. Repeating it is harmless."""
    for store in (job.platform.store, job.platform.replica):
        if store is not None:
            delete_objects(store, header.subject, header.backup_id)
    if header.pgbackrest is not None:
        from dataops.backup.physical.expiry import expire_label

        expire_label(job, header.pgbackrest)
    if header.rds is not None:
        from dataops.backup.rds_snapshot import delete_snapshot

        delete_snapshot(job, header.rds)


def withdraw(platform: Platform, header: Header) -> Callable[[], None]:
    """Delete a backup's manifests only, so that it exists no longer; the answer puts them back."""
    key = catalog.manifest_key(header.subject, header.backup_id)
    stores = [store for store in (platform.store, platform.replica) if store is not None]
    withdrawn = []
    for store in stores:
        try:
            withdrawn.append((store, store.get(key)))
        except ObjectMissing:
            continue
        store.delete([key])

    def put_back() -> None:
        for store, body in withdrawn:
            store.put(key, body)

    return put_back


def delete_objects(store: ObjectStore, subject: str, backup_id: str) -> int:
    """Delete the manifest, then all else under the backup's folder and its proofs; returns how many went.

    In a versioned bucket every version goes, but for those under object lock: these stay, hidden, until
    the lock ends and the bucket's lifecycle rule takes them.
    """
    folders = (catalog.folder(subject, backup_id), catalog.proofs_folder(subject, backup_id))
    keys = [listed.key for folder in folders for listed in store.list(folder)]
    manifest = catalog.manifest_key(subject, backup_id)
    for batch in ([key for key in keys if key == manifest], [key for key in keys if key != manifest]):
        _delete(store, batch)
    return len(keys)


def _delete(store: ObjectStore, keys: list[str]) -> None:
    try:
        store.delete(keys, all_versions=True)
    except ObjectLocked:
        store.delete(keys)
