"""The texts of a database's statements, kept once: ``samples/<server>/databases/<database>/texts.parquet``.

A sample has numbers only. Texts are asked of the server for queryids that were never seen before, are
stripped of literals at once, and forgotten when their statement has not run for as long as samples are kept.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from dataops.performance.columns import COUNT, MOMENT, TEXT
from dataops.performance.samples.keeping import KEPT, database_scope, prefix_of
from dataops.performance.statement_text import command, fingerprint, readable
from dataops.store import Conflict, ObjectMissing, ObjectStore

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_NEW = 1000
"""Texts asked for at one sample. The server reads its whole file for them; the rest comes later."""
LENGTH = 10_000
"""Characters of a text that are asked for."""
_ATTEMPTS = 3

SCHEMA = pl.Schema({
    "queryid": COUNT,
    "statement": TEXT,
    "text": TEXT,
    "command": TEXT,
    "first_seen": MOMENT,
    "last_seen": pl.Date(),
})


def key_of(server: str, database: str) -> str:
    """Where the texts of a database lie."""
    return f"{prefix_of(server, database_scope(database))}texts.parquet"


def read_texts(store: ObjectStore, server: str, database: str) -> pl.DataFrame:
    """The known statements of a database: a row per queryid."""
    return _read(store, key_of(server, database))[0]


def learn(
    store: ObjectStore,
    server: str,
    database: str,
    seen: pl.DataFrame,
    ask: Callable[[list[int]], pl.DataFrame | None],
    now: datetime,
) -> int:
    """Keep the texts of statements that were not known; how many.

    ``seen`` has ``queryid`` and ``exec_seconds``; ``ask`` gives ``queryid`` and ``text`` of some.
    Of more than ``MOST_NEW`` the costliest come first.
    """
    key = key_of(server, database)
    asked: dict[int, str] = {}
    for _ in range(_ATTEMPTS):
        known, etag = _read(store, key)
        unknown = (
            seen.join(known, on="queryid", how="anti").group_by("queryid").agg(pl.col("exec_seconds").sum())
        )
        wanted = unknown.sort("exec_seconds", descending=True).head(MOST_NEW)["queryid"].to_list()
        missing = [queryid for queryid in wanted if queryid not in asked]
        answer = ask(missing) if missing else None
        if answer is not None:
            asked |= {row["queryid"]: row["text"] for row in answer.iter_rows(named=True) if row["text"]}
        after = _merged(known, seen, {each: asked[each] for each in wanted if each in asked}, now)
        if after is None:
            return 0
        try:
            _write(store, key, after, etag)
        except Conflict:  # another sample of the same database has just learnt something too
            continue
        return len(asked)
    return 0  # the next sample meets them again


def _merged(
    known: pl.DataFrame, seen: pl.DataFrame, new: dict[int, str], now: datetime
) -> pl.DataFrame | None:
    """The texts to keep from now on; None where nothing is to be written."""
    today, moment = now.astimezone(UTC).date(), now.astimezone(UTC)
    running = known["queryid"].is_in(seen["queryid"].unique().implode())
    stale = running & (known["last_seen"] < today)
    old = known["last_seen"] < today - KEPT
    if not new and not stale.any() and not (old & ~running).any():
        return None
    kept = known.with_columns(
        last_seen=pl.when(running).then(pl.lit(today)).otherwise(pl.col("last_seen"))
    ).filter(~(old & ~running))
    return pl.concat([kept, _rows(new, moment, today)])


def _rows(new: dict[int, str], moment: datetime, today: date) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (queryid, fingerprint(text), readable(text, length=LENGTH), command(text), moment, today)
            for queryid, text in new.items()
        ],
        schema=SCHEMA,
        orient="row",
    )


def _read(store: ObjectStore, key: str) -> tuple[pl.DataFrame, str | None]:
    try:
        fetched = store.fetch(key)
    except ObjectMissing:
        return pl.DataFrame(schema=SCHEMA), None
    return pl.read_parquet(io.BytesIO(fetched.body)), fetched.etag


def _write(store: ObjectStore, key: str, texts: pl.DataFrame, etag: str | None) -> None:
    written = io.BytesIO()
    texts.write_parquet(written, compression="zstd")
    store.put(key, written.getvalue(), if_match=etag, if_none_match=etag is None)
