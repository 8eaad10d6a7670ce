"""Where the rows of a table lie, by a sequential scan: their number, and their places' hashes, summed."""

from __future__ import annotations

from typing import NamedTuple

from dataops.drill.checks.looking import Look

SEQUENTIALLY = {"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"}
PLACES = "coalesce(sum(hashtidextended(ctid, 0)), 0)"
"""Equal for two scans only if both met the same rows equally often, but for one case in 2⁶⁴."""


class Places(NamedTuple):
    """What a scan met."""

    rows: int
    places: int


def places_of(look: Look, table: str) -> Places:
    """Of a table of our own server, which nobody changes; what ``full read`` saw of it, where it did."""
    known = look.shared.places.get(table)
    if known is None:
        known = look.shared.places[table] = Places(*_scanned(look, table, f"count(*), {PLACES}::text"))
    return known


def rows_of(look: Look, table: str) -> int:
    """Their number alone, likewise."""
    read, counted = look.shared.tables.get(table), look.shared.contents.get(table)
    if read is not None and counted is not None and not read.condition:
        return counted.rows
    return _scanned(look, table, "count(*)")[0]


def _scanned(look: Look, table: str, aggregates: str) -> tuple[int, ...]:
    with look.cursor(SEQUENTIALLY) as cursor:
        cursor.execute(f"SELECT {aggregates} FROM ONLY {table}")
        return tuple(int(value) for value in cursor.fetchone())
