"""A window cut into equal steps, over which what was measured in uneven intervals is spread.

Samples come when they come: late, twice, not at all. Each interval's growth is spread evenly over the steps
that it overlaps, so that nothing is lost or counted twice; a step of which less than half was measured is a
gap and stays one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MOST_STEPS = 144
"""A day of ten minutes each; more than a screen's width shows."""
LEAST_COVERED = 0.5
"""Share of a step that must have been measured."""

Interval = tuple[datetime, float]
"""Its end, and its length in seconds."""


@dataclass(frozen=True)
class Timeline:
    """The steps of a window, and for each the seconds of it that were measured."""

    since: datetime
    until: datetime
    steps: int
    measured: tuple[float, ...]

    @property
    def step_seconds(self) -> float:
        """Length of a step."""
        return (self.until - self.since).total_seconds() / self.steps

    @property
    def edges(self) -> tuple[datetime, ...]:
        """Beginnings of all steps, and the end of the last."""
        step = timedelta(seconds=self.step_seconds)
        return (*(self.since + step * index for index in range(self.steps)), self.until)

    @property
    def gaps(self) -> tuple[bool, ...]:
        """For each step whether too little of it was measured."""
        return tuple(seconds < LEAST_COVERED * self.step_seconds for seconds in self.measured)

    def rates(self, growths: Iterable[tuple[datetime, float, float | None]]) -> list[float | None]:
        """Growth per second of every step, from (end, seconds, growth) of the intervals in which it grew.

        Where no interval of the object reaches a step that was measured, it did not grow there: 0. An
        interval whose growth is None was not measurable: neither is any step that it reaches.
        """
        sums = [0.0] * self.steps
        blind = [False] * self.steps
        for at, seconds, growth in growths:
            for step, overlap in self._overlaps(at, seconds):
                if growth is None:
                    blind[step] = True
                else:
                    sums[step] += growth * overlap / seconds
        return [
            None if gap or hidden else total / covered
            for total, covered, gap, hidden in zip(sums, self.measured, self.gaps, blind, strict=True)
        ]

    def readings(
        self, readings: Iterable[tuple[datetime, float, float | None]], *, absent: float | None = None
    ) -> list[float | None]:
        """The highest reading of every step, from (end, seconds, reading); ``absent`` where none reaches it.

        A gap is None in any case.
        """
        highest: list[float | None] = [None] * self.steps
        for at, seconds, reading in readings:
            if reading is None:
                continue
            for step, _ in self._overlaps(at, seconds):
                before = highest[step]
                highest[step] = reading if before is None else max(before, reading)
        return [
            None if gap else absent if value is None else value
            for value, gap in zip(highest, self.gaps, strict=True)
        ]

    def measured_over(self, intervals: Sequence[Interval]) -> Timeline:
        """The same steps, of which other intervals were measured."""
        measured = _measured(self.since, self.step_seconds, self.steps, intervals)
        return replace(self, measured=measured)

    def _overlaps(self, at: datetime, seconds: float) -> Iterable[tuple[int, float]]:
        return _overlaps(self.since, self.step_seconds, self.steps, at, seconds)


def timeline(since: datetime, until: datetime, intervals: Sequence[Interval]) -> Timeline:
    """The steps of a window whose samples bound these intervals: none shorter than most intervals."""
    seconds = max((until - since).total_seconds(), 1.0)
    lengths = sorted(length for _, length in intervals if length > 0)
    usual = lengths[len(lengths) // 2] if lengths else seconds
    steps = max(1, min(MOST_STEPS, round(seconds / usual)))
    return Timeline(since, until, steps, _measured(since, seconds / steps, steps, intervals))


def _measured(
    since: datetime, step_seconds: float, steps: int, intervals: Sequence[Interval]
) -> tuple[float, ...]:
    """For each step the seconds of it that the intervals reach; where they overlap, once."""
    measured = [0.0] * steps
    for at, length in intervals:
        for step, overlap in _overlaps(since, step_seconds, steps, at, length):
            measured[step] += overlap
    return tuple(min(each, step_seconds) for each in measured)


def _overlaps(
    since: datetime, step_seconds: float, steps: int, at: datetime, seconds: float
) -> Iterable[tuple[int, float]]:
    """The steps that an interval reaches, each with the seconds that it shares with it."""
    if seconds <= 0:
        return
    end = (at - since).total_seconds()
    begin = end - seconds
    first = max(0, int(begin // step_seconds))
    last = min(steps - 1, int(end // step_seconds))
    for step in range(first, last + 1):
        overlap = min(end, (step + 1) * step_seconds) - max(begin, step * step_seconds)
        if overlap > 1e-6:
            yield step, overlap
