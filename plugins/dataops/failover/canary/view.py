"""What a chart of the canary shows: a stretch of time, its writes by steps, its moments. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dataops.failover.canary.timing import Timing
from dataops.failover.canary.write import Outcome, Write
from dataops.failover.marks import Marks

_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900)
_MOST_STEPS = 100


@dataclass(frozen=True)
class Leg:
    """One fault of a round, such as the failover or the failback."""

    name: str
    marks: Marks
    timing: Timing | None = None


@dataclass(frozen=True)
class Moment:
    """Something that happened, in words, and when (CLOCK_MONOTONIC)."""

    says: str
    at: float


@dataclass(frozen=True)
class Step:
    """How many writes were answered in one step of time."""

    begin: float
    acknowledged: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class View:
    """A stretch of time. ``origin`` is what counts as second 0."""

    begin: float
    end: float
    origin: float

    @property
    def step(self) -> float:
        """Seconds of one step, a round number."""
        wanted = (self.end - self.begin) / _MOST_STEPS
        return next((step for step in _STEPS if step >= wanted), math.ceil(wanted))

    def steps(self, writes: Iterable[Write]) -> list[Step]:
        """The writes that were answered in each step, all steps in order, counted from ``origin``."""
        first = math.floor((self.begin - self.origin) / self.step)
        last = max(first + 1, math.ceil((self.end - self.origin) / self.step))
        counts = [dict.fromkeys(Outcome, 0) for _ in range(first, last)]
        for write in writes:
            if self.begin <= write.answered <= self.end:
                at = math.floor((write.answered - self.origin) / self.step) - first
                counts[min(at, len(counts) - 1)][write.outcome] += 1  # the end itself belongs to the last
        return [
            Step(
                self.origin + (first + at) * self.step,
                count[Outcome.ACKNOWLEDGED],
                count[Outcome.FAILED],
                count[Outcome.UNKNOWN],
            )
            for at, count in enumerate(counts)
        ]


def around(leg: Leg, writes: Sequence[Write]) -> View:
    """The time without service of one leg, with as much before and after it, at least half a second."""
    assert leg.marks.fault is not None
    origin = leg.marks.fault
    end_of_all = max((write.answered for write in writes), default=origin)
    last = origin if leg.timing is None else leg.timing.last
    restored = end_of_all if leg.timing is None or leg.timing.restored is None else leg.timing.restored
    margin = max(0.5, (restored - last) / 2)
    begin = max(min(last, origin) - margin, min((write.sent for write in writes), default=origin))
    return View(begin, max(begin + 0.1, min(max(restored, origin) + margin, end_of_all)), origin)


def whole(legs: Sequence[Leg], writes: Sequence[Write]) -> View:
    """The whole run, counted from the first fault, or from its first write where nothing was broken."""
    begin = min((write.sent for write in writes), default=0.0)
    faults = [leg.marks.fault for leg in legs if leg.marks.fault is not None]
    return View(
        begin,
        max((write.answered for write in writes), default=begin + 1.0),
        faults[0] if faults else begin,
    )


def moments(leg: Leg) -> list[Moment]:
    """What happened in one leg, as far as it got, in the order of time."""
    found = {
        "last acknowledgement": leg.timing.last if leg.timing else None,
        "fault": leg.marks.fault,
        "detected": leg.marks.detected,
        "fenced": leg.marks.fenced,
        "promoted": leg.marks.promoted,
        "routed": leg.marks.routed,
        "first lasting acknowledgement": leg.timing.restored if leg.timing else None,
    }
    return sorted(
        (Moment(says, at) for says, at in found.items() if at is not None), key=lambda moment: moment.at
    )


def spoken(seconds: float) -> str:
    """Such as ``+12 ms`` or ``+4.20 s``: a distance from second 0."""
    words = f"{seconds * 1000:+.0f} ms" if abs(seconds) < 1 else f"{seconds:+.2f} s"
    return words.replace("-", "\N{MINUS SIGN}")
