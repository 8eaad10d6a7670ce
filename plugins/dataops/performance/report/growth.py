"""How a database grew over the nights, and where that leads: measured, then worked out, and marked so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from dataops.performance.night import Night
from dataops.performance.report.document import Chart, Curve, Limit, Shape, Unit
from dataops.performance.report.numbers import moment, written

BYTES = "database size"
"""Name of the figure that every night keeps."""
DISK_FREE = "free on the disk"
LEAST_NIGHTS = 4
"""Nights without which no forecast is made."""
AHEAD = 14
"""Days that are drawn ahead, at most as many as were measured."""
TITLE = "Size of the database over the nights"


@dataclass(frozen=True)
class Trend:
    """Growth in bytes per day: the median of the slopes between all pairs of nights, with its quartiles.

    Theil's estimator: one night of a bulk load or a VACUUM FULL does not bend it (Sen 1968, JASA 63).
    """

    per_day: float
    low: float
    high: float
    nights: int


def trend(points: Sequence[tuple[datetime, float]]) -> Trend | None:
    """The trend of at least four nights; None of fewer."""
    slopes = sorted(
        (later - earlier) / ((at_later - at_earlier).total_seconds() / 86400)
        for index, (at_earlier, earlier) in enumerate(points)
        for at_later, later in points[index + 1 :]
        if at_later - at_earlier >= timedelta(hours=12)
    )
    if len(points) < LEAST_NIGHTS or not slopes:
        return None
    quarter = len(slopes) // 4
    return Trend(median(slopes), slopes[quarter], slopes[-1 - quarter], len(points))


def growth(nights: Sequence[Night], until: datetime, size: float | None, free: float | None) -> Chart:
    """The chart of the nights before, tonight, and the days ahead where a trend can be told."""
    name = "growth"
    if size is None:
        return Chart(name=name, title=TITLE, unit=Unit.BYTES, missing="The size was not measured tonight.")
    points = sorted({night.until: night.figures[BYTES] for night in nights if BYTES in night.figures}.items())
    points = [point for point in points if point[0] < until] + [(until, size)]
    daily = _by_day(points)
    found = trend(daily)
    steps, values, ahead = _drawn(daily, found)
    curves = [Curve(name="measured", values=values)]
    if found:
        curves.append(Curve(name="if it goes on like this", values=ahead, forecast=True))
    return Chart(
        name=name,
        title=TITLE,
        unit=Unit.BYTES,
        shape=Shape.LINES,
        steps=steps,
        curves=tuple(curves),
        limit=Limit(name="size at which the disk is full", value=size + free) if free is not None else None,
        says=_says(daily, found, free),
    )


def _by_day(points: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """The last one of each day."""
    return list({at.date(): (at, value) for at, value in points}.values())


def _drawn(
    points: Sequence[tuple[datetime, float]], found: Trend | None
) -> tuple[tuple[datetime, ...], tuple[float | None, ...], tuple[float | None, ...]]:
    """A step a day: what was measured, gaps where no night was, and what is to come."""
    first, (last, size) = points[0][0], points[-1]
    days = max((last - first).days, 0) + 1
    by_day = {(at.date() - first.date()).days: value for at, value in points}
    measured: list[float | None] = [by_day.get(day) for day in range(days)]
    if measured[-1] is None:
        measured[-1] = size
    ahead = min(AHEAD, days) if found else 0
    steps = tuple(first - timedelta(days=1) + timedelta(days=day) for day in range(days + ahead + 1))
    forecast = [size + found.per_day * (day + 1) for day in range(ahead)] if found else []
    nothing: list[float | None] = [None] * ahead
    before: list[float | None] = [None] * days
    return steps, (*measured, *nothing), (*before, *forecast)


def _says(points: Sequence[tuple[datetime, float]], found: Trend | None, free: float | None) -> str:
    size = written(points[-1][1], Unit.BYTES)
    if found is None:
        return f"It is {size} large. A trend needs {LEAST_NIGHTS} nights; there are {len(points)}."
    low, high = _signed(found.low), _signed(found.high)
    spread = f" (half of the time between {low} and {high})" if low != high else ""
    over = f"over {found.nights} nights{spread}"
    told = f"It is {size} large and changed by {_signed(found.per_day)} a day {over}."
    if free is not None and found.per_day > 0:
        days = free / found.per_day
        when = moment(points[-1][0] + timedelta(days=days))[:10] if days < 3650 else "in ten years or more"
        told += f" At this rate the disk is full by {when}." if days < 3650 else " The disk lasts for years."
    return told


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{written(abs(value), Unit.BYTES)}"
