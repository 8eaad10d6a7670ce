"""The WAL archive as it lies in a bucket, by our own listing: pgBackRest's own verify does not see a gap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from dataops.backup.physical.configuration import repository_path
from dataops.backup.physical.wal import Segment
from dataops.inventory import Server

if TYPE_CHECKING:
    from dataops.store import Listed, ObjectStore

DIGITS = 24
"""Of a segment's name, before the hyphen and the checksum that pgBackRest adds."""


def archived(store: ObjectStore, server: Server, *, since: str, size: int) -> Mapping[Segment, datetime]:
    """From each segment archived since the file ``since`` to its arrival, by the store's clock."""
    found = located(store, server, since=since, size=size)
    return {segment: listed.modified for segment, listed in found.items()}


def located(store: ObjectStore, server: Server, *, since: str, size: int) -> Mapping[Segment, Listed]:
    """From each segment archived since the file ``since`` to the object that holds it."""
    found = {}
    for folder in _folders(store, server, since):
        for listed in store.list(folder):
            name = listed.key.rsplit("/", 1)[1]
            # `.backup` and `.history` files and partial segments have no hyphen after the digits.
            if name[DIGITS : DIGITS + 1] == "-" and not name[8:DIGITS] < since[8:]:
                found[Segment.named(name[:DIGITS], size)] = listed
    return found


def _folders(store: ObjectStore, server: Server, since: str) -> list[str]:
    """Of the newest archive id (``15-1``: major and the stanza's history), the folders that can hold it."""
    root = f"{repository_path(server)}/archive/{server.stanza}/"
    ids = [key for each in store.list(root, "/") if (key := each.key).endswith("/")]
    if not ids:
        return []
    newest = max(ids, key=lambda key: int(key.rstrip("/").rsplit("-", 1)[1]))
    folders = [each.key for each in store.list(newest, "/") if each.key.endswith("/")]
    # A folder is the first 16 digits: timeline and the number's upper half.
    return [folder for folder in folders if folder.rstrip("/").rsplit("/", 1)[1][8:] >= since[8:16]]
