"""The point-in-time window of a server: which moments its backups and archived WAL reach. Pure.

It begins at the moment of the oldest backup's manifest, which lies just behind that backup's end, and ends
when the last segment that recovery reaches without a gap arrived in the archive, by the store's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataops.backup.catalog import Backup, Proof
from dataops.backup.manifest.header import Header
from dataops.backup.physical.verify import segment_size
from dataops.backup.physical.wal import Segment, gaps


@dataclass(frozen=True)
class Stretch:
    """The moments that one backup serves: from its own until the next backup's, or until its WAL ends."""

    backup_id: str
    begins: datetime
    ends: datetime
    last: Segment
    """The last segment that recovery from this backup reaches."""


@dataclass(frozen=True)
class Window:
    """Every stretch, the oldest first; what of the promise is broken stands beside it."""

    stretches: tuple[Stretch, ...]
    unreachable: tuple[str, ...] = ()
    """Backups whose own WAL is missing: they cannot be restored to their own moment."""
    gaps: tuple[str, ...] = ()
    """Missing segments since the oldest backup, as ``first`` or ``first to last``."""

    @property
    def begins(self) -> datetime | None:
        """The oldest moment; None where nothing is reachable."""
        return self.stretches[0].begins if self.stretches else None

    @property
    def ends(self) -> datetime | None:
        """The newest moment; None where nothing is reachable."""
        return self.stretches[-1].ends if self.stretches else None

    @property
    def seconds(self) -> float:
        """How many seconds of the past can be restored to; gaps are left out."""
        return sum((each.ends - each.begins).total_seconds() for each in self.stretches)

    def holding(self, moment: datetime) -> Stretch | None:
        """The stretch from which this moment is restored: the newest that begins at or before it."""
        begun = [each for each in self.stretches if each.begins <= moment]
        return begun[-1] if begun and moment <= begun[-1].ends else None

    def at(self, share: float) -> tuple[Stretch, datetime]:
        """The moment that has this share (0 to 1) of the window before it; there must be a stretch."""
        left = share * self.seconds
        for each in self.stretches:
            length = (each.ends - each.begins).total_seconds()
            if left <= length:
                return each, each.begins + timedelta(seconds=left)
            left -= length
        return self.stretches[-1], self.stretches[-1].ends

    def proven_share(self, replayed: Iterable[tuple[datetime, datetime]]) -> float | None:
        """The share of the window inside the replayed spans; None where the window has no length."""
        if not self.seconds:
            return None
        spans = merged(replayed)
        covered = sum(
            max((min(each.ends, end) - max(each.begins, begin)).total_seconds(), 0.0)
            for each in self.stretches
            for begin, end in spans
        )
        return covered / self.seconds


def window(backups: Sequence[Backup], archived: Mapping[Segment, datetime]) -> Window:
    """The window of physical backups over an archive, from each segment to its arrival."""
    oldest_first = sorted(
        (each.header for each in backups if each.header.pgbackrest),
        key=lambda header: (header.snapshot_at, header.backup_id),
    )
    if not oldest_first:
        return Window(())
    size = segment_size(oldest_first[-1])
    starts = [_start(header, size) for header in oldest_first]
    needed = max((_needed(header, size) for header in oldest_first), key=lambda each: each.number)
    holes = gaps(archived, min(starts, key=lambda each: each.number), needed)
    arrivals = {each.number: archived[each] for each in sorted(archived)}
    stretches, unreachable = [], []
    for place, header in enumerate(oldest_first):
        last = _reached(starts[place], archived, [first.number for first, _ in holes])
        if last is None or last.number < _needed(header, size).number:
            unreachable.append(header.backup_id)
            continue
        following = oldest_first[place + 1].snapshot_at if place + 1 < len(oldest_first) else None
        ends = arrivals[last.number] if following is None else min(arrivals[last.number], following)
        stretches.append(Stretch(header.backup_id, header.snapshot_at, max(ends, header.snapshot_at), last))
    return Window(tuple(stretches), tuple(unreachable), tuple(_spelt(hole, size) for hole in holes))


def replayed_by(backup: Backup) -> list[tuple[datetime, datetime]]:
    """The spans of time that passed drills of this backup have replayed WAL for.

    A failed drill takes away what earlier ones of the same backup had proven; an inconclusive one says
    nothing.
    """
    return [
        (backup.header.snapshot_at, proof.reached)
        for proof in standing(backup.proofs)
        if proof.reached is not None and proof.kind != "backup"
    ]


def standing(proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """The passed proofs since the last failed one; ``proofs`` has the oldest first."""
    failed = [place for place, proof in enumerate(proofs) if proof.verdict == "failed"]
    return tuple(proof for proof in proofs[failed[-1] + 1 if failed else 0 :] if proof.verdict == "passed")


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same moments as spans that do not overlap, the earliest first."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > begin:
            found.append((begin, end))
    return found


def _start(header: Header, size: int) -> Segment:
    assert header.pgbackrest is not None
    return Segment.named(header.pgbackrest.wal_start, size)


def _needed(header: Header, size: int) -> Segment:
    """The last segment without which the backup cannot be restored to its manifest's moment."""
    assert header.pgbackrest is not None
    stop = Segment.named(header.pgbackrest.wal_stop, size)
    if header.lsn is None or header.timeline is None:
        return stop
    return max(stop, Segment.holding(header.lsn, header.timeline, size), key=lambda each: each.number)


def _reached(start: Segment, archived: Mapping[Segment, datetime], holes: Sequence[int]) -> Segment | None:
    """The last segment before the first hole behind ``start``; None where ``start`` itself is missing."""
    before = min((number for number in holes if number >= start.number), default=None)
    if before is None:
        return max(archived, default=None)
    reachable = [each for each in archived if start.number <= each.number < before]
    return max(reachable, default=None)


def _spelt(hole: tuple[Segment, Segment], size: int) -> str:
    first, last = (segment.name(size) for segment in hole)
    return first if first == last else f"{first} to {last}"
