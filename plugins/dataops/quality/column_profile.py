"""From figures of a column to expectations that tomorrow's rows still meet: values in, expectations out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

from pydantic import JsonValue

from dataops.quality.suite import Expectation

FEW = 20
"""So many distinct values may be a fixed set."""
OFTEN = 10
"""Rows that each value of a set, or a table without doubles, must have at least on average."""
MANY = 100
"""Rows from which on "no value twice" is no accident."""
_SPACE = UUID("6d1d4b0e-6f0c-4f7e-9d53-0d6f7f5b2c11")
"""Ids follow from what an expectation is about, so that profiling again gives the same ones."""

Kind = Literal["word", "switch", "whole", "number", "time", "key", "other"]


@dataclass(frozen=True)
class Column:
    """A column as the catalog describes it.

    ``enforced``: the database itself refuses NULL. ``alone``: it refuses a value twice. ``counting``: a key
    or a sequence's numbers, whose range goes on growing.
    """

    name: str
    kind: Kind
    enforced: bool = False
    alone: bool = False
    counting: bool = False


@dataclass(frozen=True)
class ColumnFigures:
    """What a column held: rows, filled rows, smallest, largest, distinct, and its values where they are few.

    Of times ``smallest`` is the day, as ``2026-11-23``.
    """

    rows: int
    filled: int
    smallest: object = None
    largest: object = None
    distinct: int = 0
    values: tuple[JsonValue, ...] | None = None


def of_table(database: str, table: str, rows: int | None) -> Iterator[Expectation]:
    """Half of the rows at least: tables grow, and a table that halves has lost something."""
    if rows:
        yield _expectation(
            database,
            table,
            "expect_table_row_count_to_be_between",
            {"min_value": max(1, math.floor(_floor(rows * 0.5)))},
        )


def of_column(database: str, table: str, column: Column, figures: ColumnFigures) -> Iterator[Expectation]:
    """What held for every row, in the order never empty, set, range, distinct.

    What the database enforces itself is left out: a drill compares the definitions.
    """
    about = {"column": column.name}
    if not column.enforced and figures.rows == figures.filled > 0:
        yield _expectation(database, table, "expect_column_values_to_not_be_null", about)
    if _is_set(column, figures):
        assert figures.values is not None
        yield _expectation(
            database, table, "expect_column_values_to_be_in_set", {**about, "value_set": list(figures.values)}
        )
    elif bounds := _bounds(column, figures):
        yield _expectation(database, table, "expect_column_values_to_be_between", {**about, **bounds})
    if _is_unique(column, figures):
        yield _expectation(database, table, "expect_column_values_to_be_unique", about)


def _is_set(column: Column, figures: ColumnFigures) -> bool:
    if column.kind not in {"word", "whole"} or column.counting or figures.values is None:
        return False
    fewest = 1 if column.kind == "word" else 2  # a number that never changed so far says nothing
    return fewest <= len(figures.values) <= FEW and figures.filled >= OFTEN * len(figures.values)


def _is_unique(column: Column, figures: ColumnFigures) -> bool:
    if column.kind not in {"word", "whole", "key"} or column.alone:
        return False
    return figures.distinct == figures.filled >= MANY


def _bounds(column: Column, figures: ColumnFigures) -> dict[str, JsonValue]:
    """The range of numbers, a tenth of it wider on both sides; of times, the day of the first."""
    low, high = figures.smallest, figures.largest
    if column.kind == "time":
        return {"min_value": str(low)} if low else {}
    if column.kind not in {"whole", "number"} or column.counting or figures.filled < OFTEN:
        return {}
    if not isinstance(low, int | float | Decimal) or not isinstance(high, int | float | Decimal):
        return {}
    first, last = float(low), float(high)
    if not (math.isfinite(first) and math.isfinite(last)):
        return {}
    margin = (last - first) * 0.1 or abs(last) * 0.1 or 1.0
    floor, ceiling = _floor(first - margin), _ceiling(last + margin)
    if column.kind == "whole":
        floor, ceiling = math.floor(floor), math.ceil(ceiling)
    return {"min_value": 0 if first >= 0 > floor else floor, "max_value": ceiling}


def _floor(value: float) -> int | float:
    """At most the value, in two significant digits."""
    return _rounded(value, math.floor)


def _ceiling(value: float) -> int | float:
    """At least the value, in two significant digits."""
    return _rounded(value, math.ceil)


def _rounded(value: float, whole: Callable[[Decimal], int]) -> int | float:
    if not value:
        return 0
    digits = 1 - math.floor(math.log10(abs(value)))
    exact = Decimal(whole(Decimal(repr(value)).scaleb(digits))).scaleb(-digits)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _expectation(database: str, table: str, type_: str, kwargs: Mapping[str, JsonValue]) -> Expectation:
    about = "/".join((database, table, type_, str(kwargs.get("column", ""))))
    return Expectation(id=uuid5(_SPACE, about), type=type_, kwargs=dict(kwargs))
