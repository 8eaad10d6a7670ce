"""A statement's window beside the earlier windows in which it was called often enough too.

The same weekdays of earlier weeks count alone where several of them know the statement, since a Monday is no
Sunday; until then the days just before serve too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from dataops.performance.findings.view import Row, Unmeasurable, View, rows_of
from dataops.performance.findings.words import statement_object
from dataops.performance.window import SectionName, Window

ABOVE_ALL = 1.2
"""Times the worst day of comparison that the window's mean must be."""
SEVERAL = 2
"""Same weekdays from which on no other day is needed."""
LEAST_SECONDS = 1.0
"""Seconds of the window that the slowdown must really have cost."""


@dataclass(frozen=True)
class Compared:
    """A statement's window against the days on which it was called often enough too."""

    row: Row
    means: Sequence[float]
    blocks: Sequence[float]
    calls: Sequence[float]

    @property
    def mean(self) -> float:
        """Seconds of one execution now."""
        return float(self.row["exec_seconds"] / self.row["calls"])

    @property
    def usual(self) -> float:
        """The median of the means before, in seconds."""
        return median(self.means)

    @property
    def blocks_now(self) -> float:
        """Blocks of one execution now."""
        return blocks_of(self.row)

    @property
    def more_blocks(self) -> float:
        """Times as many blocks an execution as before."""
        return (self.blocks_now + 1) / (median(self.blocks) + 1)

    @property
    def slower(self) -> float:
        """Times as long as before."""
        return self.mean / self.usual if self.usual else 0.0

    @property
    def cost(self) -> float:
        """Seconds that the slowdown cost in the window."""
        return (self.mean - self.usual) * float(self.row["calls"])


def by_statement(window: Window) -> Mapping[str, Row]:
    """The window's statements by fingerprint; none where they cannot be measured."""
    try:
        rows = rows_of(window, SectionName.STATEMENTS)
    except Unmeasurable:
        return {}
    return {row["statement"]: row for row in rows if row["calls"] and row["toplevel"]}


@dataclass(frozen=True)
class Days:
    """The statements of every day of comparison that measured some, newest first."""

    view: View
    statements: Sequence[tuple[Window, Mapping[str, Row]]]

    def compared(self, code: str, row: Row, least: int) -> Compared | None:
        """The statement beside what it was on days that did not have this finding of it yet.

        None where none of these has ``least`` calls of it.
        """
        key = f"{code}:{statement_object(row)}"
        known = [
            (window, rows[row["statement"]])
            for window, rows in self.statements
            if row["statement"] in rows and self.view.is_before(window, key)
        ]
        usable = [
            (window, each)
            for window, each in known
            if each["calls"] >= least and each["exec_seconds"] is not None
        ]
        weekdays = [each for window, each in usable if _same_weekday(window, self.view.window)]
        chosen = weekdays if len(weekdays) >= SEVERAL else [each for _, each in usable]
        return _compared(row, chosen) if chosen else None


def days_of(view: View, *, counted: bool = False) -> Days:
    """The days of comparison. Raises ``Unmeasurable`` where there are none.

    ``counted``: only those that were seen well enough for their counts to be the day's, not just their means.
    """
    found = [
        (window, rows)
        for window in view.baselines
        if (rows := by_statement(window))
        and (not counted or window.section(SectionName.STATEMENTS).quality.well_covered)
    ]
    if not found:
        raise Unmeasurable("There is no earlier day to compare statements with.")
    return Days(view, found)


def _same_weekday(window: Window, tonight: Window) -> bool:
    return round((tonight.until - window.until) / timedelta(days=1)) % 7 == 0


def _compared(row: Row, usable: Sequence[Row]) -> Compared:
    return Compared(
        row,
        [each["exec_seconds"] / each["calls"] for each in usable],
        [blocks_of(each) for each in usable],
        [float(each["calls"]) for each in usable],
    )


def blocks_of(row: Row) -> float:
    """Blocks of one execution, in memory, from disk and of temporary files."""
    columns = ("shared_blocks_hit", "shared_blocks_read", "temp_blocks_read", "temp_blocks_written")
    return float(sum(row[column] or 0 for column in columns) / row["calls"])


def is_slower(view: View, compared: Compared) -> bool:
    """Whether it is slower than on every day of comparison, by the margin, and at a cost that matters."""
    margin = 1 + view.thresholds.slower / 100
    return (
        compared.slower >= margin
        and compared.mean >= ABOVE_ALL * max(compared.means)
        and compared.cost >= LEAST_SECONDS
        and view.daily(compared.cost) >= view.thresholds.slower_time.total_seconds()
    )
