"""The tables of a window as relations: names, sizes and indexes, without columns, which a window lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from dataops.performance.advising.relations import Index, Relation, Relations
from dataops.performance.window import SectionName, Window

DAY = 86400.0


def relations_of(window: Window) -> Relations:
    """The tables that were there at the window's end. Empty where they could not be measured."""
    indexes: dict[int, list[Index]] = defaultdict(list)
    for row in _rows(window, SectionName.INDEXES):
        indexes[row["table"]].append(_index(row))
    return Relations(
        tuple(
            _relation(row, indexes[row["oid"]], window.seconds) for row in _rows(window, SectionName.TABLES)
        )
    )


def _rows(window: Window, name: SectionName) -> Iterable[Mapping[str, Any]]:
    section = window.section(name)
    if not section.quality.measurable or section.totals.is_empty():
        return ()
    return (row for row in section.totals.iter_rows(named=True) if not row["dropped"])


def _relation(row: Mapping[str, Any], indexes: Iterable[Index], seconds: float) -> Relation:
    written = [row["rows_inserted"], row["rows_updated"]]
    measured = [each for each in written if each is not None]
    rows = row["planner_rows"] if row["planner_rows"] is not None else row["live_rows"]
    return Relation(
        oid=row["oid"],
        schema=row["schema"],
        name=row["name"],
        rows=float(rows) if rows is not None else None,
        bytes=row["heap_bytes"],
        indexes=tuple(indexes),
        written_rows=sum(measured) * DAY / seconds if measured and seconds else None,
    )


def _index(row: Mapping[str, Any]) -> Index:
    return Index(
        oid=row["oid"],
        name=row["name"],
        keys=tuple(row["columns"] or ()),
        included=tuple(row["included"] or ()),
        predicate=row["predicate"] or "",
        method=row["method"],
        unique=bool(row["unique"]),
        valid=row["valid"] is not False,
        bytes=row["bytes"],
    )
