"""Where the time to restore is heading, and the night on which it breaks its objective. Pure.

The line is Theil's and Sen's: the median of the slopes of all pairs of runs (Theil 1950; Sen 1968,
doi:10.1080/01621459.1968.10480934). A run that a noisy neighbour slowed down does not bend it: up to 29 % of
the runs may be arbitrarily wrong. RTO is followed over time, and over the database's size as that grows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from statistics import median

from pydantic import JsonValue

FEWEST = 5
"""Runs below which nothing is forecast."""
HORIZON = timedelta(days=2 * 365)
"""A line drawn further than this says nothing."""
DAY = 86400.0


@dataclass(frozen=True)
class Run:
    """One drill: when, the seconds of its RTO, and the bytes that were restored where they are known."""

    at: datetime
    rto: float
    size: float | None = None


@dataclass(frozen=True)
class Trend:
    """What the runs say. ``breaks_on`` is the day whose drill is the first to miss the objective."""

    runs: int
    words: str
    seconds_per_day: float | None = None
    bytes_per_day: float | None = None
    breaks_on: date | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """As the evidence keeps it."""
        return {
            "runs": self.runs,
            "words": self.words,
            "seconds_per_day": self.seconds_per_day,
            "bytes_per_day": self.bytes_per_day,
            "breaks_on": self.breaks_on.isoformat() if self.breaks_on else None,
        }


@dataclass(frozen=True)
class Line:
    """``y = level + slope * x``; ``noise`` is the median distance of the points from it."""

    slope: float
    level: float
    noise: float

    def at(self, x: float) -> float:
        """The line's height."""
        return self.level + self.slope * x


def trend(runs: Sequence[Run], objective: float) -> Trend:
    """The trend of the RTO of ``runs`` against an objective in seconds; order does not matter."""
    if len(runs) < FEWEST:
        return Trend(len(runs), f"too few runs for a forecast: {len(runs)} of {FEWEST}")
    ordered = sorted(runs, key=lambda run: (run.at, run.rto))
    begin, newest = ordered[0].at, ordered[-1].at
    days = [(run.at - begin).total_seconds() / DAY for run in ordered]
    over_time = theil_sen(days, [run.rto for run in ordered])
    if over_time is None:
        return Trend(len(runs), "all runs are of one moment: nothing to forecast")
    growth = _growth(ordered, days)
    stands = over_time.at(days[-1])
    if stands > objective:
        breaks_on: date | None = newest.date()
        words = f"the objective is broken already: the trend stands at {stands:.3g} s"
    else:
        crossings = (_by_time(over_time, objective, days), _by_size(ordered, days, growth, objective))
        limit = days[-1] + HORIZON.total_seconds() / DAY
        near = [crossing for crossing in crossings if crossing is not None and crossing <= limit]
        breaks_on = (begin + timedelta(days=min(near))).date() if near else None
        words = _words(len(runs), over_time, breaks_on)
    return Trend(len(runs), words, over_time.slope, growth.slope if growth else None, breaks_on)


def theil_sen(xs: Sequence[float], ys: Sequence[float]) -> Line | None:
    """The line through the points; None where all have one x."""
    pairs = combinations(zip(xs, ys, strict=True), 2)
    slopes = [
        (second[1] - first[1]) / (second[0] - first[0]) for first, second in pairs if first[0] != second[0]
    ]
    slopes = [slope for slope in slopes if math.isfinite(slope)]
    if not slopes:
        return None
    slope = median(slopes)
    level = median(y - slope * x for x, y in zip(xs, ys, strict=True))
    noise = median(abs(y - level - slope * x) for x, y in zip(xs, ys, strict=True))
    return Line(slope, level, noise)


def _rises(line: Line, xs: Sequence[float]) -> bool:
    """Whether the line rises by more than the points lie around it: else it is noise."""
    return line.slope > 0 and line.slope * (max(xs) - min(xs)) > line.noise


def _by_time(line: Line, objective: float, days: Sequence[float]) -> float | None:
    """The day on which the line over time crosses the objective."""
    return (objective - line.level) / line.slope if _rises(line, days) else None


def _growth(runs: Sequence[Run], days: Sequence[float]) -> Line | None:
    """Bytes over days, where the size of every run is known."""
    sizes = [run.size for run in runs if run.size is not None]
    return theil_sen(days, sizes) if len(sizes) == len(runs) else None


def _by_size(
    runs: Sequence[Run], days: Sequence[float], growth: Line | None, objective: float
) -> float | None:
    """The day on which the database, growing as it does, has the size whose restore breaks the objective."""
    sizes = [run.size for run in runs if run.size is not None]
    if growth is None or not _rises(growth, days):
        return None
    over_size = theil_sen(sizes, [run.rto for run in runs])
    if over_size is None or not _rises(over_size, sizes):
        return None
    size = (objective - over_size.level) / over_size.slope
    return max((size - growth.level) / growth.slope, days[-1])


def _words(runs: int, line: Line, breaks_on: date | None) -> str:
    if breaks_on is None:
        return f"no break of the objective in sight, by {runs} runs ({line.slope:+.3g} s a day)"
    return f"breaks the objective in the night of {breaks_on}, by {runs} runs ({line.slope:+.3g} s a day)"
