"""Who was connected, who waited, who stood in the way, and how far the standbys were behind."""

from __future__ import annotations

import polars as pl

from dataops.performance.report.charts.reading import Canvas, blank, drawn, points, rounded
from dataops.performance.report.charts.storage import connection_limit
from dataops.performance.report.document import Chart, Curve, Limit, Shape, Unit
from dataops.performance.report.timeline import Timeline
from dataops.performance.report.wording import HIDDEN
from dataops.performance.window import SectionName

ORDER = ("active", "idle in transaction", "idle in transaction (aborted)", "idle")
"""States from what costs most to what costs least; others stand between."""
SHOWN = 7


def connections(on: Canvas) -> Chart:
    """Client sessions of the whole server by state, under its limit."""
    name, title, unit = "connections", "Connections by state", Unit.SESSIONS
    section = on.window.section(SectionName.SESSIONS)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    series = section.series.group_by("at", "state").agg(pl.col("seconds").first(), pl.col("sessions").sum())
    states = series["state"].unique().to_list() if series.height else []
    curves = [
        Curve(
            name=state or "unknown",
            values=_sessions(on.steps_of(section), series.filter(pl.col("state") == state)),
        )
        for state in sorted(states, key=_rank)
    ]
    chart = drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.STACKED)
    most = connection_limit(on.window)
    if chart.missing or most is None:
        return chart
    return chart.model_copy(update={"limit": Limit(name="limit of the server", value=most)})


def waits(on: Canvas) -> Chart:
    """Active sessions by what they waited for, as the samples saw them."""
    name, title, unit = "waits", "What active sessions waited for", Unit.SESSIONS
    section = on.window.section(SectionName.SESSIONS)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    active = section.series.filter(pl.col("state") == "active")
    series = active.group_by("at", "wait_type").agg(pl.col("seconds").first(), pl.col("sessions").sum())
    kinds = series.group_by("wait_type").agg(pl.col("sessions").sum()).sort("sessions", descending=True)
    curves = [
        Curve(
            name=kind or "nothing (running)",
            values=_sessions(on.steps_of(section), series.filter(pl.col("wait_type") == kind)),
        )
        for kind in kinds["wait_type"].head(SHOWN).to_list()
    ]
    if not curves:
        zero = on.steps_of(section).readings([], absent=0.0)
        curves = [Curve(name="active", values=rounded(zero))]
    return drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.STACKED)


def locks(on: Canvas) -> Chart:
    """Sessions that waited for a lock, and those that they all waited for."""
    name, title, unit = "locks", "Sessions waiting for locks", Unit.SESSIONS
    section = on.window.section(SectionName.BLOCKING)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    curves = [
        Curve(
            name=label,
            values=rounded(on.steps_of(section).readings(points(section.series, column), absent=0.0)),
        )
        for label, column in (("waiting", "blocked"), ("in their way", "roots"))
    ]
    return drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.LINES)


def replication(on: Canvas) -> Chart:
    """How far each standby was behind, in bytes of WAL not yet replayed."""
    name, title, unit = "replication", "WAL that standbys have not replayed", Unit.BYTES
    section = on.window.section(SectionName.REPLICATION)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    if section.totals.is_empty():
        return blank(name, title, unit, "No standby was connected in this window.")
    keys = section.totals.select("standby", "address").head(SHOWN)
    curves = []
    for standby, address in keys.iter_rows():
        own = section.series.filter(
            (pl.col("standby") == standby) & (pl.col("address").fill_null("") == (address or ""))
        )
        values = rounded(on.steps_of(section).readings(points(own, "replay_lag_bytes")))
        curves.append(Curve(name=standby or HIDDEN, values=values))
    return drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.LINES)


def _sessions(steps: Timeline, series: pl.DataFrame) -> tuple[float | None, ...]:
    return rounded(steps.readings(points(series, "sessions"), absent=0.0))


def _rank(state: str | None) -> tuple[float, str]:
    known = {name: float(index) for index, name in enumerate(ORDER)}
    return known.get(state or "", 2.5), state or ""
