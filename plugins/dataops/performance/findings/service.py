"""How the database served: cache, rollbacks, checksums, statistics that churn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View, measured, rows_of
from dataops.performance.findings.words import count, figure, percent, short, statement_object
from dataops.performance.window import SectionName, Window

_BLOCKS = 10_000
"""Blocks asked for under which a hit ratio says nothing."""
_NUMBERED = re.compile(r"\$\d+|\d+")


def cache_hit_drop(view: View) -> Iterator[Finding | str]:
    """Fewer blocks are found in shared buffers than on the days of comparison."""
    row = view.row(SectionName.DATABASE)
    now = _hit_ratio(row)
    if now is None:
        return
    view = view.before(f"cache-hit-drop:database {view.window.dbname}")
    before = [ratio for window in view.baselines if (ratio := _hit_ratio_of(window)) is not None]
    if not before:
        yield "There is no earlier day to compare the cache with."
        return
    usual = sorted(before)[len(before) // 2]
    if (usual - now) * 100 < view.thresholds.cache_hits or min(before) <= now:
        return
    readers = sorted(_statements(view), key=lambda each: -(each["shared_blocks_read"] or 0))[:3]
    yield Finding(
        code="cache-hit-drop",
        object=f"database {view.window.dbname}",
        severity=Severity.WARNING,
        cause=Cause.GREW if _grew(view) else Cause.APPLICATION,
        sentence=f"{percent(now)} of blocks were found in shared buffers; on "
        f"{count(len(before), 'day')} of comparison "
        f"it was {percent(usual)}."
        + (f" Most blocks were read by {short(readers[0]['text'])}." if readers else ""),
        impact=view.daily(row["read_seconds"] or 0),
        confidence=min(0.95, 0.5 + 0.15 * len(before)),
        evidence=(
            figure("hit ratio", now * 100, "%"),
            figure("hit ratio before", usual * 100, "%"),
            figure("blocks read", row["blocks_read"]),
        ),
        related=tuple(statement_object(each) for each in readers),
        advice=Advice(
            sentence="See whether the statements that read most need an index or came with a release; "
            "only then "
            "think of more shared_buffers.",
            verify="Hit ratio and blocks read in the next report.",
        ),
    )


def _hit_ratio(row: Row) -> float | None:
    asked = (row["blocks_hit"] or 0) + (row["blocks_read"] or 0)
    return row["blocks_hit"] / asked if asked >= _BLOCKS else None


def _hit_ratio_of(window: Window) -> float | None:
    try:
        rows = rows_of(window, SectionName.DATABASE)
    except Unmeasurable:
        return None
    return _hit_ratio(rows[0]) if rows else None


def _statements(view: View) -> list[Row]:
    try:
        return [row for row in view.statements if row["shared_blocks_read"]]
    except Unmeasurable:
        return []


def _grew(view: View) -> bool:
    """Whether the database is a fifth larger than on the last day of comparison."""
    try:
        now = sum(row["total_bytes"] or 0 for row in view.tables)
        before = sum(row["total_bytes"] or 0 for row in rows_of(view.baselines[0], SectionName.TABLES))
    except (Unmeasurable, IndexError):
        return False
    return before > 0 and now >= 1.2 * before


def statement_churn(view: View) -> Iterator[Finding | str]:
    """pg_stat_statements throws out entries: what it tells of rare statements is wrong or missing."""
    row = view.row(SectionName.DATABASE)
    evicted = measured(row, "statement_evictions", "pg_stat_statements_info is not there or may not be read.")
    if not evicted or view.daily(evicted) < view.thresholds.evictions_daily:
        return
    shapes = Counter(_NUMBERED.sub("?", each["text"] or "") for each in view.statements)
    shape, times = shapes.most_common(1)[0] if shapes else ("", 0)
    yield Finding(
        code="statement-churn",
        object="server",
        severity=Severity.WARNING,
        cause=Cause.APPLICATION,
        sentence=f"pg_stat_statements threw out its least used statements {count(evicted, 'time')}: "
        "the application "
        "sends too many different texts."
        + (
            f" {count(times, 'text')} differ only in numbers or names, such as {short(shape)}."
            if times > 5
            else ""
        ),
        evidence=(figure("evictions", evicted), figure("entries", row["statement_entries"] or 0)),
        advice=Advice(
            sentence="Send parameters instead of literals, `= ANY($1)` instead of IN lists of every "
            "length, and no "
            "random names of tables, savepoints or cursors.",
            sql="ALTER SYSTEM SET pg_stat_statements.max = 10000; -- needs a restart",
            cost="A restart, and some MB of shared memory.",
            undo="ALTER SYSTEM RESET pg_stat_statements.max;",
            verify="SELECT dealloc FROM pg_stat_statements_info; stands still.",
        ),
    )


def checksum_failures(view: View) -> Iterator[Finding | str]:
    """Blocks that are not what was written."""
    row = view.row(SectionName.DATABASE)
    failures = measured(row, "checksum_failures", "The server has no data checksums: damage is not noticed.")
    if failures:
        yield Finding(
            code="checksum-failures",
            object=f"database {view.window.dbname}",
            severity=Severity.CRITICAL,
            cause=Cause.SERVICE,
            sentence=f"{count(failures, 'block')} had a wrong checksum: the disk or memory damages data.",
            evidence=(figure("blocks", failures),),
            advice=Advice(
                sentence="Stop relying on this host: prove the latest backup by a drill, fail over to "
                "a standby whose "
                "checksums are right, then look at disk and memory.",
                verify="pg_checksums --check on the stopped server; amcheck on every index.",
            ),
        )


def rollbacks(view: View) -> Iterator[Finding | str]:
    """Many transactions are rolled back: errors that somebody hides, or a pool that resets that way."""
    row = view.row(SectionName.DATABASE)
    all_ = (row["commits"] or 0) + (row["rollbacks"] or 0)
    if (row["rollbacks"] or 0) < 1_000 or row["rollbacks"] < all_ * view.thresholds.rollbacks / 100:
        return
    yield Finding(
        code="many-rollbacks",
        object=f"database {view.window.dbname}",
        severity=Severity.NOTICE,
        cause=Cause.APPLICATION,
        sentence=f"{percent(row['rollbacks'] / all_)} of {count(all_, 'transaction')} were rolled back.",
        evidence=(figure("rolled back", row["rollbacks"]), figure("committed", row["commits"] or 0)),
        advice=Advice(
            sentence="See the errors of the log; a pool that resets by ROLLBACK shows up here too.",
            verify="SELECT xact_commit, xact_rollback FROM pg_stat_database WHERE datname = "
            "current_database();",
        ),
    )


RULES = (
    Rule("cache-hit-drop", "The cache finds less", (SectionName.DATABASE,), cache_hit_drop),
    Rule(
        "statement-churn",
        "Too many different statements",
        (SectionName.DATABASE, SectionName.STATEMENTS),
        statement_churn,
    ),
    Rule("checksum-failures", "Wrong checksums", (SectionName.DATABASE,), checksum_failures),
    Rule("many-rollbacks", "Many rollbacks", (SectionName.DATABASE,), rollbacks),
)
