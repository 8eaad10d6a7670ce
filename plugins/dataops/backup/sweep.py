"""The sweep: what runs that died left behind is removed after a grace time, and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from dataops.backup import catalog
from dataops.backup.removal import delete_objects
from dataops.evidence.checking import Seen, checked
from dataops.evidence.look import record_of_look
from dataops.evidence.record import Record
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.store import ObjectStore

GRACE = timedelta(hours=24)
"""A run is not dead before this: longer than any backup may take, approval and retries included."""


def sweep(
    platform: Platform,
    *,
    say: Say,
    lineage: Mapping[str, str] | None = None,
    grace: timedelta = GRACE,
) -> Record:
    """The record of one sweep. Repeating it is harmless."""
    checks = removals(platform, say, grace=grace, now=datetime.now(UTC))
    return record_of_look("sweep", platform.environment, checks, say=say, lineage=lineage)


def removals(platform: Platform, say: Say, *, grace: timedelta, now: datetime) -> Iterator[Check]:
    """Remove leftovers older than ``grace``; one check a kind of leftover, red where something stayed."""
    for name, store in (("store", platform.store), ("replica", platform.replica)):
        if store is not None:
            yield checked(
                f"{name}: no unfinished backups left", [], partial(_unfinished, store, say, grace, now)
            )
            yield checked(
                f"{name}: no unfinished uploads left", [], partial(_uploads, store, say, grace, now)
            )
    yield from _servers(platform, say)


def _unfinished(store: ObjectStore, say: Say, grace: timedelta, now: datetime) -> Seen:
    left = []
    for subject in catalog.subjects(store):
        for backup_id in catalog.read(store, subject).unfinished:
            if now - catalog.started_at(backup_id) < grace:
                continue
            count = delete_objects(store, subject, backup_id)
            say(f"Removed {count} objects of {subject}/{backup_id}: its run died before the manifest.")
            if any(True for _ in store.list(catalog.folder(subject, backup_id))):
                left.append(f"{subject}/{backup_id}")
    return Seen(not left, left, "these could not be removed" if left else "")


def _uploads(store: ObjectStore, say: Say, grace: timedelta, now: datetime) -> Seen:
    for upload in store.pending_uploads("backups/"):
        if now - upload.initiated >= grace:
            store.abort_upload(upload)
            say(f"Ended the unfinished upload of {upload.key}, begun {upload.initiated:%Y-%m-%d %H:%M} UTC.")
    left = [each.key for each in store.pending_uploads("backups/") if now - each.initiated >= grace]
    return Seen(not left, left, "these could not be ended" if left else "")


def _servers(platform: Platform, say: Say) -> Iterator[Check]:
    """A standby that a dead run left paused falls behind until somebody resumes it."""
    for server in platform.inventory.servers:
        if server.standby is None or server.retired is not None or server.rds is not None:
            continue
        yield checked(
            f"{server.name}: the standby replays", "replaying", partial(_resumed, platform, server, say)
        )


def _resumed(platform: Platform, server: Server, say: Say) -> Seen:
    from dataops.backup.physical import resume_if_abandoned

    return Seen(True, "resumed" if resume_if_abandoned(platform, server, say) else "replaying")
