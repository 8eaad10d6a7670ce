"""Finding the commits around a moment or an LSN in the archived WAL, reading no more of it than needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dataops.backup.physical.wal import position
from dataops.drill.archived_wal import ArchivedWal
from dataops.drill.boundary import Boundary
from dataops.drill.commits import Commit, around_lsn, around_time

STEPS = 16
"""Segments that are looked through for a commit: an idle server fills many without one."""

AHEAD = 3
"""Segments that are looked through behind one without a commit, to tell on which side of a moment it lies."""
ENDS = "the archived WAL ends without another commit"


@dataclass(frozen=True)
class Reach:
    """What part of the archive counts: segment numbers, both inclusive."""

    first: int
    last: int


def around_moment(wal: ArchivedWal, reach: Reach, moment: datetime) -> Boundary:
    """The commits around a moment: the first later than it by WAL order, and the one before that one.

    Without one after it, ``no_after`` says so: recovery then goes to the end of the WAL.
    """

    def is_later(number: int) -> bool:
        """Whether commits of this segment, or of the next that has any, are later than the moment."""
        for each in range(number, min(number + AHEAD, reach.last) + 1):
            if found := wal.commits(each, each):
                return any(commit.at > moment for commit in found)
        return True

    guess = (each for each in range(reach.first, reach.last + 1) if wal.arrived(each) > moment)
    number = _first_with(is_later, reach, next(guess, None))
    return _widening(wal, reach, number, lambda found: around_time(found, moment))


def around_position(wal: ArchivedWal, reach: Reach, lsn: str) -> Boundary:
    """The commits around an LSN at which recovery stops, exclusive."""
    number = min(max(position(lsn) // wal.size, reach.first), reach.last)
    return _widening(wal, reach, number, lambda found: around_lsn(found, lsn))


def _widening(
    wal: ArchivedWal,
    reach: Reach,
    number: int,
    around: Callable[[list[Commit]], tuple[Commit | None, Commit | None]],
) -> Boundary:
    """The boundary from the segment before ``number`` on, reading further where no commit is after it."""
    # A record may go on in the next segment: only read together do both show it.
    begin, end = max(reach.first, number - 1), number
    before, after = around(wal.commits(begin, end))
    while after is None and end < reach.last and end - number < STEPS:
        end += 1
        before, after = around(wal.commits(begin, end))
    boundary = _boundary(wal, begin, before, after)
    if after is None and end < reach.last:
        return replace(boundary, no_after=f"no transaction committed in the {STEPS} segments behind it")
    return boundary


def at_the_end(wal: ArchivedWal, reach: Reach) -> Boundary:
    """The last commit of the archive, and none after it."""
    begin = max(reach.first, reach.last - 1)
    found = wal.commits(begin, reach.last)
    return _boundary(wal, begin, found[-1] if found else None, None)


def _boundary(wal: ArchivedWal, begin: int, before: Commit | None, after: Commit | None) -> Boundary:
    """With the commit before, looked for further back where ``begin`` and what follows has none.

    It may lie before the backup itself: what was committed then is in the copied files.
    """
    looked = begin
    while before is None and looked - 1 in wal.segments and begin - looked < STEPS:
        looked -= 1
        found = wal.commits(looked, looked + 1)
        if after is not None:
            found = [each for each in found if position(each.lsn) < position(after.lsn)]
        before = found[-1] if found else None
    return Boundary(
        before=before,
        after=after,
        no_before=""
        if before
        else f"no transaction committed in the {begin - looked + 1} segments before it",
        no_after="" if after else ENDS,
        assigned=after is not None and wal.shows_at_work(after, looked),
    )


def _first_with(found: Callable[[int], bool], reach: Reach, guess: int | None) -> int:
    """The first segment of which ``found`` is true, as if it were so for all behind it; else the last one.

    Gallops from the guess, then halves: a moment's segment is read within a few steps in any archive.
    """
    here = reach.last if guess is None else guess
    low, high, step = reach.first, reach.last, 1
    if found(here):
        high = here
        while high > low:
            here = max(low, high - step)
            if not found(here):
                low = here + 1
                break
            high, step = here, step * 2
    else:
        low = min(here + 1, reach.last)
        while low < high:
            here = min(high, low + step - 1)
            if found(here):
                high = here
                break
            low, step = min(here + 1, high), step * 2
    while low < high:
        here = (low + high) // 2
        low, high = (low, here) if found(here) else (here + 1, high)
    return low
