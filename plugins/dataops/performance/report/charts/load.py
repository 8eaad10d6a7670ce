"""What the database spent its time on: load by statement, transactions, rows."""

from __future__ import annotations

import polars as pl

from dataops.performance.report.charts.reading import Canvas, blank, drawn, points, rates_chart, rounded
from dataops.performance.report.document import Chart, Curve, Shape, Unit
from dataops.performance.report.wording import short_statement
from dataops.performance.window import SectionName

SHOWN = 7
"""Statements with a layer of their own: more colours nobody tells apart."""


def load_by_statement(on: Canvas) -> Chart:
    """Seconds of execution per second, the busiest statements each on its own, numbered as in the table.

    1 is one session that is always busy.
    """
    title = "Load by statement"
    name = "load"
    unit = Unit.SESSIONS
    section = on.window.section(SectionName.STATEMENTS)
    if not section.quality.measurable:
        return blank(name, title, unit, section.quality.missing)
    # What runs inside of functions is in its caller's time too.
    totals = section.totals.filter(pl.col("toplevel").fill_null(value=True))
    busiest = totals.filter(pl.col("exec_seconds") > 0).sort("exec_seconds", descending=True).head(SHOWN)
    series = section.series.filter(pl.col("toplevel").fill_null(value=True))
    own = series.join(busiest.select("statement"), on="statement", how="semi")
    steps = on.steps_of(section)
    curves = []
    for rank, (statement, text) in enumerate(busiest.select("statement", "text").iter_rows(), start=1):
        part = own.filter(pl.col("statement") == statement)
        values = steps.rates(points(part, "exec_seconds"))
        curves.append(Curve(name=f"{rank}. {short_statement(text)}", values=rounded(values)))
    others = (
        series
        .join(busiest.select("statement"), on="statement", how="anti")
        .group_by("at")
        .agg(pl.col("seconds").first(), pl.col("exec_seconds").sum())
    )
    if others.height:
        values = steps.rates(points(others, "exec_seconds"))
        curves.append(
            Curve(name=f"{totals.height - busiest.height:,} other statements", values=rounded(values))
        )
    return drawn(on, curves, name=name, title=title, unit=unit, shape=Shape.STACKED)


def transactions(on: Canvas) -> Chart:
    """Commits and rollbacks per second."""
    return rates_chart(
        on,
        on.window.section(SectionName.DATABASE),
        [("committed", pl.col("commits")), ("rolled back", pl.col("rollbacks"))],
        name="transactions",
        title="Transactions",
        unit=Unit.PER_SECOND,
    )


def rows_changed(on: Canvas) -> Chart:
    """Rows inserted, updated and deleted per second."""
    return rates_chart(
        on,
        on.window.section(SectionName.DATABASE),
        [(f"{verb}", pl.col(f"rows_{verb}")) for verb in ("inserted", "updated", "deleted")],
        name="rows",
        title="Rows changed",
        unit=Unit.PER_SECOND,
    )
