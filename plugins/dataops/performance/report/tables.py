"""The tables of a report: the objects that matter most, by what they cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from dataops.performance.report.coverage import quality_line
from dataops.performance.report.document import Cell, Column, Table, Unit
from dataops.performance.report.numbers import counted
from dataops.performance.report.wording import HIDDEN, qualified
from dataops.performance.window import Section, SectionName, Window

STATEMENTS = "statements"
"""The name of the table whose rows end with the fingerprint of their statement."""
SHOWN = 25
LONGEST_TEXT = 1200
"""Characters of a statement that the report keeps."""

Spec = tuple[str, str, Unit]
"""Name of the column here, in the section, and its unit."""


def tables(window: Window) -> tuple[Table, ...]:
    """Every table; one whose section is not measurable says so in its place."""
    made = [(window.section(name).quality, make(window)) for name, make in TABLES]
    return tuple(
        table if table.missing else table.model_copy(update={"quality": quality_line(quality)})
        for quality, table in made
    )


def statements(window: Window) -> Table:
    """The statements that took most time."""
    name, title = STATEMENTS, "Statements by time"
    section = window.section(SectionName.STATEMENTS)
    if not section.quality.measurable:
        return Table(name=name, title=title, missing=section.quality.missing)
    outer = section.totals.filter(pl.col("toplevel").fill_null(value=True) & (pl.col("calls") > 0))
    whole = float(outer["exec_seconds"].sum() or 0.0)
    ranked = outer.sort("exec_seconds", descending=True).head(SHOWN)
    columns: Sequence[Spec] = (
        ("time", "exec_seconds", Unit.SECONDS),
        ("calls", "calls", Unit.COUNT),
        ("mean", "mean_seconds", Unit.SECONDS),
        ("rows", "rows", Unit.ROWS),
        ("blocks read", "shared_blocks_read", Unit.COUNT),
        ("spilled blocks", "temp_blocks_written", Unit.COUNT),
        ("WAL", "wal_bytes", Unit.BYTES),
    )
    rows = [
        (
            shortened(row["text"]),
            _share(row["exec_seconds"], whole),
            *(_cell(row[column]) for _, column, _ in columns),
            row["statement"],
        )
        for row in ranked.iter_rows(named=True)
    ]
    told = float(ranked["exec_seconds"].sum() or 0.0)
    says = f"These are {told / whole * 100:.0f} % of the time in statements." if whole else ""
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="statement", unit=Unit.CODE),
            Column(name="share", unit=Unit.SHARE),
            *(Column(name=each, unit=unit) for each, _, unit in columns),
            Column(name="fingerprint"),
        ),
        rows=tuple(rows),
        of=outer.height,
        says=says,
    )


def by_size(window: Window) -> Table:
    """The largest tables, how they grew and how they are read and written."""
    section = window.section(SectionName.TABLES)
    return _ranked(
        section,
        "tables",
        "Tables by size",
        order="total_bytes",
        label=lambda row: qualified(row["schema"], row["name"]),
        columns=(
            ("size", "total_bytes", Unit.BYTES),
            ("growth", "total_bytes_change", Unit.BYTES),
            ("live rows", "live_rows", Unit.ROWS),
            ("dead rows", "dead_rows", Unit.ROWS),
            ("inserted", "rows_inserted", Unit.ROWS),
            ("updated", "rows_updated", Unit.ROWS),
            ("deleted", "rows_deleted", Unit.ROWS),
            ("sequential scans", "seq_scans", Unit.COUNT),
            ("index scans", "index_scans", Unit.COUNT),
            ("last autovacuum", "last_autovacuum", Unit.MOMENT),
            ("last autoanalyze", "last_autoanalyze", Unit.MOMENT),
        ),
        heading="table",
    )


def indexes(window: Window) -> Table:
    """The largest indexes and how much they are used."""
    return _ranked(
        window.section(SectionName.INDEXES),
        "indexes",
        "Indexes by size",
        order="bytes",
        label=lambda row: qualified(row["schema"], row["name"]),
        columns=(
            ("of table", "table_name", Unit.WORDS),
            ("size", "bytes", Unit.BYTES),
            ("growth", "bytes_change", Unit.BYTES),
            ("scans", "scans", Unit.COUNT),
            ("scans ever counted", "lifetime_scans", Unit.COUNT),
            ("counted since", "statistics_since", Unit.MOMENT),
        ),
        heading="index",
    )


def long_transactions(window: Window) -> Table:
    """The transactions that were open longest."""
    return _ranked(
        window.section(SectionName.SESSIONS),
        "transactions",
        "Longest transactions",
        order="transaction_seconds",
        label=lambda row: f"process {row['pid']}" if row["pid"] else f"prepared {row['prepared']}",
        columns=(
            ("open for", "transaction_seconds", Unit.SECONDS),
            ("idle in it for", "idle_in_transaction_seconds", Unit.SECONDS),
            ("state", "state", Unit.WORDS),
            ("waits for", "wait", Unit.WORDS),
            ("role", "user", Unit.WORDS),
            ("application", "application", Unit.WORDS),
            ("database", "dbname", Unit.WORDS),
            ("last statement", "text", Unit.CODE),
        ),
        heading="transaction",
        most=10,
    )


def blocking(window: Window) -> Table:
    """Who waited for whom, each below the one that stood in its way."""
    name, title = "blocking", "Who stood in whose way"
    section = window.section(SectionName.BLOCKING)
    if not section.quality.measurable:
        return Table(name=name, title=title, missing=section.quality.missing)
    worst = section.totals.sort("waited_seconds", descending=True).head(SHOWN)
    ordered = worst.sort("root_pid", "depth", "waiting_since") if worst.height else worst
    rows = [
        (
            f"{'↳ ' * int(row['depth'] or 1)}process {row['blocked_pid']}",
            f"process {row['blocking_pid']}",
            _cell(row["waited_seconds"]),
            f"{row['mode'] or row['lock']} on {row['relation'] or row['lock']}",
            _cell(row["blocking_state"]),
            shortened(row["blocked_text"], 300),
            shortened(row["blocking_text"], 300),
        )
        for row in ordered.iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="who waited"),
            Column(name="for whom"),
            Column(name="longest wait", unit=Unit.SECONDS),
            Column(name="for what"),
            Column(name="state of the other"),
            Column(name="statement that waited", unit=Unit.CODE),
            Column(name="statement in the way", unit=Unit.CODE),
        ),
        rows=tuple(rows),
        of=section.totals.height,
        says="" if rows else "No sample saw a session wait for another.",
    )


def settings_changed(window: Window) -> Table:
    """Settings that changed inside the window, and those that wait for a restart."""
    section = window.section(SectionName.SETTINGS)
    name, title = "settings", "Settings that changed"
    if not section.quality.measurable:
        return Table(name=name, title=title, missing=section.quality.missing)
    changed = section.totals.filter(
        pl.col("changed_at").is_not_null() | pl.col("pending_restart").fill_null(value=False)
    )
    rows = [
        (
            row["name"],
            row["scope"] or "server",
            _cell(row["previous"]),
            _cell(row["value"]),
            _cell(row["changed_at"]),
            "waits for a restart" if row["pending_restart"] else "",
        )
        for row in changed.head(SHOWN).iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="setting"),
            Column(name="scope"),
            Column(name="before"),
            Column(name="now"),
            Column(name="seen", unit=Unit.MOMENT),
            Column(name="note"),
        ),
        rows=tuple(rows),
        of=changed.height,
        says="" if rows else "None changed.",
    )


def logged(window: Window) -> Table:
    """What the log told most often, of what is wrong."""
    name, title = "logged", "Troubles in the server's log"
    section = window.section(SectionName.LOGS)
    if not section.quality.measurable:
        return Table(name=name, title=title, missing=section.quality.missing)
    kinds = ["error", "deadlock", "lock_wait", "temp_file", "crash", "archive_failure"]
    found = section.totals.filter(pl.col("kind").is_in(kinds)) if section.totals.height else section.totals
    ranked = found.sort("count", descending=True).head(SHOWN) if found.height else found
    rows = [
        (
            str(row["kind"]).replace("_", " "),
            " ".join(part for part in (row["severity"], row["code"]) if part),
            _cell(row["count"]),
            shortened(row["text"], 400),
            _cell(row["first"]),
            _cell(row["last"]),
        )
        for row in ranked.iter_rows(named=True)
    ]
    return Table(
        name=name,
        title=title,
        columns=(
            Column(name="what"),
            Column(name="severity and code"),
            Column(name="times", unit=Unit.COUNT),
            Column(name="text", unit=Unit.CODE),
            Column(name="first", unit=Unit.MOMENT),
            Column(name="last", unit=Unit.MOMENT),
        ),
        rows=tuple(rows),
        of=found.height,
        says="" if rows else "The log tells of none.",
    )


TABLES: tuple[tuple[SectionName, Callable[[Window], Table]], ...] = (
    (SectionName.STATEMENTS, statements),
    (SectionName.TABLES, by_size),
    (SectionName.INDEXES, indexes),
    (SectionName.SESSIONS, long_transactions),
    (SectionName.BLOCKING, blocking),
    (SectionName.SETTINGS, settings_changed),
    (SectionName.LOGS, logged),
)
"""Every table with the section whose rows it shows."""


def shortened(text: str | None, longest: int = LONGEST_TEXT) -> str:
    """A statement's text, cut where nobody reads on."""
    if text is None:
        return HIDDEN
    return text if len(text) <= longest else f"{text[:longest].rstrip()} … ({len(text):,} characters)"


def _ranked(
    section: Section,
    name: str,
    title: str,
    *,
    order: str,
    label: Callable[[dict[str, Any]], str],
    columns: Sequence[Spec],
    heading: str,
    most: int = SHOWN,
) -> Table:
    if not section.quality.measurable:
        return Table(name=name, title=title, missing=section.quality.missing)
    totals = section.totals
    if "dropped" in totals.columns:
        totals = totals.filter(~pl.col("dropped").fill_null(value=False))
    ranked = totals.sort(order, descending=True, nulls_last=True).head(most) if totals.height else totals
    rows = tuple(
        (label(row), *(_cell(row[column], unit) for _, column, unit in columns))
        for row in ranked.iter_rows(named=True)
    )
    return Table(
        name=name,
        title=title,
        columns=(Column(name=heading), *(Column(name=each, unit=unit) for each, _, unit in columns)),
        rows=rows,
        of=totals.height,
        says="" if rows else f"There is {counted(0, heading)} to show.".replace("is 0", "is no"),
    )


def _cell(value: Any, unit: Unit = Unit.WORDS) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat()
    if unit is Unit.CODE:
        return shortened(value, 300)
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _share(value: float | None, whole: float) -> float | None:
    return None if value is None or not whole else round(value / whole, 4)
