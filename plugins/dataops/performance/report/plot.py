"""A chart as shapes on a plane: what the page draws as SVG, with its axes in words beside it.

The plane is stretched to the width that there is, so only shapes lie on it; labels stand around it as text of
the page's own size, which a narrow screen and a print can read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dataops.performance.report.document import Chart, Shape, Unit
from dataops.performance.report.numbers import written

WIDTH, HEIGHT = 1000, 240
MOST_ROWS = 24
"""Rows of the table behind a chart: an hour each, of a day."""
_SPACINGS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200)
)
_MOST_TICKS = 9

Values = Sequence[float | None]


@dataclass(frozen=True)
class Layer:
    """One curve: its path, its number among the colours, and whether it is an area, a line or a forecast."""

    name: str
    path: str
    colour: int
    kind: str


@dataclass(frozen=True)
class Tick:
    """A label of an axis, and where it stands, in percent."""

    label: str
    place: float


@dataclass(frozen=True)
class Band:
    """A part of the width, in units of the plane."""

    left: float
    width: float


@dataclass(frozen=True)
class Plot:
    """Everything that a chart's drawing consists of. Places are percent, from the left or from the top."""

    layers: tuple[Layer, ...]
    values: tuple[Tick, ...]
    moments: tuple[Tick, ...]
    gaps: tuple[Band, ...]
    marks: tuple[Tick, ...]
    limit: Tick | None


def plot(chart: Chart) -> Plot:
    """The drawing of a chart that has curves."""
    top = _top(chart)
    ceiling = _round_up(top, chart.unit)
    limit = chart.limit if chart.limit and chart.limit.value <= ceiling else None
    return Plot(
        layers=tuple(_layers(chart, ceiling)),
        values=tuple(
            Tick(written(ceiling * part / 4, chart.unit), round(100 - 25.0 * part, 2)) for part in range(5)
        ),
        moments=tuple(_moments(chart.steps[0], chart.steps[-1])),
        gaps=tuple(_gaps(chart)),
        marks=tuple(
            Tick(f"{mark.at.astimezone(UTC):%H:%M} {mark.says}", _percent(chart, mark.at))
            for mark in chart.marks
        ),
        limit=Tick(
            f"{limit.name}: {written(limit.value, chart.unit)}", round(100 - limit.value / ceiling * 100, 2)
        )
        if limit
        else None,
    )


def rows_behind(chart: Chart) -> list[tuple[str, ...]]:
    """The same as a table: means over at most 24 equal stretches, each with its beginning."""
    steps = len(chart.steps) - 1
    stretch = max(1, math.ceil(steps / MOST_ROWS))
    several_days = chart.steps[-1] - chart.steps[0] > timedelta(days=2)
    rows = []
    for first in range(0, steps, stretch):
        cells = [written(_mean(curve.values[first : first + stretch]), chart.unit) for curve in chart.curves]
        rows.append((f"{chart.steps[first]:{'%d %b %H:%M' if several_days else '%H:%M'}}", *cells))
    highest = [written(max(_known(curve.values), default=None), chart.unit) for curve in chart.curves]
    return [*rows, ("highest", *highest)]


def _layers(chart: Chart, ceiling: float) -> list[Layer]:
    if chart.shape is Shape.LINES:
        return [
            Layer(
                curve.name,
                _line(curve.values, ceiling),
                index,
                "forecast" if curve.forecast else "line",
            )
            for index, curve in enumerate(chart.curves)
        ]
    below: list[float | None] = [0.0] * (len(chart.steps) - 1)
    layers = []
    for index, curve in enumerate(chart.curves):
        above = [
            None if value is None else (under or 0.0) + value
            for under, value in zip(below, curve.values, strict=True)
        ]
        layers.append(Layer(curve.name, _area(below, above, ceiling), index, "area"))
        below = [under if over is None else over for under, over in zip(below, above, strict=True)]
    return layers


