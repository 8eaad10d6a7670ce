"""What a rule looks at: the window, the days it is compared with, and the thresholds; nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from dataops.inventory.reporting import Thresholds
from dataops.performance.advising import Relations, relations_of
from dataops.performance.findings.mentions import tables_in
from dataops.performance.window import SectionName, Window

DAY = 86_400.0
_UNITS = {
    "B": 1.0, "kB": 1024.0, "8kB": 8192.0, "16kB": 16384.0, "32kB": 32768.0, "MB": 1024.0**2,
    "GB": 1024.0**3, "TB": 1024.0**4, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": DAY,
}  # fmt: skip
"""pg_settings.unit in bytes and seconds."""
_SHARED = 0.1
"""Share of the first bad night's window that a day of comparison may have in common with it."""

Row = Mapping[str, Any]


class Unmeasurable(Exception):
    """A rule cannot look, and why, in one sentence."""


@dataclass(frozen=True)
class View:
    """One night as rules see it. ``baselines`` are earlier windows of equal length, newest first.

    ``open_since`` says of findings by their key since when they are open: the days from then on have the same
    trouble, and are none to compare it with.
    """

    window: Window
    baselines: Sequence[Window] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    open_since: Mapping[str, datetime] = field(default_factory=dict)

    def is_before(self, day: Window, key: str) -> bool:
        """Whether a day of comparison lies before the finding of this key was open.

        Its first night's window may hold the trouble from its first second on, so a day that shares more than
        a tenth of that does not.
        """
        since = self.open_since.get(key)
        return since is None or day.until <= since - (1 - _SHARED) * (self.window.until - self.window.since)

    def before(self, key: str) -> View:
        """The same night, compared only with days on which the finding of this key was not open yet."""
        if key not in self.open_since:
            return self
        return replace(self, baselines=tuple(each for each in self.baselines if self.is_before(each, key)))

    def rows(self, name: SectionName) -> list[Row]:
        """The totals of a section, a row per object. Raises ``Unmeasurable`` where none can be trusted."""
        return rows_of(self.window, name)

    def row(self, name: SectionName) -> Row:
        """The one row of a section of the server or database. Raises ``Unmeasurable``."""
        found = self.rows(name)
        if not found:
            raise Unmeasurable(f"The section {name} has no row of this window.")
        return found[0]

    def daily(self, amount: float) -> float:
        """What an amount of this window would be in a day."""
        return amount * DAY / self.window.seconds if self.window.seconds > 0 else 0.0

    @property
    def until(self) -> datetime:
        """The window's end, the present of every rule."""
        return self.window.until

    @cached_property
    def relations(self) -> Relations:
        """The tables, as advice on indexes wants them."""
        return relations_of(self.window)

    @cached_property
    def statements(self) -> list[Row]:
        """Statements that were called in the window and may be shown. Raises ``Unmeasurable``."""
        return [row for row in self.rows(SectionName.STATEMENTS) if row["calls"] and row["toplevel"]]

    @cached_property
    def tables(self) -> list[Row]:
        """Tables that are still there. Raises ``Unmeasurable``."""
        return [row for row in self.rows(SectionName.TABLES) if not row["dropped"]]

    @cached_property
    def tables_by_oid(self) -> Mapping[int, Row]:
        """The same by object id."""
        return {row["oid"]: row for row in self.tables}

    @cached_property
    def _tables_by_name(self) -> Mapping[str, list[Row]]:
        named: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables:
            named[row["name"]].append(row)
        return named

    def tables_of(self, statement: Row) -> list[Row]:
        """The tables that a statement's text names; empty where the role may not read it."""
        found = []
        for schema, name in tables_in(statement["text"] or ""):
            found += [row for row in self._tables_by_name.get(name, ()) if schema in {None, row["schema"]}]
        return found

    @cached_property
    def _statements_by_table(self) -> Mapping[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(self.statements, key=lambda row: -(row["exec_seconds"] or 0)):
            for table in self.tables_of(row):
                found[table["oid"]].append(row)
        return found

    def statements_on(self, table: int) -> Sequence[Row]:
        """The statements that name a table, the most expensive first; none where they cannot be measured.

        For what a finding says beside its own numbers; a rule that judges statements asks for ``statements``.
        """
        try:
            return self._statements_by_table.get(table, ())
        except Unmeasurable:
            return ()

    @cached_property
    def settings(self) -> Mapping[str, Row]:
        """The server's settings by name. Raises ``Unmeasurable``."""
        return {row["name"]: row for row in self.rows(SectionName.SETTINGS) if not row["scope"]}

    def number(self, name: str) -> float | None:
        """A setting as bytes, seconds or a plain number; None where it is none or is not known."""
        try:
            row = self.settings.get(name)
            value = float(row["value"]) if row else None
        except (Unmeasurable, TypeError, ValueError):
            return None
        return value * _UNITS.get((row["unit"] or "") if row else "", 1.0) if value is not None else None

    def word(self, name: str) -> str | None:
        """A setting's text; None where it is not known."""
        try:
            row = self.settings.get(name)
        except Unmeasurable:
            return None
        return str(row["value"]) if row and row["value"] is not None else None


def rows_of(window: Window, name: SectionName) -> list[Row]:
    """The totals of a section. Raises ``Unmeasurable`` with the reason where they are none to trust."""
    section = window.section(name)
    if not section.quality.measurable:
        raise Unmeasurable(section.quality.missing)
    return list(section.totals.to_dicts())


def measured(row: Row, name: str, why: str) -> Any:
    """A column's value. Raises ``Unmeasurable``, saying ``why``, where it is null."""
    if row[name] is None:
        raise Unmeasurable(why)
    return row[name]
