"""Statements that got slower than on comparable days or are called far more often, each with its cause.

A statement counts as slower where its mean time in the window, not its lifetime's, lies above that of every
day of comparison and by a margin above their median, where that costs enough time to matter, and where its
blocks agree: time alone may be a busy machine. Where blocks do not agree, only a lock, JIT or reads from disk
that the counters show count as a cause; else it is a notice of low confidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.compared import LEAST_SECONDS, Compared, days_of, is_slower
from dataops.performance.findings.reasons import reason_of
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import View
from dataops.performance.findings.words import count, figure, seconds, short, statement_object
from dataops.performance.window import SectionName

_SLOWER, _MORE_CALLS = "statement-slower", "more-calls"
_MANY_MORE = 3.0
"""Times as many calls from which on load, not speed, is what changed."""


def slower_statements(view: View) -> Iterator[Finding | str]:
    """Statements whose executions take longer than on every day of comparison."""
    tonight, days = view.statements, days_of(view)
    least = view.thresholds.minimum_calls
    incomplete = 0
    for row in tonight:
        if row["calls"] < least or not row["exec_seconds"]:
            continue
        incomplete += row["complete"] is False
        compared = days.compared(_SLOWER, row, least)
        if compared is not None and is_slower(view, compared):
            yield _slower(view.before(f"{_SLOWER}:{statement_object(row)}"), compared)
    if incomplete:
        yield f"Evictions lost a part of {count(incomplete, 'statement')}: their numbers are lower bounds."


def _slower(view: View, compared: Compared) -> Finding:
    row = compared.row
    agree = compared.more_blocks >= 1 + view.thresholds.slower / 200
    reason = reason_of(view, compared, agree=agree)
    sure = reason.confidence * (0.7 + 0.075 * min(len(compared.means), 4))
    weighty = agree or reason.cause is not Cause.UNKNOWN
    return Finding(
        code=_SLOWER,
        object=statement_object(row),
        severity=Severity.WARNING if weighty else Severity.NOTICE,
        cause=reason.cause,
        sentence=f"{short(row['text'])} takes {seconds(compared.mean)} instead of {seconds(compared.usual)}, "
        f"{compared.slower:.1f} times as long as on {count(len(compared.means), 'day')} of comparison. "
        f"{reason.sentence}",
        impact=view.daily(compared.cost),
        confidence=round(min(sure, 0.99), 2),
        evidence=(
            figure("mean", compared.mean, "seconds"),
            figure("mean before", compared.usual, "seconds"),
            figure("blocks an execution", compared.blocks_now),
            figure("blocks an execution before", median(compared.blocks)),
            figure("executions", row["calls"]),
            figure("days of comparison", len(compared.means)),
        ),
        related=reason.related,
        advice=reason.advice,
    )


def more_calls(view: View) -> Iterator[Finding | str]:
    """Statements that are as fast as ever and cost far more, because they are called far more often."""
    tonight, days = view.statements, days_of(view, counted=True)
    for row in tonight:
        compared = days.compared(_MORE_CALLS, row, view.thresholds.minimum_calls)
        if compared is None or not row["exec_seconds"]:
            continue
        usual = median(compared.calls)
        extra = (row["calls"] - usual) * compared.mean
        if row["calls"] < _MANY_MORE * max(compared.calls) or is_slower(view, compared):
            continue
        if extra < LEAST_SECONDS or view.daily(extra) < 10 * view.thresholds.slower_time.total_seconds():
            continue
        yield Finding(
            code=_MORE_CALLS,
            object=statement_object(row),
            severity=Severity.NOTICE,
            cause=Cause.MORE_CALLS,
            sentence=f"{short(row['text'])} was called {count(row['calls'], 'time')} instead of "
            f"{usual:,.0f}; one "
            f"execution takes as long as ever ({seconds(compared.mean)}).",
            impact=view.daily(extra),
            confidence=round(min(0.95, 0.5 + 0.1 * len(compared.calls)), 2),
            evidence=(figure("calls", row["calls"]), figure("calls before", usual)),
            advice=Advice(
                sentence="Ask what calls it: a release, a batch, a retry loop, a cache that no longer "
                "caches.",
                verify="Its calls in the next report.",
            ),
        )


RULES = (
    Rule(
        _SLOWER,
        "A statement got slower",
        (SectionName.STATEMENTS, SectionName.TABLES),
        slower_statements,
    ),
    Rule(_MORE_CALLS, "A statement is called far more often", (SectionName.STATEMENTS,), more_calls),
)
