"""What the other region holds of a server: its newest backup there, and how far the archive reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dataops.backup import catalog
from dataops.backup.manifest.header import Header
from dataops.backup.physical.archive import archived
from dataops.backup.physical.verify import segment_size
from dataops.backup.physical.wal import Segment, reachable
from dataops.backup.restore.own_copy import own_copies
from dataops.failover.region.survivor import NoOtherRegion, Survivor
from dataops.inventory import Server


@dataclass(frozen=True)
class Reach:
    """What can be brought back there. ``header`` bears the name that the copy has in its own repository."""

    header: Header
    last: Segment | None
    """The last WAL segment that recovery reaches without a gap; None where it cannot even begin."""
    arrived: datetime | None
    """When that segment came there, by the store's clock: nothing younger can come back."""

    @property
    def last_name(self) -> str:
        """Its file name; empty where there is none."""
        return self.last.name(segment_size(self.header)) if self.last else ""


def newest(survivor: Survivor, server: Server) -> Header:
    """The newest backup with a copy of its own in the other region; ``NoOtherRegion`` where there is none."""
    copies = own_copies(catalog.backups(survivor.store, server.name))
    if not copies:
        raise NoOtherRegion(
            f"Bucket {survivor.store.bucket} holds no physical backup of {server.name}: take one while both "
            "buckets can be reached."
        )
    return copies[0].header


def reach(survivor: Survivor, server: Server) -> Reach:
    """The newest backup there, and the end of the archived WAL behind it."""
    header = newest(survivor, server)
    assert header.pgbackrest is not None
    since, size = header.pgbackrest.wal_start, segment_size(header)
    segments = archived(survivor.store, server, since=since, size=size)
    # The replica's copy was taken right after the first: it may begin a segment later, never earlier.
    first = min((each for each in segments if each.number >= Segment.named(since, size).number), default=None)
    last = reachable(segments, first) if first else None
    return Reach(header, last, segments[last] if last else None)
