"""Which backups a drill restores at this moment: it holds the lease ``drill/<subject>`` and names one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from dataops.store.leases import holder_of

if TYPE_CHECKING:
    from dataops.store import ObjectStore

_NAMED = re.compile(r"\bof backup (\d{8}T\d{6}Z-[0-9a-f]{6})\b")


def drill_lease(subject: str) -> str:
    """The name of the lease that a drill of this subject holds while it restores and checks."""
    return f"drill/{subject}"


def drill_holder(drill_id: str, backup_id: str, host: str) -> str:
    """What the holder of that lease is called, so that expiry can read which backup it needs."""
    return f"drill {drill_id} of backup {backup_id} on {host}"


def drilled(store: ObjectStore, subject: str, among: Collection[str]) -> frozenset[str]:
    """The backups ``among`` these that a drill restores now; all of them where its holder names none."""
    holder = holder_of(store, drill_lease(subject))
    if holder is None:
        return frozenset()
    named = _NAMED.search(holder)
    return frozenset(among) & {named[1]} if named else frozenset(among)
