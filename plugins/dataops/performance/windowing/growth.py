"""How much counters grew from sample to sample, object by object, for millions of rows.

An object that was not there at the sample before is new: all that it counts is growth. One whose counters
fell was reset or made anew in between; what it lost is not known, so the interval has no number for it, or,
where the caller says so (``partial``), what it has counted since as a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl

from dataops.performance.windowing.timeline import Interval

ROWS_AT_ONCE = 50_000
"""Rows that are compared in one piece: bounds the memory whatever the number of samples."""

INDEX = "_index"
Frames = Iterable[tuple[int, pl.DataFrame]]
"""Rows of a question with the index of their sample, in order of time."""


@dataclass(frozen=True)
class Counting:
    """What tells objects apart, and what of them counts.

    ``steady`` are counters that only a reset can make fall; the others may also fall for other reasons, such
    as the sum over a table's indexes when one is dropped, and have no number for that interval then.
    ``shown`` are the columns that steps keep beside the keys, None for all: a day has a million steps.
    ``anew`` names a column that changes when an entry is made anew. ``every``: also keep the steps in which
    nothing grew.
    """

    keys: tuple[str, ...]
    counters: tuple[str, ...]
    steady: tuple[str, ...] | None = None
    shown: tuple[str, ...] | None = None
    anew: str | None = None
    partial: bool = False
    every: bool = False


@dataclass(frozen=True)
class Growth:
    """Growth over samples.

    ``pieces``: per object and interval, where something grew, in order of time. ``sums``: over the window,
    null where no interval could be measured. ``first`` and ``last``: each object's rows as first and last
    seen. ``seen``: per object ``from_index``, ``to_index``, ``samples``, and ``lost``: whether it was reset.
    """

    pieces: tuple[pl.DataFrame, ...]
    sums: pl.DataFrame
    first: pl.DataFrame
    last: pl.DataFrame
    seen: pl.DataFrame

    @property
    def steps(self) -> pl.DataFrame:
        """All pieces as one."""
        return pl.concat(self.pieces, how="diagonal_relaxed")


def growth(frames: Frames, found: Sequence[Interval], counting: Counting) -> Growth | None:
    """The growth over samples whose intervals are ``found``; None where there is no sample at all."""
    usable = pl.DataFrame(
        {INDEX: [each.index for each in found], "_usable": [each.usable for each in found]},
        schema={INDEX: pl.Int64, "_usable": pl.Boolean},
    )
    pieces = [_piece(piece, usable, counting) for piece in _pieces(frames)]
    return reduce(lambda one, other: _joined(one, other, counting), pieces) if pieces else None


@dataclass(frozen=True)
class _Piece:
    """Some samples that follow each other; the ``oldest`` is only what the next one is compared with."""

    rows: pl.DataFrame
    oldest: int
    begins: bool


def _pieces(frames: Frames) -> Iterator[_Piece]:
    """Samples in pieces that overlap by one sample."""
    held: list[pl.DataFrame] = []
    rows, oldest, begins = 0, 0, True
    for index, frame in frames:
        numbered = frame.with_columns(pl.lit(index, dtype=pl.Int64).alias(INDEX))
        held.append(numbered)
        rows += frame.height
        if rows > ROWS_AT_ONCE and len(held) > 1:
            yield _Piece(pl.concat(held, how="diagonal_relaxed"), oldest, begins)
            held, rows, oldest, begins = [numbered], frame.height, index, False
    if held and (begins or len(held) > 1):
        yield _Piece(pl.concat(held, how="diagonal_relaxed"), oldest, begins)


def _piece(piece: _Piece, usable: pl.DataFrame, counting: Counting) -> Growth:
    keys = list(counting.keys)
    counters = [name for name in counting.counters if name in piece.rows.columns]
    marked = _marked(piece.rows, usable, counting, counters)
    measured = pl.col("_usable") & (~pl.col("_fell") | pl.lit(counting.partial))
    inside = pl.col(INDEX) > piece.oldest
    stepped = marked.with_columns(_grown(counters, counting), _measured=measured.fill_null(False))
    stepped = stepped.filter(inside & pl.col("_measured"))
    grew = pl.lit(counting.every) | _any([pl.col(name) > 0 for name in counters])
    ends = marked if piece.begins else marked.filter(inside)
    grouped = ends.group_by(keys, maintain_order=True) if keys else None
    return Growth(
        pieces=(_shown(stepped.filter(grew), counting),),
        sums=_sums(stepped, keys, counters),
        first=_bare(grouped.first() if grouped else ends.head(1)),
        last=_bare(grouped.last() if grouped else ends.tail(1)),
        seen=_seen(ends, keys),
    )


def _shown(steps: pl.DataFrame, counting: Counting) -> pl.DataFrame:
    if counting.shown is None:
        return _bare(steps).drop("_measured")
    kept = (*counting.keys, INDEX, *counting.shown)
    return steps.select(name for name in kept if name in steps.columns)


def _marked(
    rows: pl.DataFrame, usable: pl.DataFrame, counting: Counting, counters: Sequence[str]
) -> pl.DataFrame:
    """The rows object by object, with ``_follows``: the row before is the same object at the sample before;
    ``_fell``: it was reset since; ``_usable``: the interval before it may be measured."""
    keys = counting.keys
    steady = [name for name in counting.steady or counters if name in rows.columns]
    same = _all([pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys])
    follows = (same & (pl.col(INDEX) == pl.col(INDEX).shift(1) + 1)).fill_null(False)
    fell = _any([pl.col(name) < pl.col(name).shift(1) for name in steady])
    if counting.anew and counting.anew in rows.columns:
        fell |= pl.col(counting.anew).ne_missing(pl.col(counting.anew).shift(1))
    ordered = rows.sort([*keys, INDEX]).with_columns(
        _follows=follows, _fell=(follows & fell).fill_null(False)
    )
    return ordered.join(usable, on=INDEX, how="left", maintain_order="left")


def _grown(counters: Sequence[str], counting: Counting) -> list[pl.Expr]:
    """Each counter as its growth since the sample before; null where that is not known."""
    compared = pl.col("_follows") & ~pl.col("_fell")
    counts_whole = ~pl.col("_follows") | (pl.col("_fell") & pl.lit(counting.partial))
    return [
        pl
        .when(compared)
        .then(_not_negative(pl.col(name) - pl.col(name).shift(1)))
        .when(counts_whole)
        .then(pl.col(name))
        .otherwise(None)
        .alias(name)
        for name in counters
    ]


def _seen(ends: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    told = {
        "from_index": pl.col(INDEX).min(),
        "to_index": pl.col(INDEX).max(),
        "samples": pl.len().cast(pl.Int64),
        "lost": pl.col("_fell").any(),
    }
    named = [expression.alias(name) for name, expression in told.items()]
    return ends.group_by(keys).agg(named) if keys else ends.select(named)


def _sums(stepped: pl.DataFrame, keys: list[str], counters: list[str]) -> pl.DataFrame:
    # Null, not zero, where no interval of the object could be measured.
    summed = [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).otherwise(None).alias(name)
        for name in counters
    ]
    return stepped.group_by(keys).agg(summed) if keys else stepped.select(summed)


def _joined(one: Growth, other: Growth, counting: Counting) -> Growth:
    keys = list(counting.keys)

    def both(name: str) -> pl.DataFrame:
        frames: list[pl.DataFrame] = [getattr(one, name), getattr(other, name)]
        return pl.concat(frames, how="diagonal_relaxed")

    seen = {
        "from_index": pl.col("from_index").min(),
        "to_index": pl.col("to_index").max(),
        "samples": pl.col("samples").sum(),
        "lost": pl.col("lost").any(),
    }
    named = [expression.alias(name) for name, expression in seen.items()]
    if not keys:
        summed = both("sums")
        return Growth(
            (*one.pieces, *other.pieces),
            _sums(summed, keys, summed.columns),
            one.first,
            other.last if other.last.height else one.last,
            both("seen").select(named),
        )
    sums = both("sums")
    return Growth(
        pieces=(*one.pieces, *other.pieces),
        sums=_sums(sums, keys, [name for name in sums.columns if name not in keys]),
        first=both("first").unique(keys, keep="first", maintain_order=True),
        last=both("last").unique(keys, keep="last", maintain_order=True),
        seen=both("seen").group_by(keys).agg(named),
    )


def _bare(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("_usable", "_follows", "_fell")


def _not_negative(difference: pl.Expr) -> pl.Expr:
    return pl.when(difference >= 0).then(difference).otherwise(None)


def _all(conditions: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(lambda one, other: one & other, conditions, pl.lit(True))


def _any(conditions: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(
        lambda one, other: one | other, [each.fill_null(False) for each in conditions], pl.lit(False)
    )


def clocked(steps: pl.DataFrame, found: Sequence[Interval]) -> pl.DataFrame:
    """Steps with the end and the length of their interval, ``at`` and ``seconds``."""
    times: Mapping[str, list[object]] = {
        INDEX: [each.index for each in found],
        "at": [each.until for each in found],
        "seconds": [each.seconds for each in found],
    }
    clock = pl.DataFrame(
        times, schema={INDEX: pl.Int64, "at": pl.Datetime("us", "UTC"), "seconds": pl.Float64}
    )
    return steps.join(clock, on=INDEX, how="left", maintain_order="left")
