"""Two days of one database side by side: where the time went, what grew, which settings differ."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from dataops.performance.report.charts import charts
from dataops.performance.report.charts.reading import total
from dataops.performance.report.document import Cell, Chart, Column, Curve, Digest, Shape, Table, Unit
from dataops.performance.report.numbers import counted, share, written
from dataops.performance.report.tables import shortened
from dataops.performance.report.wording import qualified, short_statement
from dataops.performance.window import SectionName, Window

SHOWN = 25
DRAWN = ("load", "transactions", "cache", "reads", "wal", "connections")
"""Charts in which both days are drawn over each other."""


def compare(first: Window, second: Window, made: datetime) -> Digest:
    """What differs on the second day. Rates are compared a second, so that days of unequal length can be."""
    names = _names(first, second)
    return Digest(
        kind="comparison",
        database=second.database,
        title=f"{second.database}: {names[1]} compared with {names[0]}",
        since=first.since,
        until=second.until,
        made=made,
        sentence=_sentence(first, second, names),
        notes=tuple(_notes(first, second, names)),
        charts=tuple(_overlaid(first, second, names)),
        tables=(
            statements(first, second, names),
            sizes(first, second, names),
            settings(first, second, names),
        ),
    )


def statements(first: Window, second: Window, names: tuple[str, str]) -> Table:
    """Statements by how much more or less of the database's time they took."""
    name, title = "statements", "Statements by change of time"
    both = [window.section(SectionName.STATEMENTS) for window in (first, second)]
    if missing := next((each.quality.missing for each in both if not each.quality.measurable), ""):
        return Table(name=name, title=title, missing=missing)
    joined = _joined(
        *(_per_second(each.totals, window) for each, window in zip(both, (first, second), strict=True))
    )
    ranked = joined.sort(pl.col("change").abs(), descending=True).head(SHOWN)
    rows = [
        (
            shortened(row["text"]),
            _signed_share(row["load"], row["load_after"]),
            row["load"],
            row["load_after"],
            row["mean_seconds"],
            row["mean_seconds_after"],
            row["calls"],
            row["calls_after"],
            row["statement"],
        )
        for row in ranked.iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="statement", unit=Unit.CODE),
            Column(name="change"),
            *(Column(name=f"load {each}", unit=Unit.SESSIONS) for each in names),
            *(Column(name=f"mean {each}", unit=Unit.SECONDS) for each in names),
            *(Column(name=f"calls {each}", unit=Unit.COUNT) for each in names),
            Column(name="fingerprint"),
        ),
        rows=tuple(tuple(_cell(value) for value in row) for row in rows),
        of=joined.height,
        says="Load is seconds of execution a second: 1 is one session that is always busy.",
    )


def sizes(first: Window, second: Window, names: tuple[str, str]) -> Table:
    """Tables by how much they grew or shrank."""
    name, title = "tables", "Tables by change of size"
    both = [window.section(SectionName.TABLES) for window in (first, second)]
    if missing := next((each.quality.missing for each in both if not each.quality.measurable), ""):
        return Table(name=name, title=title, missing=missing)
    columns = ("oid", "schema", "name", "total_bytes", "live_rows")
    before, after = (each.totals.select(columns) for each in both)
    joined = before.join(after, on="oid", how="full", coalesce=True, suffix="_after").with_columns(
        change=pl.col("total_bytes_after").fill_null(0) - pl.col("total_bytes").fill_null(0)
    )
    changed = joined.filter(pl.col("change") != 0).sort(pl.col("change").abs(), descending=True)
    rows = [
        (
            qualified(row["schema_after"] or row["schema"], row["name_after"] or row["name"]),
            row["change"],
            row["total_bytes"],
            row["total_bytes_after"],
            row["live_rows"],
            row["live_rows_after"],
        )
        for row in changed.head(SHOWN).iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="table"),
            Column(name="change", unit=Unit.BYTES),
            *(Column(name=f"size {each}", unit=Unit.BYTES) for each in names),
            *(Column(name=f"live rows {each}", unit=Unit.ROWS) for each in names),
        ),
        rows=tuple(rows),
        of=changed.height,
        says="" if rows else "No table changed its size.",
    )


