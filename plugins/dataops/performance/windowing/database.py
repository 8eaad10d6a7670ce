"""The section ``database``: its counters, what pg_stat_statements says of itself, and what sampling costs."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dataops.performance.columns import COLUMNS, MOMENT, NUMBER, Kind
from dataops.performance.window import Section, SectionName
from dataops.performance.windowing.growth import Counting, Growth, clocked
from dataops.performance.windowing.sections import Parts, Span, assemble, conformed
from dataops.performance.windowing.timeline import Interval

_ELSEWHERE = ("statement_evictions", "sampling_seconds")


def database(span: Span, server: Span) -> Section:
    """One row. ``server`` holds the server's own samples, whose cost counts too."""
    name = SectionName.DATABASE
    counters = tuple(each for each in COLUMNS[name].names(Kind.COUNTER) if each not in _ELSEWHERE)
    families = ("database",)
    quality = span.quality("database", families)
    grown, found = span.growth("database", Counting(("dbname",), counters, every=True), families)
    if grown is None:
        return Section(quality=quality)
    peaks = pl.concat([rows for _, rows in span.samples.rows("database")], how="diagonal_relaxed")
    entries = span.samples.latest("evictions")
    extra = {
        "connections_peak": peaks["connections"].max(),
        "server_connections_peak": peaks["server_connections"].max(),
        "statement_evictions": evictions(span),
        "statement_entries": None if entries is None else entries["statement_entries"].item(),
        "sampling_seconds": _cost(span, found) + _cost(server, server.intervals("checkpoints")),
    }
    section = assemble(Parts(name, grown, found), quality)
    totals = section.totals.with_columns(
        pl.lit(value).cast(section.totals.schema[column]).alias(column) for column, value in extra.items()
    )
    return replace(section, totals=totals, series=_with_costs(span, section.series, found))


def evictions(span: Span) -> int | None:
    """How often pg_stat_statements threw entries out; None where that was not measured."""
    grown = _evictions(span)
    if grown is None or not grown.sums.height:
        return None
    found: int | None = grown.sums["statement_evictions"].item()
    return found


def _evictions(span: Span) -> Growth | None:
    counting = Counting((), ("statement_evictions",), every=True)
    return span.growth("evictions", counting, ("statements",))[0]


def _cost(span: Span, found: tuple[Interval, ...]) -> float:
    """Seconds of the samples that end an interval."""
    return (
        sum(span.samples.headers[index].seconds for index in range(1, len(span.samples.headers)))
        if found
        else 0.0
    )


def _with_costs(span: Span, series: pl.DataFrame, found: tuple[Interval, ...]) -> pl.DataFrame:
    costs = pl.DataFrame(
        {
            "at": [header.at for header in span.samples.headers],
            "_cost": [header.seconds for header in span.samples.headers],
        },
        schema={"at": MOMENT, "_cost": NUMBER},
    ).unique("at", keep="last")
    joined = series.drop("sampling_seconds").join(costs, on="at", how="left")
    joined = joined.rename({"_cost": "sampling_seconds"})
    thrown_out = _evictions(span)
    if thrown_out is not None:
        own = ("statement_evictions", "statement_entries")
        steps = clocked(thrown_out.steps, span.intervals("evictions")).select("at", *own)
        joined = joined.drop(own).join(steps, on="at", how="left")
    peaks = {"connections_peak": "connections", "server_connections_peak": "server_connections"}
    filled = joined.with_columns(pl.col(read).alias(peak) for peak, read in peaks.items())
    return conformed(filled, COLUMNS[SectionName.DATABASE].series_schema)
