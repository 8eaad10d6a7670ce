"""What the server's log tells over the day."""

from __future__ import annotations

import polars as pl

from dataops.performance.report.charts.reading import Canvas, blank, drawn, points, rounded
from dataops.performance.report.document import Chart, Curve, Shape, Unit
from dataops.performance.window import SectionName

TROUBLES = {
    "error": "errors and warnings",
    "deadlock": "deadlocks",
    "lock_wait": "long waits for locks",
    "temp_file": "temporary files",
}
"""Kinds of ``LogKind`` that are drawn."""


def troubles(on: Canvas) -> Chart:
    """Troubles in the log, as many as an hour at that rate would bring, by kind."""
    name, title, unit = "logs", "Troubles in the server's log, an hour", Unit.COUNT
    section = on.window.section(SectionName.LOGS)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    steps = on.steps_of(section)
    curves = []
    for kind, label in TROUBLES.items():
        own = section.series.filter(pl.col("kind") == kind) if section.series.height else section.series
        hourly = [None if rate is None else rate * 3600 for rate in steps.rates(points(own, "count"))]
        curves.append(Curve(name=label, values=rounded(hourly)))
    return drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.STACKED)
