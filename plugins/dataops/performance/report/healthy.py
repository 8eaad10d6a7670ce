"""What is well, each thing with its number: a report that only complains cannot be trusted when it is silent.

Every rule asks first whether it could be measured, and says nothing where it could not: that is told among
the areas. A rule is stricter than the findings' default thresholds, so that the two never contradict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from dataops.performance.report.charts.reading import setting
from dataops.performance.report.charts.storage import connection_limit
from dataops.performance.report.document import Unit
from dataops.performance.report.numbers import counted, plain, share, written
from dataops.performance.window import Section, SectionName, Window

WELL_CACHED = 0.98
ENOUGH_BLOCKS = 10_000
"""Blocks asked for, below which a hit ratio says nothing."""
WELL_FOLLOWED = 64_000_000
"""Bytes of WAL that a standby may be behind and still be said to follow."""
WELL_FILLED = 0.5
"""Share of a sequence's numbers that may be used up."""
XID_BUDGET = 2_000_000_000
"""Transactions until PostgreSQL stops to protect the data, roughly (documentation, Routine Vacuuming)."""

Rule = Callable[[Window], str]


def healthy(window: Window) -> tuple[str, ...]:
    """The sentences of all rules that hold."""
    return tuple(sentence for rule in RULES if (sentence := rule(window)))


def _only(window: Window, name: SectionName) -> dict[str, Any] | None:
    """The one row of a section that was measured; None where it was not, or not well enough."""
    section = _measured(window, name)
    if section is None or section.totals.height != 1:
        return None
    return section.totals.row(0, named=True)


def _measured(window: Window, name: SectionName) -> Section | None:
    section = window.section(name)
    return section if section.quality.well_covered else None


def _cached(window: Window) -> str:
    row = _only(window, SectionName.DATABASE)
    if row is None or row["blocks_hit"] is None or row["blocks_read"] is None:
        return ""
    asked = row["blocks_hit"] + row["blocks_read"]
    if asked < ENOUGH_BLOCKS or row["blocks_hit"] / asked < WELL_CACHED:
        return ""
    return f"{share(row['blocks_hit'] / asked)} of {plain(asked)} blocks were found in shared buffers."


def _no_deadlocks(window: Window) -> str:
    row = _only(window, SectionName.DATABASE)
    return "No deadlock." if row is not None and row["deadlocks"] == 0 else ""


def _no_corruption(window: Window) -> str:
    row = _only(window, SectionName.DATABASE)
    return (
        "No block with a wrong checksum was read."
        if row is not None and row["checksum_failures"] == 0
        else ""
    )


def _few_connections(window: Window) -> str:
    row, most = _only(window, SectionName.DATABASE), connection_limit(window)
    if row is None or not most or row["server_connections_peak"] is None:
        return ""
    peak = row["server_connections_peak"]
    return f"At most {plain(peak)} of {plain(most)} connections were used." if peak <= most / 2 else ""


def _nobody_waited(window: Window) -> str:
    section = _measured(window, SectionName.BLOCKING)
    return "No sample saw a session wait for a lock." if section and section.totals.is_empty() else ""


def _transaction_ids(window: Window) -> str:
    row = _only(window, SectionName.DATABASE)
    if row is None or row["xid_age"] is None:
        return ""
    frozen_at = setting(window, "autovacuum_freeze_max_age") or 200_000_000
    if row["xid_age"] > frozen_at:
        return ""
    spent = share(row["xid_age"] / XID_BUDGET)
    return f"The oldest transaction id is {plain(row['xid_age'])} transactions old, {spent} of what there is."


def _checkpoints(window: Window) -> str:
    row = _only(window, SectionName.CHECKPOINTS)
    if row is None or row["timed"] is None or row["requested"] is None:
        return ""
    if row["timed"] == 0 or row["requested"] * 10 > row["timed"]:
        return ""
    return (
        f"{counted(row['timed'], 'checkpoint')} came by time and {plain(row['requested'])} ahead of it: "
        "max_wal_size is large enough."
    )


def _archived(window: Window) -> str:
    row = _only(window, SectionName.ARCHIVER)
    if row is None or not row["enabled"] or row["failed"] != 0 or not row["archived"]:
        return ""
    return f"{counted(row['archived'], 'WAL file')} archived, none failed."


def _replicated(window: Window) -> str:
    section = _measured(window, SectionName.REPLICATION)
    if section is None or section.totals.is_empty():
        return ""
    totals = section.totals
    if not totals["present"].all() or min(totals["seen"].fill_null(0.0).to_list()) < 1:
        return ""
    lag = max(
        (value for value in totals["replay_lag_bytes_peak"].to_list() if value is not None), default=None
    )
    if lag is None or lag > WELL_FOLLOWED:
        return ""
    names = ", ".join(sorted(str(name) for name in totals["standby"].to_list()))
    return f"{names} followed at every sample, at most {written(lag, Unit.BYTES)} of WAL behind."


def _sequences(window: Window) -> str:
    section = _measured(window, SectionName.SEQUENCES)
    if section is None or section.totals.is_empty():
        return ""
    totals = section.totals
    used = max((value for value in totals["used"].to_list() if value is not None), default=None)
    if not totals["readable"].fill_null(value=False).all() or used is None:
        return ""
    if used >= WELL_FILLED:
        return ""
    which = f"The fullest of {totals.height} sequences" if totals.height > 1 else "The one sequence"
    return f"{which} has used {share(used)} of its numbers."


def _indexed_keys(window: Window) -> str:
    section = _measured(window, SectionName.CONSTRAINTS)
    if section is None:
        return ""
    keys = section.totals.filter(pl.col("kind") == "foreign key")
    if keys.is_empty() or not keys["indexed"].all() or not keys["validated"].all():
        return ""
    return f"All {keys.height} foreign keys have an index and are valid." if keys.height > 1 else ""


def _collations(window: Window) -> str:
    section = _measured(window, SectionName.COLLATIONS)
    if section is None or section.totals.is_empty():
        return ""
    known = section.totals.filter(pl.col("recorded_version").is_not_null())
    if known.is_empty() or known["mismatch"].fill_null(value=True).any():
        return ""
    return "Indexes were built with the collation versions that the operating system has."


RULES: tuple[Rule, ...] = (
    _cached,
    _nobody_waited,
    _no_deadlocks,
    _few_connections,
    _checkpoints,
    _archived,
    _replicated,
    _transaction_ids,
    _sequences,
    _indexed_keys,
    _collations,
    _no_corruption,
)
