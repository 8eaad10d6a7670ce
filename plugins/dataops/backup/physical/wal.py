"""WAL segments by name: their order, and what is missing between them. Pure.

A segment's name is 24 hexadecimal digits: timeline, and the segment's number in two halves
(PostgreSQL, src/include/access/xlog_internal.h).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Self

_NAME = re.compile(r"[0-9A-F]{24}$")


class Segment(NamedTuple):
    """One WAL segment; segments sort by their place in the history of one server."""

    timeline: int
    number: int

    @classmethod
    def named(cls, name: str, size: int) -> Self:
        """The segment of this file name; ``size`` in bytes, as of ``wal_segment_size``."""
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not the name of a WAL segment.")
        return cls(int(name[:8], 16), int(name[8:16], 16) * (0x1_0000_0000 // size) + int(name[16:], 16))

    @classmethod
    def holding(cls, lsn: str, timeline: int, size: int) -> Self:
        """The segment that holds the last byte before this LSN."""
        return cls(timeline, max(position(lsn) - 1, 0) // size)

    def name(self, size: int) -> str:
        """Its file name."""
        high, low = divmod(self.number, 0x1_0000_0000 // size)
        return f"{self.timeline:08X}{high:08X}{low:08X}"


def position(lsn: str) -> int:
    """An LSN such as ``0/5000050`` as the number of bytes since the server began."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


def spelt(position: int) -> str:
    """The LSN of a position, as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def reachable(archived: Iterable[Segment], start: Segment) -> Segment | None:
    """The last segment that recovery from ``start`` reaches; None where ``start`` itself is missing."""
    return _chain(archived, start, start)[0]


def gaps(archived: Iterable[Segment], start: Segment, until: Segment) -> list[tuple[Segment, Segment]]:
    """What is missing from ``start`` to ``until`` and beyond: first and last segment of each hole."""
    return _chain(archived, start, until)[1]


def _chain(
    archived: Iterable[Segment], start: Segment, until: Segment
) -> tuple[Segment | None, list[tuple[Segment, Segment]]]:
    """A new timeline goes on in the segment where the old one was left, or in the one after it."""
    last, holes, expected = None, list[tuple[Segment, Segment]](), start.number
    for segment in sorted(each for each in archived if each.number >= start.number):
        if segment.number > expected:
            holes.append((Segment(segment.timeline, expected), Segment(segment.timeline, segment.number - 1)))
        if not holes:
            last = segment
        expected = segment.number + 1
    if expected <= until.number:
        holes.append((Segment(until.timeline, expected), until))
    return last, holes