def _line(values: Values, ceiling: float) -> str:
    """Steps from interval to interval; a new stroke after each gap."""
    path, pen_down = [], False
    for index, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        y = _y(value, ceiling)
        path.append(f"{'V' if pen_down else f'M{_x(index, len(values))} '}{y}H{_x(index + 1, len(values))}")
        pen_down = True
    return "".join(path)


def _area(below: Values, above: Values, ceiling: float) -> str:
    """The stretch between two stepped lines, closed where a gap begins."""
    path = []
    for first, last in _runs(above):
        forward = "".join(
            f"{'V' if index > first else ''}{_y(above[index], ceiling)}H{_x(index + 1, len(above))}"
            for index in range(first, last)
        )
        back = "".join(
            f"V{_y(below[index], ceiling)}H{_x(index, len(above))}"
            for index in range(last - 1, first - 1, -1)
        )
        path.append(f"M{_x(first, len(above))} {forward}{back}Z")
    return "".join(path)


def _runs(values: Values) -> list[tuple[int, int]]:
    """Stretches of known values, as half-open ranges."""
    runs: list[tuple[int, int]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def _gaps(chart: Chart) -> list[Band]:
    """Steps in which nothing at all is known: the page hatches them."""
    columns = list(zip(*(curve.values for curve in chart.curves), strict=True))
    unknown = [None if any(value is not None for value in column) else 1.0 for column in columns]
    return [
        Band(_number(first / len(columns) * WIDTH), _number((last - first) / len(columns) * WIDTH))
        for first, last in _runs(unknown)
    ]


def _moments(since: datetime, until: datetime) -> list[Tick]:
    length = until - since
    spacing = next((each for each in _SPACINGS if length / each <= _MOST_TICKS), length)
    form = "%d %b" if spacing >= timedelta(days=1) else "%H:%M"
    seconds = spacing.total_seconds()
    first = math.ceil(since.timestamp() / seconds) * seconds
    ticks = []
    while first <= until.timestamp():
        at = datetime.fromtimestamp(first, UTC)
        place = (at - since) / length * 100 if length else 0.0
        ticks.append(Tick(f"{at:{form}}", round(place, 2)))
        first += seconds
    return ticks


def _top(chart: Chart) -> float:
    if chart.shape is Shape.STACKED:
        columns = zip(*(curve.values for curve in chart.curves), strict=True)
        highest = max((sum(_known(column)) for column in columns), default=0.0)
    else:
        highest = max((value for curve in chart.curves for value in _known(curve.values)), default=0.0)
    # A limit far above all curves would press them flat; it is told in words then.
    if chart.limit and highest < chart.limit.value <= highest * 4:
        return chart.limit.value
    return highest


def _round_up(top: float, unit: Unit) -> float:
    """The next number that quarters well; a share ends at 1."""
    if unit is Unit.SHARE:
        return 1.0
    if top <= 0:
        return 4.0 if unit in {Unit.SESSIONS, Unit.COUNT} else 1.0
    magnitude = 10.0 ** math.floor(math.log10(top))
    return next(step * magnitude for step in (1, 1.2, 1.6, 2, 4, 6, 8, 10) if step * magnitude >= top * 0.999)


def _percent(chart: Chart, at: datetime) -> float:
    place = (at - chart.steps[0]) / (chart.steps[-1] - chart.steps[0]) * 100
    return round(min(max(place, 0.0), 100.0), 2)


def _x(index: int, steps: int) -> str:
    return f"{index / steps * WIDTH:.4g}"


def _y(value: float | None, ceiling: float) -> str:
    return f"{HEIGHT - min((value or 0.0) / ceiling, 1.0) * HEIGHT:.4g}"


def _known(values: Values) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Values) -> float | None:
    known = _known(values)
    return float(f"{sum(known) / len(known):.4g}") if known else None


def _number(value: float) -> float:
    return float(f"{value:.4g}")
