"""Durations without a text: with log_statement the text stands in an entry before, of the same process.

PostgreSQL writes ``statement: …`` or ``execute S_1: …`` when it begins, and then only ``duration: … ms`` when
it ends. An announcement belongs to the first such duration after it; steps of the extended protocol, which
nothing announces, stay without a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

ANNOUNCES = r"^(?:statement|execute [^:]*): "
NUMBER = "number"
"""The column that numbers the entries of a piece in their order."""


@dataclass(frozen=True)
class Paired:
    """Durations with the texts that were found in the piece itself.

    ``unpaired`` are the first durations of processes whose announcement may stand in an earlier piece;
    ``open`` are the announcements, by process, that no duration followed, and ``open_at`` their numbers.
    ``announced`` says which entry (``announcement``) announced which duration, by their numbers.
    """

    timed: pl.DataFrame
    unpaired: pl.DataFrame
    open: Mapping[str, str] = field(default_factory=dict)
    open_at: pl.DataFrame = field(default_factory=pl.DataFrame)
    announced: pl.DataFrame = field(default_factory=pl.DataFrame)


def paired(timed: pl.DataFrame, others: pl.DataFrame) -> Paired:
    """``timed`` has an empty ``action`` where there is no text; ``others`` are entries without duration."""
    bare = timed.filter(pl.col("action").str.len_bytes() == 0)
    announced = others.filter(pl.col("message").str.contains(ANNOUNCES)).select(
        "pid",
        pl.col(NUMBER).alias("announcement"),
        pl.col("message").str.splitn(": ", 2).struct.field("field_1").alias("text"),
    )
    if bare.is_empty() and announced.is_empty():
        return Paired(timed, bare)
    told = (
        bare
        .sort(NUMBER)
        .join_asof(
            announced.sort("announcement"),
            left_on=NUMBER,
            right_on="announcement",
            by="pid",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(first=pl.struct("pid", "announcement").is_first_distinct())
    )
    found = told.filter(pl.col("announcement").is_not_null() & pl.col("first"))
    unpaired = told.filter(pl.col("announcement").is_null() & pl.col("first"))
    rest = told.filter(~pl.col("first"))
    left = announced.join(found.select("announcement"), on="announcement", how="anti").sort("announcement")
    closed = left.join(bare.group_by("pid").agg(pl.col(NUMBER).max().alias("ended")), on="pid", how="left")
    still = closed.filter(pl.col("ended").is_null() | (pl.col("ended") < pl.col("announcement")))
    return Paired(
        pl.concat([
            timed.filter(pl.col("action").str.len_bytes() > 0),
            found.with_columns(raw=pl.col("text")).select(timed.columns),
            rest.select(timed.columns),
        ]),
        unpaired.select(timed.columns),
        {str(pid): text for pid, text in still.select("pid", "text").iter_rows()},
        still.select("pid", "announcement"),
        found.select(NUMBER, "announcement"),
    )
