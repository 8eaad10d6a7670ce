"""N+1: a list is fetched, then for each of its rows another statement runs."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, View
from dataops.performance.findings.words import count, figure, seconds, short, statement_object
from dataops.performance.window import SectionName

_LEAST_CALLS = 1_000
"""Calls that must really have come."""
_FANNED_OUT = 5.0
"""Rows that one execution of the list returns at least: fewer are no loop."""
_TOLERANCE = 0.1
"""Share by which calls may differ from the rows of the list."""
_INTERVALS = 3
"""Intervals in which both must agree before chance is ruled out."""
_PER_TRANSACTION = 10.0
"""Executions a transaction from which on a statement is run in a loop."""


def n_plus_one(view: View) -> Iterator[Finding | str]:
    """A statement that fetches one row, called once for each row that another one returned.

    Many calls alone are no fault: a busy application fetches single rows all day. What gives a loop away is
    that its calls are as many as a list has rows, interval by interval, or that each transaction runs it many
    times.
    """
    commits = view.row(SectionName.DATABASE)["commits"]
    lists = [row for row in view.statements if _is_list(row)]
    for row in view.statements:
        if (
            row["command"] != "SELECT"
            or row["calls"] < _LEAST_CALLS
            or (row["rows"] or 0) > row["calls"] * 1.5
        ):
            continue
        if view.daily(row["calls"]) < view.thresholds.repeated_calls or not _by_key(row):
            continue
        source = next((each for each in lists if each is not row and _feeds(view, each, row)), None)
        often = row["calls"] / commits if commits else 0.0
        if source is not None or often >= _PER_TRANSACTION:
            yield _loop(view, row, source, often)


def _is_list(row: Row) -> bool:
    return row["command"] in {"SELECT", "WITH"} and (row["rows"] or 0) / row["calls"] >= _FANNED_OUT


def _by_key(row: Row) -> bool:
    text = (row["text"] or "").lower()
    return " where " in text and "$" in text


def _feeds(view: View, source: Row, target: Row) -> bool:
    """Whether the calls of one statement are as many as the rows of the other, also interval by interval."""
    if abs(target["calls"] - source["rows"]) > _TOLERANCE * source["rows"]:
        return False
    series = view.window.section(SectionName.STATEMENTS).series
    if series.is_empty():
        return True
    rows = series.filter(pl.col("statement") == source["statement"]).group_by("at").agg(pl.col("rows").sum())
    calls = (
        series.filter(pl.col("statement") == target["statement"]).group_by("at").agg(pl.col("calls").sum())
    )
    both = rows.join(calls, on="at")
    if both.height < _INTERVALS:
        return bool(abs(target["calls"] - source["rows"]) <= 0.02 * source["rows"])
    near = (both["calls"] - both["rows"]).abs() <= (2 * _TOLERANCE * both["rows"]).clip(lower_bound=10)
    return near.sum() >= 0.8 * both.height


def _loop(view: View, row: Row, source: Row | None, often: float) -> Finding:
    from_list = (
        f"as many as {short(source['text'])} returned rows ({count(source['rows'], 'row')} in "
        f"{count(source['calls'], 'call')})"
        if source
        else f"{often:,.0f} in every transaction"
    )
    return Finding(
        code="n-plus-one",
        object=statement_object(row),
        severity=Severity.WARNING,
        cause=Cause.APPLICATION,
        sentence=f"{short(row['text'])} was called {count(row['calls'], 'time')}, one row each: {from_list}.",
        impact=view.daily(row["exec_seconds"] or 0),
        confidence=0.9 if source else 0.7,
        evidence=(
            figure("calls", row["calls"]),
            figure("rows", row["rows"] or 0, "rows"),
            figure("time", row["exec_seconds"] or 0, "seconds"),
            figure("calls a transaction", often),
        ),
        related=(statement_object(source),) if source else (),
        advice=Advice(
            sentence="Fetch all rows at once: join it to the list, or ask with `= ANY($1)`; an ORM "
            "calls that "
            "eager loading.",
            cost="A change of the application. One larger answer instead of many small ones.",
            undo="The former code.",
            verify=f"Calls of the statement in the next report; each call now costs a round trip beside "
            f"its {seconds((row['exec_seconds'] or 0) / row['calls'])}.",
        ),
    )


RULES = (Rule("n-plus-one", "N+1 statements", (SectionName.STATEMENTS, SectionName.DATABASE), n_plus_one),)
