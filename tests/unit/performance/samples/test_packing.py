"""How large a packed table is, by hand for layouts that can be reckoned by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
from dataops.performance.samples.packing import Layout, packed_sizes

BLOCK = 8192


def widths(*columns: dict[str, Any], entries: float = 1000.0, fillfactor: int = 100) -> pl.DataFrame:
    known = {"oid": 1, "length": 4, "alignment": "i", "width": 4.0, "nulls": 0.0}
    rows = [{**known, "entries": entries, "fillfactor": fillfactor, **each} for each in columns]
    return pl.DataFrame(rows, infer_schema_length=None)


def heap(*columns: dict[str, Any], **more: Any) -> int | None:
    found: int | None = packed_sizes(widths(*columns, **more), Layout.heap(BLOCK), block=BLOCK)[
        "estimate"
    ].item()
    return found


def test_rows_of_one_integer_take_36_bytes_each() -> None:
    # 24 of header, 4 of data, rounded to 32, and 4 of line pointer: 226 in a page of 8168 bytes.
    assert heap({}) == 5 * BLOCK


def test_columns_are_aligned() -> None:
    # int, bigint: 24 + 4 (+ 4 of padding) + 8 = 40, and 4 of line pointer: 185 in a page.
    assert heap({}, {"length": 8, "alignment": "d", "width": 8.0}, entries=185) == BLOCK
    assert heap({}, {"length": 8, "alignment": "d", "width": 8.0}, entries=186) == 2 * BLOCK


def test_nulls_take_a_bitmap_and_no_room() -> None:
    # 23 + 1 of bitmap = 24, and nothing of a column that is always null: 24, and 4: 291 in a page.
    assert heap({"nulls": 1.0}, entries=291) == BLOCK


def test_a_fillfactor_leaves_room() -> None:
    assert heap({}, entries=226, fillfactor=50) == 2 * BLOCK


def test_short_texts_are_not_aligned() -> None:
    text = {"length": -1, "alignment": "i", "width": 5.0}
    assert heap(text, text, entries=185) == BLOCK  # 24 + 10 = 34, rounded to 40, and 4


def test_what_the_role_may_not_read_has_no_estimate() -> None:
    assert heap({}, {"width": None}) is None


def test_a_btree_of_bigint_takes_20_bytes_an_entry() -> None:
    columns = widths({"length": 8, "alignment": "d", "width": 8.0}, entries=407 * 3, fillfactor=100)
    assert packed_sizes(columns, Layout.btree(BLOCK), block=BLOCK)["estimate"].item() == 3 * BLOCK
