"""Copies of backups that rehearsals left in the store because they died: removed after a grace time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from dataops.drill.rehearsal.shelf import ROOT, remove_copy
from dataops.evidence.checking import Seen, checked
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.store import ObjectStore


def removals(platform: Platform, say: Say, *, grace: timedelta, now: datetime) -> Iterator[Check]:
    """Remove copies older than ``grace``, longer than any rehearsal takes; red where one stayed."""
    yield checked(
        "store: no copies of dead rehearsals left", [], partial(_sweep, platform.store, say, grace, now)
    )


def _sweep(store: ObjectStore, say: Say, grace: timedelta, now: datetime) -> Seen:
    left = []
    youngest: dict[str, datetime] = {}
    for each in store.list(ROOT):
        rehearsal_id = each.key.removeprefix(ROOT).partition("/")[0]
        youngest[rehearsal_id] = max(each.modified, youngest.get(rehearsal_id, each.modified))
    for rehearsal_id, touched in sorted(youngest.items()):
        if now - touched < grace:
            continue
        remove_copy(store, f"{ROOT}{rehearsal_id}/")
        say(f"Removed the copies of rehearsal {rehearsal_id}: it died.")
        if any(True for _ in store.list(f"{ROOT}{rehearsal_id}/")):
            left.append(rehearsal_id)
    return Seen(not left, left, "these could not be removed" if left else "")
