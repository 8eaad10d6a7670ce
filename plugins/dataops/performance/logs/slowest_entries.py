"""Which entry of a piece of a log tells the slowest call of each counted row, and what it says.

Only the number of that entry goes through counting; what it says is looked up afterwards, for few entries. Of
databases that are not ``kept`` nothing is taken at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.normalising import LONGEST
from dataops.performance.logs.pairing import NUMBER

MOST_PARAMETERS = 2_000
"""Characters of parameters that are kept: a document that was bound tells little more by its end."""
SLOWEST = "slowest"
"""The column with the number of a row's slowest entry."""
ANNOUNCED_IN, ANNOUNCED_WITH = "announced_in", "announced_with"
"""Columns of durations whose text stood in an entry before: that entry's database and DETAIL."""

_KINDS = frozenset({str(LogKind.STATEMENT), str(LogKind.PLAN)})
SAID = ("said", "said_with", "said_at", "said_ms")
"""Columns with what the slowest entry says: the statement or plan, its DETAIL, its stamp, milliseconds."""


def slowest(kept: Collection[str]) -> Iterator[pl.Expr]:
    """The number of a group's slowest entry, where any database is kept."""
    if kept:
        yield pl.col(NUMBER).get(pl.col("ms").arg_max()).alias(SLOWEST)


def with_calls(counted: pl.DataFrame, timed: pl.DataFrame, kept: Collection[str]) -> pl.DataFrame:
    """Each row with what its slowest entry says, where its database is kept; else as it was.

    A process may have the number of one that ended: what was announced in another database is not taken.
    """
    if not kept:
        return counted
    allowed = pl.col("database").is_in(list(kept)) & pl.col("kind").is_in(list(_KINDS))
    chosen = counted.with_columns(pl.when(allowed).then(pl.col(SLOWEST)))
    entries = timed.filter(pl.col(NUMBER).is_in(chosen[SLOWEST].drop_nulls().implode()))
    detail = pl.col("detail")
    if ANNOUNCED_IN in entries.columns:
        own = pl.col(ANNOUNCED_IN).is_null() | (pl.col(ANNOUNCED_IN) == pl.col("database"))
        entries, detail = entries.filter(own), pl.coalesce(ANNOUNCED_WITH, "detail")
    plan = pl.col("action").str.starts_with("plan:")
    said = pl.when(plan).then(pl.concat_str("action", pl.lit(": "), "raw"))
    calls = entries.select(
        pl.col(NUMBER).alias(SLOWEST),
        said.otherwise(pl.col("raw").str.slice(0, LONGEST + 1)).alias("said"),
        detail.str.slice(0, MOST_PARAMETERS + 100).fill_null("").alias("said_with"),
        pl.col("stamp").alias("said_at"),
        pl.col("ms").alias("said_ms"),
    )
    return chosen.join(calls, on=SLOWEST, how="left", maintain_order="left")


def announced(timed: pl.DataFrame, announcements: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The durations, each with the database and the DETAIL of the entry that announced it; null for none."""
    if announcements.is_empty():
        return timed
    told = announcements.join(_announcing(others, announcements), on="announcement", how="left")
    return timed.join(told.drop("announcement"), on=NUMBER, how="left", maintain_order="left")


def still_open(announcements: pl.DataFrame, others: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Database and DETAIL of announcements that no duration followed, by process."""
    if announcements.is_empty():
        return {}
    told = announcements.join(_announcing(others, announcements), on="announcement", maintain_order="left")
    rows = told.select("pid", ANNOUNCED_IN, pl.col(ANNOUNCED_WITH).fill_null(""))
    return {str(pid): (database, detail) for pid, database, detail in rows.iter_rows()}


def with_announcements(unpaired: pl.DataFrame, said: dict[str, tuple[str, str]]) -> pl.DataFrame:
    """Durations whose texts stood in pieces before, each with the database and DETAIL of its announcement.

    Takes them out of ``said``, where they are kept by process.
    """
    told = [said.pop(pid or "", ("", "")) for pid in unpaired["pid"]]
    return unpaired.with_columns(
        pl.Series(ANNOUNCED_IN, [database for database, _ in told], dtype=pl.String),
        pl.Series(ANNOUNCED_WITH, [detail for _, detail in told], dtype=pl.String),
    )


def _announcing(others: pl.DataFrame, announcements: pl.DataFrame) -> pl.DataFrame:
    numbers = announcements["announcement"].implode()
    return others.filter(pl.col(NUMBER).is_in(numbers)).select(
        pl.col(NUMBER).alias("announcement"),
        pl.col("database").fill_null("").alias(ANNOUNCED_IN),
        pl.col("detail").str.slice(0, MOST_PARAMETERS + 100).alias(ANNOUNCED_WITH),
    )
