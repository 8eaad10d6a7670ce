"""Rounds that stand open on servers that this guard does not know: nobody would end them."""

from __future__ import annotations

from collections.abc import Collection

from dataops.failover import journaling
from dataops.failover.journaling import Entry
from dataops.store import ObjectStore

_PREFIX = "failover/"


def open_on_others(store: ObjectStore, known: Collection[str]) -> tuple[Entry, ...]:
    """The open rounds on servers that are not ``known``: their file is invalid, gone, or newer than we are.

    Raises ``StoreError`` and ``JournalDamaged``.
    """
    folders = [each.key for each in store.list(_PREFIX, delimiter="/") if each.key.endswith("/")]
    names = {each.removeprefix(_PREFIX).rstrip("/") for each in folders} - {*known}
    found = [journaling.read(store, each) for each in sorted(names)]
    return tuple(each for each in found if each is not None and each.is_open)
