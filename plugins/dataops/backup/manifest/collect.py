"""Collect a manifest's details: from the snapshot of a running dump, or from a restored database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dataops.backup.manifest.details import Details
from dataops.backup.manifest.snapshot import Snapshot
from dataops.connections import Connection

if TYPE_CHECKING:
    from dataops.store import Keys

Say = Callable[[str], None]


def collect(
    connection: Connection,
    *,
    dbname: str,
    keys: Keys,
    snapshot: Snapshot | None = None,
    content: str = "full",
    jobs: int = 2,
    budget: timedelta | None = None,
    hashed_before: Mapping[str, datetime] | None = None,
    say: Say = lambda line: None,
) -> Details:
    """Everything that is true of the database at the snapshot's moment; without one, at its own.

    ``content``: ``full`` counts and hashes every table, ``rotate`` those that fit the budget,
    longest unseen first (by ``hashed_before``), ``definitions`` none.
    """
    raise NotImplementedError
