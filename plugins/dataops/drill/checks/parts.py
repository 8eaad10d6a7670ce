"""Looking at one part of a large table: a range of its pages, so that all parts together are the table."""

from __future__ import annotations

from dataops.drill.checks.registry import Item

BLOCK = 8192


def of_part(item: Item, alias: str) -> str:
    """``AND …`` with the part's range of pages (a TID range scan since PostgreSQL 14); empty for the whole.

    The last part is open to the end, so that it does not matter how exact the size was.
    """
    number, count = item.part
    if count == 1:
        return ""
    pages = max(item.size // BLOCK, 1)
    first, after = pages * number // count, pages * (number + 1) // count
    lower = f"AND {alias}.ctid >= '({first},0)'::tid"
    return lower if number == count - 1 else f"{lower} AND {alias}.ctid < '({after},0)'::tid"
