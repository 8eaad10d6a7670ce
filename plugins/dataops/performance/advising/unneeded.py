"""Which indexes nobody needs: those that another one replaces, and those that nobody has used. Pure.

Neither touches an index that keeps a rule: of a primary key, a unique or exclusion constraint, a foreign key
of another table, the replica identity, a plain unique index; nor a piece of a partitioned index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dataops.performance.window import SectionName, Window

SMALL = 1 << 20
"""Bytes under which an unused index costs too little to speak of."""
LONG_ENOUGH = timedelta(days=7)
"""Statistics that began later do not know the weekly jobs."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Unneeded:
    """An index that may be dropped: its row in the window, why, and for a duplicate which one replaces it."""

    index: Row
    because: str
    kept: Row | None = None

    @property
    def object(self) -> str:
        """``schema.index``."""
        return f"{self.index['schema']}.{self.index['name']}"


def duplicate_indexes(window: Window) -> tuple[Unneeded, ...]:
    """Indexes that do nothing that another index of their table does not do as well.

    The same keys, operator classes, collations, orders, expressions and condition are needed. Of equals that
    keep no rule the most used one stays, then the oldest.
    """
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in _present(window):
        groups[_identity(row)].append(row)
    found = []
    for alike in groups.values():
        kept = min(alike, key=_worth)
        for row in alike:
            if row is not kept and not keeps_a_rule(row):
                found.append(Unneeded(row, f"It has the same keys and condition as {kept['name']}.", kept))
    return tuple(sorted(found, key=lambda each: -(each.index["bytes"] or 0)))


def unused_indexes(window: Window, *, observed: timedelta = LONG_ENOUGH) -> tuple[Unneeded, ...]:
    """Indexes without a single scan since the statistics began, at least ``observed`` ago, and not small.

    Where the server does not say when its statistics began, only the window itself counts. An index is left
    out where it was used on the standby or is younger than the window: what is not known is not advised.
    """
    found = []
    for row in _present(window):
        since = row["statistics_since"] or window.since
        if row["lifetime_scans"] != 0 or row["scans"] != 0 or row["standby_scans"] or row["created"]:
            continue
        if window.until - since < observed or (row["bytes"] or 0) < SMALL:
            continue
        if not keeps_a_rule(row) and not row["clustered"] and row["last_scan"] is None:
            days = (window.until - since).days
            found.append(Unneeded(row, f"No statement has used it in the {days} days that are counted."))
    return tuple(sorted(found, key=lambda each: -(each.index["bytes"] or 0)))


def keeps_a_rule(row: Row) -> bool:
    """Whether something other than speed depends on the index."""
    return bool(
        row["constraint"]
        or row["unique"]
        or row["referenced"]
        or row["replica_identity"]
        or row["parent"] is not None
    )


def _present(window: Window) -> Iterable[Row]:
    section = window.section(SectionName.INDEXES)
    if not section.quality.measurable or section.totals.is_empty():
        return ()
    return (
        row
        for row in section.totals.iter_rows(named=True)
        if not row["dropped"] and row["valid"] is not False
    )


def _identity(row: Row) -> tuple[Any, ...]:
    """What two indexes share that do the same. A unique one does more than its plain twin, not less."""
    lists = ("columns", "included", "opclasses", "collations", "orderings")
    return (row["table"], row["method"], row["predicate"] or "", *(tuple(row[each] or ()) for each in lists))


def _worth(row: Row) -> tuple[Any, ...]:
    return (not keeps_a_rule(row), not row["constraint"], -(row["lifetime_scans"] or 0), row["oid"])
