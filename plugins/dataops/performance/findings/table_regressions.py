"""Tables that are read far more than on comparable days, whoever reads them, each with its cause.

Blocks count, from memory and from disk: they are what a busy machine cannot change. A table's reads are
judged beside the statements': those that pg_stat_statements evicted, or never saw, read tables all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.compared import by_statement
from dataops.performance.findings.reasons import before_of, ratio
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View, rows_of
from dataops.performance.findings.words import (
    bytes_,
    count,
    figure,
    short,
    statement_object,
    table_name,
)
from dataops.performance.window import SectionName, Window

_CODE = "table-reads-more"
_MANY_MORE = 3.0
"""Times as many blocks as on the busiest day of comparison."""
_LEAST_DAILY = 1_000_000.0
"""Blocks a day that it must be more, 8 GB."""
_GROWN = 1.5
"""Times as many rows, scans or calls from which on they explain it."""


@dataclass(frozen=True)
class _Reason:
    cause: Cause
    sentence: str
    confidence: float
    statement: Row | None = None


def busier_tables(view: View) -> Iterator[Finding | str]:
    """Tables of which far more blocks are read than on every day of comparison."""
    before = [(window, found) for window in view.baselines if (found := _reads(window))]
    if not before:
        yield "There is no earlier day to compare tables with."
        return
    for table in view.tables:
        now, name = _blocks(table), table_name(table)
        key = f"{_CODE}:table {name}"
        usual = [reads[name] for day, reads in before if reads.get(name) and view.is_before(day, key)]
        if now is None or not usual or now < _MANY_MORE * max(usual):
            continue
        if view.daily(now - median(usual)) >= _LEAST_DAILY:
            yield _busier(view.before(key), table, now, usual)


def _reads(window: Window) -> Mapping[str, float]:
    """Blocks read by table; none of a window that was not seen well enough for its sums to be the day's."""
    if not window.section(SectionName.TABLES).quality.well_covered:
        return {}
    try:
        rows = rows_of(window, SectionName.TABLES)
    except Unmeasurable:
        return {}
    return {table_name(row): blocks for row in rows if (blocks := _blocks(row)) is not None}


def _blocks(row: Row) -> float | None:
    hit, read = row["heap_blocks_hit"], row["heap_blocks_read"]
    return None if hit is None or read is None else float(hit + read)


def _busier(view: View, table: Row, now: float, usual: Sequence[float]) -> Finding:
    reason = _reason(view, table)
    name, block = table_name(table), view.number("block_size") or 8192.0
    return Finding(
        code=_CODE,
        object=f"table {name}",
        severity=Severity.NOTICE,
        cause=reason.cause,
        sentence=f"{bytes_(now * block)} of {name} were read instead of {bytes_(median(usual) * block)}, "
        f"{now / median(usual):.1f} times as much as on {count(len(usual), 'day')} of comparison. "
        f"{reason.sentence}",
        confidence=round(min(0.95, reason.confidence * (0.7 + 0.075 * min(len(usual), 4))), 2),
        evidence=(
            figure("blocks read", now),
            figure("blocks read before", median(usual)),
            figure("sequential scans", table["seq_scans"] or 0),
            figure("days of comparison", len(usual)),
        ),
        related=(statement_object(reason.statement),) if reason.statement else (),
        advice=Advice(
            sentence=f"Look at the statement that reads {name} most."
            if reason.statement
            else f"Find out what reads {name}: no statement that could be seen does.",
            verify="Its blocks in the next report.",
            statement=(reason.statement["text"] or "") if reason.statement else "",
        ),
    )


def _reason(view: View, table: Row) -> _Reason:
    """The first explanation that the numbers carry, the most certain first."""
    then = before_of(view, table)
    on_it = view.statements_on(table["oid"])
    most = on_it[0] if on_it else None
    if then is not None and ratio(table["live_rows"], then["live_rows"]) >= _GROWN:
        rows = f"from {count(then['live_rows'], 'row')} to {count(table['live_rows'], 'row')}"
        return _Reason(Cause.GREW, f"It grew {rows}.", 0.85, most)
    if then is not None and ratio(table["heap_bytes"], then["heap_bytes"]) >= _GROWN:
        return _Reason(Cause.BLOAT, "It is larger than then, with as many rows.", 0.8, most)
    called = _called_more(view, on_it)
    if called is not None:
        return _Reason(Cause.MORE_CALLS, f"{short(called['text'])} is called far more often.", 0.8, called)
    if then is not None and ratio(table["seq_scans"], max(then["seq_scans"] or 0, 1)) >= _GROWN:
        scans = f"{count(table['seq_scans'], 'time')} instead of {then['seq_scans'] or 0:,}"
        return _Reason(Cause.PLAN_CHANGED, f"It was read from end to end {scans}.", 0.75, most)
    return _Reason(Cause.UNKNOWN, "Neither its size nor the statements that were seen say why.", 0.4, most)


def _called_more(view: View, statements: Sequence[Row]) -> Row | None:
    """The statement on the table whose calls grew most, where they grew."""
    before = [
        rows
        for window in view.baselines
        if (rows := by_statement(window)) and window.section(SectionName.STATEMENTS).quality.well_covered
    ]
    found = []
    for row in statements:
        calls = [float(rows[row["statement"]]["calls"]) for rows in before if row["statement"] in rows]
        if not calls or row["calls"] >= _GROWN * max(calls):
            found.append((row["calls"] - (median(calls) if calls else 0.0), row))
    return max(found, key=lambda each: each[0])[1] if found else None


RULES = (
    Rule(
        _CODE,
        "A table is read far more",
        (SectionName.TABLES,),
        busier_tables,
    ),
)
