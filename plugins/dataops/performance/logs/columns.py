"""The columns of a window's ``LOGS`` section: what a server's log says, counted.

``totals`` has a row per thing that was logged (a statement, an error, a table that was vacuumed);
``series`` has a row per kind and ten minutes. Texts are normalised: no literal of a statement, no value of
an error message and no bind parameter is ever in them.

A section's ``quality.notes`` that begin with a kind and a colon (``lock_wait: …``) say that this kind is not
measured, because the server does not log it: ``unmeasured`` reads them. A kind without rows that is not
among them did not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from dataops.performance.window import Quality


class LogKind(StrEnum):
    """What a row counts, and what its ``text``, ``detail`` and ``code`` then hold."""

    STATEMENT = "statement"
    """An executed statement. ``text``: the statement. ``total_seconds``, ``max_seconds``: its duration."""
    PREPARATION = "preparation"
    """Parse and bind steps of the extended protocol, which are no calls. ``text``: their statement."""
    PLAN = "plan"
    """A plan by auto_explain. ``text``: the statement; ``detail``: the plan; ``code``: hash of its shape."""
    ERROR = "error"
    """``severity``: WARNING to PANIC; ``code``: SQLSTATE; ``text``: message; ``detail``: the statement."""
    DEADLOCK = "deadlock"
    """``text``: the statements of all parties, one a line; ``detail``: the relation. An ERROR row too."""
    LOCK_WAIT = "lock_wait"
    """Waits above deadlock_timeout. ``text``: who waits; ``code``: mode; ``detail``: relation or object.

    ``total_seconds`` and ``max_seconds``: of the waits that ended with the lock."""
    TEMP_FILE = "temp_file"
    """``text``: the statement; ``bytes``, ``max_bytes``: size of the files."""
    CHECKPOINT = "checkpoint"
    """``text``: reason, such as ``time`` or ``wal``; ``code``: checkpoint or restartpoint; ``buffers``."""
    VACUUM = "vacuum"
    """By autovacuum. ``text``: schema.table; ``unremovable``: most dead rows that it had to leave."""
    ANALYZE = "analyze"
    """By autovacuum. ``text``: schema.table."""
    ARCHIVE_FAILURE = "archive_failure"
    """The archive command failed. ``code``: its exit code or signal."""
    CRASH = "crash"
    """A server process was killed or crashed. ``code``: signal or exit code; ``text``: what it executed."""
    CONNECTION = "connection"
    """Sessions that were authorized (log_connections)."""


OTHERS = "(other statements)"
"""The ``text`` of what was folded together because there were too many different ones."""

UNTOLD = "(text not logged)"
"""The ``text`` of statements of which only the duration was logged."""

_FIGURES: Mapping[str, pl.DataType] = {
    "count": pl.Int64(),
    "total_seconds": pl.Float64(),
    "max_seconds": pl.Float64(),
    "bytes": pl.Int64(),
    "max_bytes": pl.Int64(),
    "buffers": pl.Int64(),
    "unremovable": pl.Int64(),
}
"""What is counted: events, seconds, bytes, blocks of 8 KiB, rows. 0 where a kind has none."""

KEYS: Mapping[str, pl.DataType] = {
    "kind": pl.String(),
    "severity": pl.String(),
    "code": pl.String(),
    "text": pl.String(),
    "detail": pl.String(),
}
"""What makes it the same thing; empty strings where a kind has none."""

TOTALS: Mapping[str, pl.DataType] = {
    **KEYS,
    "statement": pl.String(),
    "queryid": pl.Int64(),
    **_FIGURES,
    "first": pl.Datetime("us", "UTC"),
    "last": pl.Datetime("us", "UTC"),
}
"""``statement`` is the fingerprint of the statement, by which it is found in ``STATEMENTS`` (empty: none);
``queryid`` is pg_stat_statements' (0: unknown); ``first`` and ``last`` (UTC) are exact to ten minutes."""

SERIES: Mapping[str, pl.DataType] = {
    "kind": pl.String(),
    "at": pl.Datetime("us", "UTC"),
    "seconds": pl.Float64(),
    **_FIGURES,
}
"""``at`` is the end of the interval of ``seconds`` length."""

DIGEST: Mapping[str, pl.DataType] = {
    "at": pl.Datetime("us", "UTC"),
    "database": pl.String(),
    **KEYS,
    "queryid": pl.Int64(),
    **_FIGURES,
}
"""What is kept of a log: a row per ten minutes (their end), database (empty: the whole server) and thing."""

SUMS = ("count", "total_seconds", "bytes", "buffers")
MAXIMA = ("max_seconds", "max_bytes", "unremovable")
BUCKET_SECONDS = 600


def merged() -> list[pl.Expr]:
    """How the rows of the same thing become one."""
    return [
        pl.col("queryid").sort_by(pl.col("queryid") != 0, "count").last(),
        *(pl.col(name).sum() for name in SUMS),
        *(pl.col(name).max() for name in MAXIMA),
    ]


def unmeasured(quality: Quality) -> Mapping[LogKind, str]:
    """The kinds that the server does not log, each with its reason."""
    kinds = {str(kind): kind for kind in LogKind}
    told = (note.partition(": ") for note in quality.notes)
    return {kinds[name]: reason for name, separator, reason in told if separator and name in kinds}
