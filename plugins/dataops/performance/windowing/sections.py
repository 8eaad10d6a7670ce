"""From samples to one section: growth, last readings, changes and peaks, in the agreed columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from dataops.performance.columns import COLUMNS, Columns, Kind
from dataops.performance.window import Quality, Section, SectionName
from dataops.performance.windowing.growth import Counting, Growth, clocked, growth
from dataops.performance.windowing.kept_samples import KeptSamples
from dataops.performance.windowing.timeline import Interval, covered, intervals


@dataclass(frozen=True)
class Span:
    """The samples of a scope and the window that is asked about."""

    samples: KeptSamples
    since: datetime
    until: datetime

    def intervals(self, question: str, families: Sequence[str] = ()) -> tuple[Interval, ...]:
        """What lies between the samples that answered a question, counted as those samples are."""
        indexes = self.samples.answered(question)
        return intervals([self.samples.headers[index] for index in indexes], families)

    def growth(
        self, question: str, counting: Counting, families: Sequence[str] = ()
    ) -> tuple[Growth | None, tuple[Interval, ...]]:
        """How much a question's counters grew, and the intervals over which that was measured."""
        found = self.intervals(question, families)
        frames = enumerate(rows for _, rows in self.samples.rows(question))
        return growth(frames, found, counting), found

    def quality(
        self, question: str, families: Sequence[str] = (), *, counted: bool = True, more: Sequence[str] = ()
    ) -> Quality:
        """How much of the window the question shows. ``counted``: by counters, which a gap does not blind."""
        answered = self.samples.answered(question)
        if not answered:
            return Quality(covered=0.0, missing=self.samples.why_missing(question))
        found = self.intervals(question, families)
        told = [each.broken for each in found if each.broken]
        if len(answered) == 1 and counted:
            told.append("There is only one sample: nothing to compare it with.")
        failed = sum(question in header.missing for header in self.samples.headers)
        if failed:
            told.append(
                f"{failed} of {len(self.samples.headers)} samples do not have it: "
                f"{self.samples.why_missing(question)}"
            )
        share = covered(found, self.since, self.until, gaps=counted)
        measured = tuple(
            (each.until, each.seconds) for each in found if each.usable and (counted or not each.gap)
        )
        return Quality(share, tuple(dict.fromkeys([*told, *more])), intervals=measured)


@dataclass(frozen=True)
class Parts:
    """What a section is assembled from; more columns may be joined to ``last`` and ``sums`` before."""

    name: SectionName
    growth: Growth
    intervals: Sequence[Interval]
    derived: Sequence[pl.Expr] = field(default_factory=tuple)


def assemble(parts: Parts, quality: Quality) -> Section:
    """The section with the agreed columns; what the samples do not have is null."""
    keys = list(COLUMNS[parts.name].keys)
    grown = parts.growth
    counters = [name for name in grown.sums.columns if name not in keys]
    last = grown.last.drop(counters, strict=False)
    totals = (
        last.join(grown.sums, on=keys, how="left", nulls_equal=True)
        if keys
        else pl.concat([last, grown.sums], how="horizontal")
    )
    if keys:
        totals = totals.join(grown.seen, on=keys, how="left", nulls_equal=True)
    else:
        totals = pl.concat([totals, grown.seen], how="horizontal")
    totals = _with_changes(totals, parts, keys).with_columns(parts.derived)
    series = clocked(grown.steps, parts.intervals)
    return Section(
        conformed(totals, COLUMNS[parts.name].totals_schema),
        conformed(series, COLUMNS[parts.name].series_schema).sort("at")
        if COLUMNS[parts.name].series
        else pl.DataFrame(),
        quality,
    )


def counted(span: Span, name: SectionName, question: str, families: Sequence[str] = ()) -> Section:
    """A section whose columns are all in one question and need nothing special."""
    columns = COLUMNS[name]
    quality = span.quality(question, families)
    found = span.intervals(question, families)
    every = name is not SectionName.SLRU
    counting = Counting(columns.keys, columns.names(Kind.COUNTER), shown=shown_of(columns), every=every)
    grown, _ = span.growth(question, counting, families)
    if grown is None:
        return Section(quality=quality)
    return assemble(Parts(name, grown, found), quality)


def shown_of(columns: Columns) -> tuple[str, ...]:
    """The columns that a series repeats of the totals, without the keys and the clock."""
    unneeded = {*columns.keys, "at", "seconds"}
    return tuple(name for name in columns.series_schema if name not in unneeded)


def conformed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The columns of the schema, in its order and types; null where the frame has none."""
    if not frame.width:
        return pl.DataFrame(schema=schema)
    absent = [pl.lit(None).alias(name) for name in schema if name not in frame.columns]
    return frame.with_columns(absent).select(pl.col(name).cast(type_) for name, type_ in schema.items())


def _with_changes(totals: pl.DataFrame, parts: Parts, keys: list[str]) -> pl.DataFrame:
    """Adds last less first for every column ``<name>_change`` whose ``<name>`` was read."""
    first = parts.growth.first
    for name in COLUMNS[parts.name].names(Kind.CHANGE):
        read = name.removesuffix("_change")
        if read not in first.columns or name in totals.columns:
            continue
        if keys:
            began = first.select(*keys, pl.col(read).alias("_began"))
            totals = totals.join(began, on=keys, how="left", nulls_equal=True)
        else:
            totals = totals.with_columns(pl.lit(first[read].item()).alias("_began"))
        # What came into being inside the window has grown by all that it is.
        began_inside = pl.col("from_index") > 0
        grown = pl.when(began_inside).then(pl.col(read)).otherwise(pl.col(read) - pl.col("_began"))
        totals = totals.with_columns(grown.alias(name)).drop("_began")
    return totals