def settings(first: Window, second: Window, names: tuple[str, str]) -> Table:
    """Settings whose value differs."""
    name, title = "settings", "Settings that differ"
    both = [window.section(SectionName.SETTINGS) for window in (first, second)]
    if missing := next((each.quality.missing for each in both if not each.quality.measurable), ""):
        return Table(name=name, title=title, missing=missing)
    before, after = (each.totals.select("name", "scope", "value") for each in both)
    joined = before.join(after, on=("name", "scope"), how="full", coalesce=True, suffix="_after")
    changed = joined.filter(pl.col("value").ne_missing(pl.col("value_after"))).sort("name", "scope")
    rows = [
        (row["name"], row["scope"] or "server", row["value"], row["value_after"])
        for row in changed.head(SHOWN * 2).iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(Column(name="setting"), Column(name="scope"), *(Column(name=each) for each in names)),
        rows=tuple(rows),
        of=changed.height,
        says="" if rows else "None differs.",
    )


def _names(first: Window, second: Window) -> tuple[str, str]:
    return f"{first.since.astimezone(UTC):%Y-%m-%d}", f"{second.since.astimezone(UTC):%Y-%m-%d}"


def _per_second(totals: pl.DataFrame, window: Window) -> pl.DataFrame:
    """One row a statement, with its load over the seconds that were measured.

    What runs inside of functions is in its caller's time.
    """
    measured = window.seconds * window.section(SectionName.STATEMENTS).quality.covered
    return totals.filter(pl.col("toplevel").fill_null(value=True)).select(
        "statement", "text", "calls", "mean_seconds", load=pl.col("exec_seconds") / max(measured, 1.0)
    )


def _joined(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    return before.join(after, on="statement", how="full", coalesce=True, suffix="_after").with_columns(
        text=pl.coalesce("text_after", "text"),
        change=pl.col("load_after").fill_null(0.0) - pl.col("load").fill_null(0.0),
    )


def _sentence(first: Window, second: Window, names: tuple[str, str]) -> str:
    both = [window.section(SectionName.STATEMENTS) for window in (first, second)]
    if any(not each.quality.measurable for each in both):
        return f"Nobody can tell what {names[1]} and {names[0]} spent their time on."
    frames = [_per_second(each.totals, window) for each, window in zip(both, (first, second), strict=True)]
    before, after = (float(frame["load"].sum() or 0.0) for frame in frames)
    joined = _joined(*frames).sort(pl.col("change").abs(), descending=True)
    told = (
        f"Statements kept {written(after, Unit.SESSIONS)} sessions busy on {names[1]}, "
        f"{_signed_share(before, after)} against {names[0]} ({written(before, Unit.SESSIONS)})"
    )
    if joined.height and abs(joined["change"][0]) > 0:
        told += f"; most of the change is {short_statement(joined['text'][0], 80)}"
    return f"{told}."


def _notes(first: Window, second: Window, names: tuple[str, str]) -> list[str]:
    notes = []
    for window, name in zip((first, second), names, strict=True):
        hardly = [
            f"{section} {share(window.section(section).quality.covered)}"
            for section in SectionName
            if window.section(section).quality.measurable and window.section(section).quality.covered < 0.9
        ]
        missing = [str(each) for each in SectionName if not window.section(each).quality.measurable]
        if hardly:
            notes.append(f"On {name} only a part was measured: {', '.join(hardly)}.")
        if missing:
            notes.append(f"On {name} not measurable: {', '.join(missing)}.")
        if window.restarts:
            notes.append(f"On {name} the server was started {counted(len(window.restarts), 'time')}.")
    return notes


def _overlaid(first: Window, second: Window, names: tuple[str, str]) -> list[Chart]:
    """Both days on the second one's clock, where both could be measured in equal steps."""
    before = {chart.name: chart for chart in charts(first)}
    overlaid = []
    for chart in charts(second):
        earlier = before[chart.name]
        if chart.name not in DRAWN:
            continue
        if chart.missing or earlier.missing or len(chart.steps) != len(earlier.steps):
            why = chart.missing or earlier.missing or "The two days were sampled in different steps."
            overlaid.append(Chart(name=chart.name, title=chart.title, unit=chart.unit, missing=why))
            continue
        overlaid.append(
            chart.model_copy(
                update={
                    "shape": Shape.LINES,
                    "curves": (
                        Curve(name=names[0], values=_whole(earlier)),
                        Curve(name=names[1], values=_whole(chart)),
                    ),
                    "says": "",
                    "limit": None,
                }
            )
        )
    return overlaid


def _whole(chart: Chart) -> tuple[float | None, ...]:
    """The sum of layers; of lines, the first, which is what the chart is about."""
    if chart.shape is Shape.STACKED:
        return tuple(total(chart.curves))
    return chart.curves[0].values


def _signed_share(before: float | None, after: float | None) -> str:
    if not before:
        return "new" if after else "0 %"
    if not after:
        return "gone"
    change = (after - before) / before * 100
    return f"{change:+,.0f} %"


def _cell(value: Any) -> Cell:
    return float(f"{value:.5g}") if isinstance(value, float) else value
