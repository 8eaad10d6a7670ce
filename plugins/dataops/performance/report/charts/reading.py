"""From a section's series to the curves of a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dataops.performance.report.document import Chart, Curve, Mark, Shape, Unit
from dataops.performance.report.numbers import written
from dataops.performance.report.timeline import Timeline, timeline
from dataops.performance.window import Section, SectionName, Window

BLOCK = 8192
"""Bytes of a block, unless the server was built otherwise."""

Points = Iterable[tuple[datetime, float, float | None]]


@dataclass(frozen=True)
class Canvas:
    """What all charts of a window share: the window, its steps, and the moments worth a mark."""

    window: Window
    timeline: Timeline
    block: int = BLOCK

    def steps_of(self, section: Section) -> Timeline:
        """The steps as far as this section was measured: what nobody looked at is a gap, not a zero."""
        intervals = section.quality.intervals
        return self.timeline if intervals is None else self.timeline.measured_over(intervals)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The restarts."""
        return tuple(Mark(at=at, says="server started") for at in self.window.restarts)


def canvas(window: Window) -> Canvas:
    """The steps of the window, by the intervals between samples of the database itself."""
    series = window.section(SectionName.DATABASE).series
    intervals: list[tuple[datetime, float]] = []
    if {"at", "seconds"} <= set(series.columns):
        intervals = list(series.select("at", "seconds").unique().sort("at").iter_rows())
    return Canvas(window, timeline(window.since, window.until, intervals), block_size(window))


def block_size(window: Window) -> int:
    """Bytes of a block, as the server says."""
    return int(setting(window, "block_size") or BLOCK)


def setting(window: Window, name: str) -> float | None:
    """A setting of the server as a number; None where it is not known or no number."""
    settings = window.section(SectionName.SETTINGS).totals
    if "name" not in settings.columns:
        return None
    found = settings.filter((pl.col("name") == name) & pl.col("scope").fill_null("").is_in([""]))
    try:
        return float(found["value"][0]) if found.height else None
    except (TypeError, ValueError):
        return None


def points(series: pl.DataFrame, value: pl.Expr | str) -> Points:
    """(end, seconds, value) of each interval."""
    if series.is_empty():
        return []
    return series.select("at", "seconds", value).iter_rows()


def blank(name: str, title: str, unit: Unit, why: str) -> Chart:
    """A chart that says why it is empty."""
    return Chart(name=name, title=title, unit=unit, missing=why)


def rates_chart(
    on: Canvas,
    section: Section,
    columns: Sequence[tuple[str, pl.Expr]],
    *,
    name: str,
    title: str,
    unit: Unit,
    shape: Shape = Shape.STACKED,
) -> Chart:
    """The growth of some counters, per second. A counter that the server does not have leaves no curve."""
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    steps = on.steps_of(section)
    curves = [
        Curve(name=label, values=rounded(steps.rates(points(section.series, growth.alias("value")))))
        for label, growth in columns
    ]
    return drawn(on, curves, name=name, title=title, unit=unit, shape=shape)


def drawn(on: Canvas, curves: Sequence[Curve], *, name: str, title: str, unit: Unit, shape: Shape) -> Chart:
    """The chart of these curves, with the window's marks and its sentence; blank where no value is known."""
    known = [curve for curve in curves if any(value is not None for value in curve.values)]
    if not known:
        return blank(name, title, unit, "Nothing was measured in this window.")
    return Chart(
        name=name,
        title=title,
        unit=unit,
        shape=shape,
        steps=on.timeline.edges,
        curves=tuple(known),
        marks=on.marks,
        says=sentence(known, unit, shape, on.timeline),
    )


def sentence(curves: Sequence[Curve], unit: Unit, shape: Shape, steps: Timeline) -> str:
    """The mean and the peak of what is drawn, and when the peak was."""
    if shape is Shape.STACKED and len(curves) > 1:
        told = total(curves)
        return f"{_extent('Together', told, unit, steps)} Most of it: {_largest(curves).name.rstrip('.…')}."
    return " ".join(_extent(curve.name, curve.values, unit, steps) for curve in curves[:3])


def total(curves: Sequence[Curve]) -> list[float | None]:
    """The sum of all layers, step by step; None where none is known."""
    return [
        sum(value for value in column if value is not None)
        if any(value is not None for value in column)
        else None
        for column in zip(*(curve.values for curve in curves), strict=True)
    ]


def rounded(values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Five significant digits: what a chart shows and a file need not exceed."""
    return tuple(None if value is None else float(f"{value:.5g}") for value in values)


def _extent(name: str, values: Sequence[float | None], unit: Unit, steps: Timeline) -> str:
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    if not known:
        return f"{name}: not measurable."
    highest, where = max(known, key=lambda each: each[0])
    mean = sum(value for value, _ in known) / len(known)
    at = f" at {steps.edges[where]:%H:%M}" if highest > 0 else ""
    what = " sessions" if unit is Unit.SESSIONS else ""
    return f"{name}: {written(mean, unit)}{what} on average, at most {written(highest, unit)}{at}."


def _largest(curves: Sequence[Curve]) -> Curve:
    return max(curves, key=lambda curve: sum(value or 0.0 for value in curve.values))
