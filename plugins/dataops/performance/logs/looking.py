"""A piece of a log, counted: what its worker hands over, small and still with raw texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from dataops.performance.logs import plans, statements
from dataops.performance.logs.clock import STAMP
from dataops.performance.logs.entries import Parsed
from dataops.performance.logs.normalising import without_literals
from dataops.performance.logs.pairing import NUMBER, paired
from dataops.performance.logs.slowest_entries import announced, still_open
from dataops.performance.logs.stamps import TEN_MINUTES, ZONE, with_buckets

ERRORS = ("WARNING", "ERROR", "FATAL", "PANIC")
SEVERITIES = frozenset({*ERRORS, "LOG", "NOTICE", "INFO", *(f"DEBUG{level}" for level in range(1, 6))})
ORDERED = r"^(?:checkpoint|restartpoint) "
TOLD = (
    r"^(?:checkpoint |restartpoint |automatic |process \d+ |temporary file: |archive command "
    r"|server process |connection authorized|[a-z ]+process \(PID )"
)
"""How the entries of severity LOG begin that are counted, besides durations."""

_STATED = r"^(?:process \d+ |temporary file: )"


@dataclass(frozen=True)
class Looked:
    """Counts of one piece, in the order of the log.

    ``unpaired`` are durations whose text may stand in an earlier piece, ``open`` texts, by process, whose
    duration may stand in a later one (see ``pairing``). ``entries`` counts all, ``severities`` says which
    words for severities occur. ``open_said`` are database and DETAIL of the texts in ``open``, where any
    database's literals are kept.
    """

    statements: pl.DataFrame
    unpaired: pl.DataFrame
    open: Mapping[str, str]
    plans: pl.DataFrame
    events: pl.DataFrame
    entries: int
    damaged: int
    severities: frozenset[str]
    open_said: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def look(parsed: Parsed, kept: Collection[str] = ()) -> Looked:
    """The piece, counted; does all that can be done for many entries at once.

    Of ``kept`` databases also with the slowest calls as they were logged.
    """
    stamped = parsed.entries.filter(pl.col("stamp").str.contains(STAMP))
    entries = with_buckets(stamped).with_row_index(NUMBER)
    message = pl.col("message")
    is_duration = entries.select(statements.is_duration(message).fill_null(value=False)).to_series()
    others = entries.filter(~is_duration)
    pairs = paired(statements.durations(entries.filter(is_duration)), others)
    timed = announced(pairs.timed, pairs.announced, others) if kept else pairs.timed
    rest = others.filter(
        pl.col("severity").is_in(ERRORS) | (message.str.contains(TOLD) & (pl.col("severity") == "LOG"))
    )
    return Looked(
        statements.counted(timed.filter(~statements.is_plan()), kept),
        pairs.unpaired,
        pairs.open,
        plans.counted(timed.filter(statements.is_plan()), kept),
        _events(rest),
        len(stamped),
        parsed.damaged + len(parsed.entries) - len(stamped),
        frozenset(entries["severity"].drop_nulls().unique().to_list()),
        still_open(pairs.open_at, others) if kept else {},
    )


def _events(entries: pl.DataFrame) -> pl.DataFrame:
    """Equal entries of ten minutes as one; checkpoints each by itself, since a start belongs to an end."""
    message = pl.col("message")
    needed = pl.col("severity").is_in(ERRORS) | message.str.contains(_STATED)
    detailed = message.str.starts_with("deadlock") | message.str.contains("process (PID ", literal=True)
    reduced = entries.with_columns(
        pl.when(needed).then(without_literals(pl.col("statement"))).alias("statement"),
        pl.when(detailed).then(pl.col("detail")).alias("detail"),
        order=pl.when(message.str.contains(ORDERED)).then(pl.int_range(pl.len())).otherwise(-1),
    )
    keys = ("severity", "code", "message", "detail", "context", "statement")
    return reduced.group_by(TEN_MINUTES, ZONE, "database", *keys, "order", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("count"), pl.col("queryid").fill_null(0).first()
    )
