"""How large tables and btrees would be if they were packed now, by the planner's own statistics.

Rows are laid out as PostgreSQL does it (documentation, "Database Page Layout"): a header of 23 bytes and a
bitmap of nulls, columns in order and aligned, each row rounded up to 8 bytes, with a line pointer of 4 bytes.
Entries of a btree have a header of 8 bytes; equal ones share it since 13, which only makes a real index
smaller than the estimate. What has no statistics that the role may read has no estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

_ALIGNMENT = {"c": 1, "s": 2, "i": 4, "d": 8}
_WORD = 8
_PAGE_HEADER, _BTREE_SPECIAL = 24, 16
_ROW_HEADER, _ENTRY_HEADER = 23, 8
_LINE_POINTER = 4
_SHORT = 127
"""Values of variable length below this have a header of one byte and are not aligned."""


@dataclass(frozen=True)
class Layout:
    """What frames the data in a page: of rows in a heap, or of entries in a btree's leaf."""

    page: int
    header: int

    @classmethod
    def heap(cls, block: int) -> Layout:
        """Of a table's rows."""
        return cls(block - _PAGE_HEADER, _ROW_HEADER)

    @classmethod
    def btree(cls, block: int) -> Layout:
        """Of a btree's entries."""
        return cls(block - _PAGE_HEADER - _BTREE_SPECIAL, _ENTRY_HEADER)


def packed_sizes(widths: pl.DataFrame, layout: Layout, *, block: int) -> pl.DataFrame:
    """``oid`` and ``estimate`` in bytes per relation; null where a column has no readable width.

    ``widths`` has a row per relation and column, in the columns' order.
    """
    found: list[tuple[int, int | None]] = []
    for oid, columns in groupby(widths.iter_rows(named=True), itemgetter("oid")):
        listed = list(columns)
        row = _row_bytes(listed, layout)
        found.append((oid, None if row is None else _size(listed[0], row, layout, block)))
    return pl.DataFrame(found, schema={"oid": pl.Int64(), "estimate": pl.Int64()}, orient="row")


def _row_bytes(columns: list[dict[str, Any]], layout: Layout) -> float | None:
    nullable = any((column["nulls"] or 0) > 0 for column in columns)
    bitmap = math.ceil(len(columns) / 8) if nullable else 0
    start = _aligned(layout.header + bitmap, _WORD)
    at = float(start)
    for column in columns:
        if column["width"] is None:
            return None
        width, present = float(column["width"]), 1 - float(column["nulls"] or 0)
        fixed = float(column["length"] or 0) > 0
        boundary = _ALIGNMENT[str(column["alignment"])] if fixed or width >= _SHORT else 1
        at += (_padding(at, boundary) + width) * present
    return _aligned(at, _WORD) + _LINE_POINTER


def _size(relation: dict[str, Any], row: float, layout: Layout, block: int) -> int:
    room = layout.page * float(relation["fillfactor"]) / 100
    a_page = max(1, math.floor(room / row))
    return math.ceil(float(relation["entries"]) / a_page) * block


def _aligned(offset: float, boundary: int) -> float:
    return math.ceil(offset / boundary) * boundary


def _padding(offset: float, boundary: int) -> float:
    return _aligned(offset, boundary) - offset
