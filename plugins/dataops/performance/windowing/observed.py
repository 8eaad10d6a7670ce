"""The sections of what is seen at a moment and not counted: sessions, blocking, standbys, slots, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from dataops.performance.columns import COLUMNS, COUNT, MOMENT, NUMBER, Kind
from dataops.performance.window import Section, SectionName
from dataops.performance.windowing.sections import Span, conformed
from dataops.performance.windowing.timeline import Interval

_AT = "at"


def sessions(span: Span, statements: Mapping[int, str], dbname: str) -> Section:
    """Open transactions of the database and of none, and how many sessions of the server did what.

    Those of other databases neither keep rows of this one from vacuum, nor are its readers to see what they
    execute. ``statements``: which statement a queryid is.
    """
    name = SectionName.SESSIONS
    quality = span.quality("transactions", counted=False)
    rows = _stamped(span, "transactions")
    totals = None if rows is None else _named(_own(rows, dbname), statements, "queryid", "statement")
    if totals is not None:
        totals = _merged(totals, name)
    series = _stamped(span, "connections")
    return Section(
        conformed(_or_empty(totals), COLUMNS[name].totals_schema),
        conformed(_or_empty(series), COLUMNS[name].series_schema),
        quality,
    )


def blocking(span: Span, statements: Mapping[int, str], dbname: str) -> Section:
    """Who waited for whom in the database: the edges of the trees, each with the root that it hangs from."""
    name = SectionName.BLOCKING
    quality = span.quality("blocking", counted=False)
    names = _table_names(span)
    totals, series = [], []
    spans = dict(zip(span.samples.answered("blocking")[1:], span.intervals("blocking"), strict=True))
    for index, rows in span.samples.rows("blocking", _told(span, "blocking")):
        rooted = _own(rows.join(_roots(rows), on="blocked_pid", how="left"), dbname).with_columns(
            pl.lit(span.samples.headers[index].at, dtype=MOMENT).alias(_AT)
        )
        totals.append(rooted.join(names, left_on="relation_oid", right_on="oid", how="left"))
        if index in spans:
            series.append(_at_once(rooted, spans[index]))
    found = pl.concat(totals, how="diagonal_relaxed") if totals else None
    if found is not None and found.height:
        for side in ("blocked", "blocking"):
            found = _named(found, statements, f"{side}_queryid", f"{side}_statement")
        found = _merged(found, name)
    return Section(
        conformed(_or_empty(found), COLUMNS[name].totals_schema),
        conformed(_or_empty(pl.concat(series) if series else None), COLUMNS[name].series_schema),
        quality,
    )


def replication(span: Span) -> Section:
    """Each standby that any sample saw."""
    return _present(span, SectionName.REPLICATION, "replication")


def present_slots(section: Section, span: Span) -> Section:
    """The slots with whether each was there at the last sample."""
    latest = span.samples.latest("slots")
    if latest is None or not section.totals.width:
        return section
    there = pl.col("name").is_in(latest["name"].implode())
    return Section(section.totals.with_columns(there.alias("present")), section.series, section.quality)


def settings(span: Span) -> Section:
    """How the server is set up at the end, and which settings changed inside the window."""
    name = SectionName.SETTINGS
    quality = span.quality("settings", counted=False)
    rows = _stamped(span, "settings", base=True)
    latest = span.samples.latest("settings")
    if rows is None or latest is None:
        return Section(quality=quality)
    keys = ["name", "scope"]
    seen = (
        rows
        .sort(_AT)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("value").first().alias("_first"),
            pl.col("value").last().alias("_last"),
            pl.col(_AT).filter(pl.col("value").ne_missing(pl.col("value").shift(1))).last().alias("_changed"),
        )
    )
    changed = pl.col("_first").ne_missing(pl.col("_last"))
    totals = latest.join(seen, on=keys, how="left").with_columns(
        previous=pl.when(changed).then(pl.col("_first")).otherwise(None),
        changed_at=pl.when(changed).then(pl.col("_changed")).otherwise(None),
    )
    return Section(conformed(totals, COLUMNS[name].totals_schema), pl.DataFrame(), quality)


def latest(span: Span, name: SectionName, question: str, *derived: pl.Expr) -> Section:
    """A section that holds what the last sample with an answer says, and nothing over time."""
    rows = span.samples.latest(question)
    quality = span.quality(question, counted=False)
    if rows is None:
        return Section(quality=quality)
    # What is asked once an hour holds until it is asked again: it has no part of the window of its own.
    return Section(
        conformed(rows.with_columns(derived), COLUMNS[name].totals_schema),
        pl.DataFrame(),
        replace(quality, covered=_held(span, question)),
    )


def _held(span: Span, question: str) -> float:
    """The share of the window until the question was asked in vain, after its last answer; 1 for never."""
    headers = span.samples.headers
    unanswered = [
        header.taken
        for header in headers[span.samples.answered(question)[-1] :]
        if question in header.missing
    ]
    length = (span.until - span.since).total_seconds()
    if not unanswered or length <= 0:
        return 1.0
    return min(max((unanswered[0] - span.since).total_seconds() / length, 0.0), 1.0)


def _present(span: Span, name: SectionName, question: str) -> Section:
    quality = span.quality(question, counted=False)
    rows = _stamped(span, question)
    columns = COLUMNS[name]
    if rows is None:
        return Section(quality=quality)
    if not rows.height:
        return Section(
            conformed(rows, columns.totals_schema), conformed(rows, columns.series_schema), quality
        )
    keys, answered = list(columns.keys), len(span.samples.answered(question))
    final = span.samples.headers[span.samples.answered(question)[-1]].at
    peaks = [pl.col(each.removesuffix("_peak")).max().alias(each) for each in columns.names(Kind.PEAK)]
    merged = (
        rows
        .sort(_AT)
        .group_by(keys, maintain_order=True)
        .agg(
            *(pl.col(each).last() for each in rows.columns if each not in {*keys, _AT, "seconds"}),
            *peaks,
            (pl.col(_AT).max() == final).alias("present"),
            (pl.col(_AT).n_unique() / answered).alias("seen"),
        )
    )
    return Section(
        conformed(merged, columns.totals_schema), conformed(rows, columns.series_schema).sort(_AT), quality
    )


def _stamped(span: Span, question: str, *, base: bool = False) -> pl.DataFrame | None:
    """All rows with the moment of their sample and the time since the one before.

    ``base``: those of the sample before the window too.
    """
    answered = span.samples.answered(question)
    lengths = dict(zip(answered[1:], (each.seconds for each in span.intervals(question)), strict=True))
    frames = [
        rows.with_columns(
            pl.lit(span.samples.headers[index].at, dtype=MOMENT).alias(_AT),
            pl.lit(lengths.get(index, 0.0), dtype=NUMBER).alias("seconds"),
        )
        for index, rows in span.samples.rows(question, answered if base else _told(span, question))
    ]
    return pl.concat(frames, how="diagonal_relaxed") if frames else None


def _told(span: Span, question: str) -> list[int]:
    """The samples of the window itself; what the one before it saw, the window before has told."""
    answered = span.samples.answered(question)
    inside = [index for index in answered if span.samples.headers[index].taken >= span.since]
    return inside or answered


def _merged(rows: pl.DataFrame, name: SectionName) -> pl.DataFrame:
    """The same object seen by several samples as one row: labels as last seen, and its peaks."""
    columns = COLUMNS[name]
    keys = list(columns.keys)
    labels = [each for each in columns.names(Kind.LABEL) if each in rows.columns]
    return (
        rows
        .sort(_AT)
        .group_by(keys, maintain_order=True)
        .agg(
            *(pl.col(each).last() for each in labels),
            *(pl.col(each).max() for each in columns.names(Kind.PEAK)),
            pl.col(_AT).min().alias("first_seen"),
            pl.col(_AT).max().alias("last_seen"),
            pl.col(_AT).n_unique().cast(COUNT).alias("samples"),
        )
    )


def _own(rows: pl.DataFrame, dbname: str) -> pl.DataFrame:
    """Of the database itself, and of processes that belong to none."""
    return rows.filter(pl.col("dbname").is_null() | (pl.col("dbname") == dbname))


def _named(rows: pl.DataFrame, statements: Mapping[int, str], queryid: str, statement: str) -> pl.DataFrame:
    """Statements by their queryid where that is known: the text of a running one may be cut short."""
    known = pl.DataFrame(
        {queryid: list(statements), "_statement": list(statements.values())},
        schema={queryid: COUNT, "_statement": pl.String()},
    )
    return (
        rows
        .join(known, on=queryid, how="left")
        .with_columns(pl.coalesce("_statement", statement).alias(statement))
        .drop("_statement")
    )


def _table_names(span: Span) -> pl.DataFrame:
    tables = span.samples.latest("tables")
    if tables is None:
        return pl.DataFrame(schema={"oid": COUNT, "relation": pl.String()})
    return tables.select("oid", pl.format("{}.{}", "schema", "name").alias("relation"))


def _roots(rows: pl.DataFrame) -> pl.DataFrame:
    """Per blocked process the root of its tree and the steps to it; in a circle, whoever comes first."""
    edges: dict[int, int] = {}
    for blocked, blocker in rows.select("blocked_pid", "blocking_pid").iter_rows():
        edges.setdefault(blocked, blocker)
    found = [(blocked, *_root(blocked, edges)) for blocked in edges]
    return pl.DataFrame(found, schema={"blocked_pid": COUNT, "root_pid": COUNT, "depth": COUNT}, orient="row")


def _root(blocked: int, edges: Mapping[int, int]) -> tuple[int, int]:
    at, depth, passed = blocked, 0, {blocked}
    while at in edges:
        at, depth = edges[at], depth + 1
        if at in passed:
            break
        passed.add(at)
    return at, depth


def _at_once(rows: pl.DataFrame, interval: Interval) -> pl.DataFrame:
    return rows.select(
        pl.lit(interval.until, dtype=MOMENT).alias(_AT),
        pl.lit(interval.seconds, dtype=NUMBER).alias("seconds"),
        pl.col("blocked_pid").n_unique().cast(COUNT).alias("blocked"),
        pl.col("root_pid").n_unique().cast(COUNT).alias("roots"),
        pl.col("waited_seconds").max().cast(NUMBER).alias("waited_seconds"),
    ).head(1)


def _or_empty(frame: pl.DataFrame | None) -> pl.DataFrame:
    return pl.DataFrame() if frame is None else frame
