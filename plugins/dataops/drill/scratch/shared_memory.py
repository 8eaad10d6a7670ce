"""The one thing of a killed PostgreSQL that lies outside of its directory: a System V segment (shmget(2))."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dataops import process
from dataops.errors import DataOpsError

_TABLE = Path("/proc/sysvipc/shm")
_KEY, _ID, _ATTACHED = 0, 1, 6
_LINE_OF_SEGMENT = 6
"""Of postmaster.pid: ``key id`` (PostgreSQL's source, src/include/utils/pidfile.h)."""


class Segment(NamedTuple):
    """A segment that exists, and how many processes are attached to it."""

    id: int
    attached: int


def segment_of(data: Path) -> Segment | None:
    """The segment that a data directory's postmaster made and that is still there."""
    with suppress(OSError, ValueError, IndexError):
        line = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[_LINE_OF_SEGMENT]
        wanted = [int(word) for word in line.split()]
        for row in _TABLE.read_text(encoding="utf-8").splitlines()[1:]:
            cells = row.split()
            if [int(cells[_KEY]), int(cells[_ID])] == wanted:
                return Segment(int(cells[_ID]), int(cells[_ATTACHED]))
    return None


def free(data: Path, known: Segment | None = None) -> bool:
    """Whether no segment is left; one that nobody is attached to any more is removed.

    ``known`` was seen before the server's programs were ended: one that ends may take postmaster.pid, which
    names the segment, with it and leave the segment behind.
    """
    segment = segment_of(data) or _again(known)
    if segment is None:
        return True
    if segment.attached:
        return False
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with suppress(DataOpsError):
        process.run(["ipcrm", "-m", str(segment.id)], env=environment, deadline=30, check=False)
    return segment_of(data) is None and _again(segment) is None


def _again(known: Segment | None) -> Segment | None:
    """The segment of this id as it is now; None where it is gone."""
    for row in _TABLE.read_text(encoding="utf-8").splitlines()[1:] if known else ():
        cells = row.split()
        if known and int(cells[_ID]) == known.id:
            return Segment(known.id, int(cells[_ATTACHED]))
    return None
