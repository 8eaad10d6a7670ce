"""The slowest calls of a database as they lie in the store, an object a reading of its server's log.

Each database has objects of its own, so that one that allows literals no more loses them, and no other does.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs import ledger
from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.ledger import Ledger
from dataops.performance.logs.slowest_calls import MOST_CALLS, slowest_of
from dataops.performance.window import Section
from dataops.store import ObjectMissing, ObjectStore

SCHEMA = pl.Schema({
    "statement": pl.String(),
    "text": pl.String(),
    "parameters": pl.String(),
    "seconds": pl.Float64(),
    "at": pl.Datetime("us", "UTC"),
})


def folder_of(server: str) -> str:
    """Where the calls of a server's databases lie, and nothing else."""
    return f"{ledger.folder_of(server)}calls/"


def keep(store: ObjectStore, server: str, until: datetime, calls: Sequence[LoggedCall]) -> str:
    """The key under which the calls of one database, read until this moment, now lie."""
    key = f"{folder_of(server)}{until:%Y/%m/%d/%H%M%S}-{secrets.token_hex(4)}.parquet"
    body = io.BytesIO()
    rows = [call.model_dump() for call in calls]
    pl.DataFrame(rows, schema=SCHEMA, orient="row").write_parquet(body, compression="zstd")
    store.put(key, body.getvalue())
    return key


def unnamed(store: ObjectStore, server: str, known: Ledger) -> frozenset[str]:
    """Calls that the ledger names no more, and those of a reading that died before it named them."""
    return frozenset(item.key for item in store.list(folder_of(server))) - known.keys


def slowest_calls(
    store: ObjectStore, server: str, dbname: str, logs: Section, since: datetime, until: datetime
) -> tuple[LoggedCall, ...]:
    """The slowest call of each statement in a window, those first whose statements took most time.

    ``logs`` is the window's section of the log. Whether the database allows it is for the caller to know.
    """
    known, _ = ledger.load(store, server)
    pieces = [each for each in known.pieces if each.until > since and each.since < until]
    calls = [
        call
        for piece in pieces
        for call in _read(store, piece.calls.get(dbname, ""))
        if since <= call.at <= until
    ]
    spent = _spent(logs.totals)
    found = slowest_of(calls).values()
    ranked = sorted(found, key=lambda call: (-spent.get(call.statement, 0.0), call.statement))
    return tuple(ranked[:MOST_CALLS])


def _read(store: ObjectStore, key: str) -> list[LoggedCall]:
    if not key:
        return []
    try:
        body = store.get(key)
    except ObjectMissing:  # it has expired, or a reading since then has deleted it
        return []
    return [LoggedCall.model_validate(row) for row in pl.read_parquet(io.BytesIO(body)).iter_rows(named=True)]


def _spent(totals: pl.DataFrame) -> dict[str, float]:
    """Seconds by statement; a call that auto_explain tells too counts once."""
    if totals.is_empty():
        return {}
    timed = totals.filter(pl.col("kind").is_in([str(LogKind.STATEMENT), str(LogKind.PLAN)]))
    by_kind = timed.group_by("kind", "statement").agg(pl.col("total_seconds").sum())
    return dict(by_kind.group_by("statement").agg(pl.col("total_seconds").max()).iter_rows())
