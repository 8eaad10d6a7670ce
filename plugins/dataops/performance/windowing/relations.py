"""The sections ``tables`` and ``indexes``: counters of every sample beside what is asked once an hour."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dataops.performance.columns import COLUMNS, Kind
from dataops.performance.window import Section, SectionName
from dataops.performance.windowing.growth import Counting, Growth
from dataops.performance.windowing.sections import Parts, Span, assemble, shown_of
from dataops.performance.windowing.timeline import counting_since

FAMILIES = ("database",)
_SUMMED = ("index_", "toast_")
"""Counters of a table that are sums over its indexes: they fall when an index is dropped."""


def tables(span: Span) -> Section:
    """How every table was used and how it grew; also those that came, went, were renamed or rewritten."""
    name = SectionName.TABLES
    counters = COLUMNS[name].names(Kind.COUNTER)
    steady = tuple(each for each in counters if not each.startswith(_SUMMED))
    grown, found = span.growth(
        "tables", Counting(("oid",), counters, steady, shown_of(COLUMNS[name])), FAMILIES
    )
    sizes, sized = _hourly(span, "table_sizes")
    quality = span.quality("tables", FAMILIES, more=sized)
    if grown is None:
        return Section(quality=quality)
    grown = _with_hourly(grown, sizes)
    before = grown.first.select(
        "oid", pl.format("{}.{}", "schema", "name").alias("_named"), pl.col("filenode").alias("_filenode")
    )
    grown = replace(grown, last=grown.last.join(before, on="oid", how="left"))
    derived = (
        *_existence(len(found)),
        (pl.col("filenode") != pl.col("_filenode")).fill_null(False).alias("rewritten"),
        pl
        .when(pl.col("_named") != pl.format("{}.{}", "schema", "name"))
        .then(pl.col("_named"))
        .otherwise(None)
        .alias("renamed_from"),
    )
    return assemble(Parts(name, grown, found, derived), quality)


def indexes(span: Span) -> Section:
    """How every index was used, and what it is. One made after the last whole sample is not told yet."""
    name = SectionName.INDEXES
    counters = tuple(each for each in COLUMNS[name].names(Kind.COUNTER) if each != "standby_scans")
    grown, found = span.growth(
        "indexes", Counting(("oid",), counters, shown=shown_of(COLUMNS[name])), FAMILIES
    )
    details, detailed = _hourly(span, "index_details")
    quality = span.quality("indexes", FAMILIES, more=detailed)
    if grown is None:
        return Section(quality=quality)
    if details is None:
        return Section(
            quality=replace(quality, covered=0.0, missing=span.samples.why_missing("index_details"))
        )
    lifetime = grown.last.select("oid", pl.col("scans").alias("lifetime_scans"))
    grown = _with_hourly(grown, details)
    known = grown.last.filter(pl.col("name").is_not_null()).join(lifetime, on="oid", how="left")
    unknown = grown.last.height - known.height
    if unknown:
        told = f"{unknown} indexes came after the last whole sample and are not told yet."
        quality = replace(quality, notes=(*quality.notes, told))
    since = counting_since(span.samples.headers[-1], "database")
    derived = (
        *_existence(len(found)),
        pl.lit(since, dtype=pl.Datetime("us", "UTC")).alias("statistics_since"),
    )
    scans = _standby_scans(span)
    if scans is not None:
        known = known.join(scans, on="oid", how="left")
    return assemble(Parts(name, replace(grown, last=known), found, derived), quality)


def _existence(last_index: int) -> tuple[pl.Expr, pl.Expr]:
    return (
        (pl.col("from_index") > 0).alias("created"),
        (pl.col("to_index") < last_index).alias("dropped"),
    )


def _hourly(span: Span, question: str) -> tuple[Growth | None, list[str]]:
    """First and last rows per object of what is asked once an hour, and what a reader must know of them."""
    grown, found = span.growth(question, Counting(("oid",), (), shown=()))
    if grown is None:
        return None, [f"{question.replace('_', ' ')}: {span.samples.why_missing(question)}"]
    last = found[-1].until if found else span.samples.headers[span.samples.answered(question)[-1]].at
    old = (span.until - last).total_seconds() > 2 * 3600
    return grown, [f"{question.replace('_', ' ')} as of {last:%Y-%m-%d %H:%M} UTC."] if old else []


def _with_hourly(grown: Growth, hourly: Growth | None) -> Growth:
    if hourly is None:
        return grown
    keep = [each for each in hourly.last.columns if each == "oid" or each not in grown.last.columns]
    return replace(
        grown,
        first=grown.first.join(hourly.first.select(keep).drop("_index", strict=False), on="oid", how="left"),
        last=grown.last.join(hourly.last.select(keep).drop("_index", strict=False), on="oid", how="left"),
    )


def _standby_scans(span: Span) -> pl.DataFrame | None:
    """Scans on the standby over the window. Its statistics are its own: where they fell it began anew."""
    frames = [
        rows.with_columns(pl.lit(index).alias("_at")) for index, rows in span.samples.rows("standby_scans")
    ]
    if len(frames) < 2:
        return None
    rows = pl.concat(frames).sort("oid", "_at")
    step = pl.col("standby_scans") - pl.col("standby_scans").shift(1).over("oid")
    grown = pl.when(step < 0).then(pl.col("standby_scans")).otherwise(step)
    return (
        rows
        .with_columns(grown.alias("_step"))
        .group_by("oid")
        .agg(pl.col("_step").sum().alias("standby_scans"))
    )
