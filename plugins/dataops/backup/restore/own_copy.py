"""A physical backup by the name of its own copy in the replica bucket. Pure.

Each repository has a backup of its own (``physical.take``), with its own label and its own WAL range; the
manifest is one, and its label is that of the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dataops.backup.catalog import Backup, folder
from dataops.backup.manifest.header import Header
from dataops.backup.restore.point import NoSuchPoint


def own_copy(header: Header) -> Header:
    """The same backup as it lies in the replica: its label there, and those objects that were copied.

    The WAL range stays that of the first repository: the replica's copy was taken right after it, so it
    begins no earlier. Raises ``NoSuchPoint`` where the replica has no copy of its own.
    """
    copied = header.pgbackrest
    if copied is None or copied.replica is None:
        raise NoSuchPoint(
            f"Backup {header.backup_id} has no copy in the replica bucket: choose another one, "
            "or take a backup while the replica can be reached."
        )
    own = folder(header.subject, header.backup_id)
    return header.model_copy(
        update={
            "pgbackrest": copied.model_copy(update={"label": copied.replica, "replica": None}),
            "objects": tuple(each for each in header.objects if each.key.startswith(own)),
        }
    )


def own_copies(backups: Iterable[Backup]) -> tuple[Backup, ...]:
    """Those of the backups that the replica has a copy of, each by the name of that copy."""
    return tuple(
        replace(each, header=own_copy(each.header))
        for each in backups
        if each.header.pgbackrest and each.header.pgbackrest.replica
    )
