"""Durations of statements, as log_min_duration_statement writes them.

A server with pg_stat_statements or ``compute_query_id`` tells each statement's query id. Statements of the
same id, database and beginning are one and need no look at their text; only one that holds several statements
(a semicolon inside) is told by its text, since its id is that of the last.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.normalising import without_literals
from dataops.performance.logs.slowest_entries import slowest, with_calls
from dataops.performance.logs.stamps import TEN_MINUTES, ZONE

BEGINNING = 24
"""Characters that tell apart EXECUTE, EXPLAIN and the statement itself, which may share an id."""

_PLACE = (TEN_MINUTES, ZONE, "database", "kind")
_DURATION = "duration: "


def is_duration(message: pl.Expr) -> pl.Expr:
    """Whether the entry tells how long something took."""
    return message.str.starts_with(_DURATION)


def durations(entries: pl.DataFrame) -> pl.DataFrame:
    """``ms``, ``action`` (such as ``statement``, ``execute S_1``, ``plan:…``) and ``raw``, the rest."""
    parts = pl.col("message").str.splitn(": ", 3).struct
    told = parts.field("field_1").str.splitn(" ms", 2).struct
    split = entries.with_columns(
        told.field("field_0").cast(pl.Float64, strict=False).alias("ms"),
        told.field("field_1").str.strip_chars_start().fill_null("").alias("action"),
        parts.field("field_2").fill_null("").alias("raw"),
    )
    return split.filter(pl.col("ms").is_not_null())


def is_plan() -> pl.Expr:
    """Whether auto_explain wrote it."""
    return pl.col("action").str.starts_with("plan:")


def counted(timed: pl.DataFrame, kept: Collection[str] = ()) -> pl.DataFrame:
    """Calls and seconds by ten minutes, database and raw text; literals may still be in ``raw``.

    ``beginning`` is empty where the raw text itself tells the statement, else part of what does. With the
    slowest call of those of ``kept`` databases.
    """
    preparing = pl.col("action").str.starts_with("parse") | pl.col("action").str.starts_with("bind")
    kind = pl.when(preparing).then(pl.lit(LogKind.PREPARATION)).otherwise(pl.lit(LogKind.STATEMENT))
    several = pl.col("raw").str.strip_chars_end("; \n").str.contains(";", literal=True)
    marked = timed.with_columns(
        kind.alias("kind"),
        by_id=(pl.col("queryid").fill_null(0) != 0) & ~several,
    )
    by_id = (
        marked
        .filter("by_id")
        .group_by(*_PLACE, "queryid", pl.col("raw").str.slice(0, BEGINNING).alias("beginning"))
        .agg(*_figures(kept), pl.col("raw").first())
    )
    by_text = (
        marked
        .filter(~pl.col("by_id"))
        .group_by(*_PLACE, without_literals(pl.col("raw")))
        .agg(*_figures(kept), pl.col("queryid").fill_null(0).first(), beginning=pl.lit(""))
    )
    return with_calls(pl.concat([by_id, by_text], how="diagonal"), timed, kept)


def _figures(kept: Collection[str]) -> list[pl.Expr]:
    return [
        pl.len().cast(pl.Int64).alias("count"),
        (pl.col("ms").sum() / 1000).alias("total_seconds"),
        (pl.col("ms").max() / 1000).alias("max_seconds"),
        *slowest(kept),
    ]
