"""Where blocks came from and went to: cache, reads, checkpoints, WAL, temporary files."""

from __future__ import annotations

import polars as pl

from dataops.performance.report.charts.reading import (
    Canvas,
    blank,
    drawn,
    points,
    rates_chart,
    rounded,
    setting,
)
from dataops.performance.report.document import Chart, Curve, Mark, Shape, Unit
from dataops.performance.report.numbers import counted
from dataops.performance.window import SectionName, Window

MOST_MARKS = 12
"""Marks that a chart bears before they hide it."""


def cache(on: Canvas) -> Chart:
    """The share of blocks that were found in shared buffers."""
    name, title, unit = "cache", "Blocks found in shared buffers", Unit.SHARE
    section = on.window.section(SectionName.DATABASE)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    steps = on.steps_of(section)
    hits = steps.rates(points(section.series, "blocks_hit"))
    reads = steps.rates(points(section.series, "blocks_read"))
    shares = [
        None if hit is None or read is None or hit + read == 0 else hit / (hit + read)
        for hit, read in zip(hits, reads, strict=True)
    ]
    curve = Curve(name="found in shared buffers", values=rounded(shares))
    return drawn(on, [curve], name=name, title=title, unit=unit, shape=Shape.LINES)


def reads(on: Canvas) -> Chart:
    """Bytes read from outside of shared buffers, and those of temporary files."""
    return rates_chart(
        on,
        on.window.section(SectionName.DATABASE),
        [
            ("read from outside of shared buffers", pl.col("blocks_read") * on.block),
            ("written to temporary files", pl.col("temp_bytes")),
        ],
        name="reads",
        title="Reads and temporary files",
        unit=Unit.BYTES_PER_SECOND,
        shape=Shape.LINES,
    )


def checkpoints(on: Canvas) -> Chart:
    """Who wrote dirty blocks, with a mark for each step that had checkpoints which were not due by time."""
    section = on.window.section(SectionName.CHECKPOINTS)
    chart = rates_chart(
        on,
        section,
        [
            ("checkpointer", pl.col("buffers_checkpoint") * on.block),
            ("background writer", pl.col("buffers_clean") * on.block),
            ("sessions themselves", pl.col("buffers_backend") * on.block),
        ],
        name="checkpoints",
        title="Who writes dirty blocks, and checkpoints ahead of time",
        unit=Unit.BYTES_PER_SECOND,
    )
    if chart.missing:
        return chart
    requested = section.series.filter(pl.col("requested") > 0).select("at", "requested").sort("at")
    marks = [
        Mark(at=at, says=counted(count, "checkpoint ahead of time", "checkpoints ahead of time"))
        for at, count in requested.iter_rows()
    ]
    return chart.model_copy(update={"marks": (*chart.marks, *marks[:MOST_MARKS])})


def wal(on: Canvas) -> Chart:
    """WAL generated per second."""
    return rates_chart(
        on,
        on.window.section(SectionName.WAL),
        [("WAL", pl.col("bytes"))],
        name="wal",
        title="WAL generated",
        unit=Unit.BYTES_PER_SECOND,
    )


def archive_lag(on: Canvas) -> Chart:
    """Files that wait to be archived."""
    name, title, unit = "archiver", "Files waiting to be archived", Unit.COUNT
    section = on.window.section(SectionName.ARCHIVER)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    if section.totals.height and not section.totals["enabled"][0]:
        return blank(name, title, unit, "archive_mode is off: nothing is archived.")
    waiting = rounded(on.steps_of(section).readings(points(section.series, "waiting_files")))
    curve = Curve(name="waiting", values=waiting)
    return drawn(on, [curve], name=name, title=title, unit=unit, shape=Shape.LINES)


def connection_limit(window: Window) -> float | None:
    """Connections that the server takes from ordinary roles."""
    most = setting(window, "max_connections")
    if most is None:
        return None
    reserved = setting(window, "superuser_reserved_connections") or 0.0
    return most - reserved - (setting(window, "reserved_connections") or 0.0)
