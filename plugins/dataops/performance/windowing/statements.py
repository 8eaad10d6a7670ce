"""The section ``statements``: the entries of pg_stat_statements as statements, whatever their queryids."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dataops.performance.columns import COLUMNS, Kind
from dataops.performance.window import Quality, Section, SectionName
from dataops.performance.windowing.growth import INDEX, Counting, Growth, clocked, growth
from dataops.performance.windowing.sections import Span, conformed, shown_of
from dataops.performance.windowing.timeline import Interval

QUESTION = "statements"
FAMILIES = ("statements",)
_KEYS = ["statement", "toplevel"]
_ENTRY = ("queryid", "userid", "toplevel")
_SQUARES = "_squares"
"""Sum of the squares of all executions' times, by which the variance of a window is found."""


def statements(span: Span, texts: pl.DataFrame, evictions: int | None) -> Section:
    """What every statement did. ``texts`` says which statement a queryid is; ``evictions``, how often entries
    were thrown out in the window, None where that is not known."""
    columns = COLUMNS[SectionName.STATEMENTS]
    counters = columns.names(Kind.COUNTER)
    counting = Counting(
        _ENTRY,
        (*counters, _SQUARES),
        steady=("calls", "rows"),
        shown=shown_of(columns),
        anew="entry_since",
        partial=True,
    )
    found = span.intervals(QUESTION, FAMILIES)
    frames = enumerate(_squared(rows) for _, rows in span.samples.rows(QUESTION))
    grown = growth(frames, found, counting)
    quality = span.quality(QUESTION, FAMILIES, more=_eviction_notes(evictions))
    if grown is None:
        return Section(quality=quality)
    if not any(each.usable for each in found):
        reason = " ".join(quality.notes) or "No two samples can be compared."
        return Section(quality=Quality(covered=0.0, notes=quality.notes, missing=reason))
    named = _named(grown.last, texts)
    entries = _entries(grown, named, last_index=len(found))
    totals = _grouped(entries, list(counters))
    series = _series(grown, named, found, columns.series_schema)
    return Section(conformed(totals, columns.totals_schema), series, quality)


def _squared(rows: pl.DataFrame) -> pl.DataFrame:
    deviation, mean = pl.col("lifetime_stddev_seconds"), pl.col("lifetime_mean_seconds")
    return rows.with_columns((pl.col("calls") * (deviation.pow(2) + mean.pow(2))).alias(_SQUARES)).drop(
        "lifetime_stddev_seconds", "lifetime_mean_seconds"
    )


def _eviction_notes(evictions: int | None) -> list[str]:
    if not evictions:
        return []
    return [
        f"pg_stat_statements threw out entries {evictions} times: statements that run rarely may be missing, "
        "and those marked incomplete did more than is shown."
    ]


def _named(last: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Each entry with the statement that it is: by its text, or by its queryid where that is not known."""
    known = texts.select("queryid", "statement", "text", "command", "first_seen").unique("queryid")
    joined = last.select(*_ENTRY, "user").join(known, on="queryid", how="left")
    unnamed = pl.format("queryid:{}", pl.col("queryid"))
    return joined.with_columns(statement=pl.coalesce(pl.col("statement"), unnamed))


def _entries(grown: Growth, named: pl.DataFrame, last_index: int) -> pl.DataFrame:
    lifetimes = [name for name in grown.last.columns if name.startswith("lifetime_")]
    gone = (pl.col("to_index") < last_index) | (
        pl.col("samples") < pl.col("to_index") - pl.col("from_index") + 1
    )
    return (
        named
        .join(grown.sums, on=list(_ENTRY), how="inner")
        .join(grown.seen, on=list(_ENTRY), how="left")
        .join(grown.last.select(*_ENTRY, *lifetimes), on=list(_ENTRY), how="left")
        .with_columns(complete=~(gone | pl.col("lost")))
    )


def _grouped(entries: pl.DataFrame, counters: list[str]) -> pl.DataFrame:
    present = [name for name in (*counters, _SQUARES) if name in entries.columns]
    summed = [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).otherwise(None).alias(name)
        for name in present
    ]
    totals = entries.group_by(_KEYS).agg(
        pl.col("text").drop_nulls().first(),
        pl.col("command").drop_nulls().first(),
        pl.col("queryid").unique().sort().alias("queryids"),
        pl.col("user").unique().sort().alias("users"),
        pl.col("first_seen").min(),
        pl.col("complete").all(),
        *summed,
        pl.col("lifetime_min_seconds").min(),
        pl.col("lifetime_max_seconds").max(),
    )
    mean = pl.col("exec_seconds") / pl.col("calls")
    variance = (pl.col(_SQUARES) / pl.col("calls") - mean.pow(2)).clip(lower_bound=0.0)
    return totals.filter(pl.col("calls") > 0).with_columns(
        mean_seconds=mean,
        stddev_seconds=pl.when(pl.col("calls") > 1).then(variance.sqrt()).otherwise(None),
    )


def _series(grown: Growth, named: pl.DataFrame, found: Sequence[Interval], schema: pl.Schema) -> pl.DataFrame:
    """Piece by piece, for a day of a large database has a million steps."""
    alone = pl.len().over(_KEYS).eq(1).alias("_alone")
    which = named.select(*_ENTRY, "statement", alone)
    return pl.concat([_series_piece(piece, which, found, schema) for piece in grown.pieces])


def _series_piece(
    piece: pl.DataFrame, which: pl.DataFrame, found: Sequence[Interval], schema: pl.Schema
) -> pl.DataFrame:
    numbers = [name for name in schema if name not in {"at", "seconds", *_KEYS} and name in piece.columns]
    steps = piece.join(which, on=list(_ENTRY), how="left").select(INDEX, *_KEYS, *numbers, "_alone")
    summed = [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).otherwise(None).alias(name)
        for name in numbers
    ]
    # Nearly every statement is one entry; only the few others are to be added up.
    shared = steps.filter(~pl.col("_alone")).group_by(INDEX, *_KEYS).agg(summed)
    every = pl.concat([steps.filter("_alone").drop("_alone"), shared.select(INDEX, *_KEYS, *numbers)])
    return conformed(clocked(every, found), schema).sort("at", "statement")
