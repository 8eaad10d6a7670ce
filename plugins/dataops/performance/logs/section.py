"""What a window tells of the log, from the counts that were kept."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from dataops.performance.logs import ledger
from dataops.performance.logs.columns import BUCKET_SECONDS, DIGEST, KEYS, SERIES, TOTALS, LogKind, merged
from dataops.performance.logs.ledger import Ledger, Piece
from dataops.performance.statement_text import fingerprint
from dataops.performance.window import Quality, Section
from dataops.store import ObjectMissing, ObjectStore

_IN_DETAIL = (LogKind.ERROR,)
_NO_STATEMENT = (LogKind.CHECKPOINT, LogKind.VACUUM, LogKind.ANALYZE, LogKind.DEADLOCK, LogKind.CONNECTION)


def section(store: ObjectStore, server: str, dbname: str, since: datetime, until: datetime) -> Section:
    """The ``LOGS`` section of a window on a database: its own entries and those of the whole server.

    Times are exact to ten minutes. Where no visit to the log covers any of the window, it is not measurable.
    """
    known, _ = ledger.load(store, server)
    pieces = [each for each in known.pieces if each.until > since and each.since < until]
    if not pieces:
        return Section(quality=Quality(covered=0.0, missing=_reason(known, server)))
    rows, expired = _rows(store, pieces)
    inside = rows.filter(
        (pl.col("at") > since) & (pl.col("at") - pl.duration(seconds=BUCKET_SECONDS) < until),
        pl.col("database").is_in([dbname, ""]),
    )
    notes = dict.fromkeys(note for piece in pieces for note in piece.notes)
    lost = ["Counts of a part of the window have expired."] if expired else []
    lost += [f"The end of the log was not read: {known.failed}"] if known.failed else []
    counted = [each for each in pieces if each not in expired]
    measured = tuple((each.until, (each.until - each.since).total_seconds()) for each in counted)
    quality = Quality(_covered(counted, since, until), (*notes, *lost), intervals=measured)
    return Section(_totals(inside), _series(inside), quality)


def _reason(known: Ledger, server: str) -> str:
    if known.failed:
        return f"The server's log was not read: {known.failed}"
    return f"The log of {server} was not read in this time."


def _rows(store: ObjectStore, pieces: Sequence[Piece]) -> tuple[pl.DataFrame, list[Piece]]:
    frames = [pl.DataFrame(schema=DIGEST)]
    expired = []
    for piece in pieces:
        if piece.key:
            try:
                frames.append(pl.read_parquet(io.BytesIO(store.get(piece.key))))
            except ObjectMissing:
                expired.append(piece)
    return pl.concat(frames), expired


def _covered(pieces: Sequence[Piece], since: datetime, until: datetime) -> float:
    """The share of the window that lies in pieces; they may touch and overlap."""
    seen, end = timedelta(), since
    for piece in sorted(pieces, key=lambda each: each.since):
        seen += max(min(piece.until, until) - max(piece.since, end), timedelta())
        end = max(end, min(piece.until, until))
    return min(seen / (until - since), 1.0)


def _totals(rows: pl.DataFrame) -> pl.DataFrame:
    ten_minutes = pl.duration(seconds=BUCKET_SECONDS)
    totals = rows.group_by(*KEYS).agg(
        *merged(), first=(pl.col("at") - ten_minutes).min(), last=pl.col("at").max()
    )
    statements = [_fingerprint(*row) for row in totals.select("kind", "text", "detail").iter_rows()]
    named = totals.with_columns(pl.Series("statement", statements, dtype=pl.String))
    largest_first = [True, True, *(False for _ in KEYS)]
    return _shaped(named, TOTALS).sort("total_seconds", "count", *KEYS, descending=largest_first)


def _fingerprint(kind: str, text: str, detail: str) -> str:
    statement = "" if kind in _NO_STATEMENT else detail if kind in _IN_DETAIL else text
    return fingerprint(statement) if statement else ""


def _series(rows: pl.DataFrame) -> pl.DataFrame:
    series = rows.group_by("kind", "at").agg(*merged()).with_columns(seconds=pl.lit(float(BUCKET_SECONDS)))
    return _shaped(series, SERIES).sort("kind", "at")


def _shaped(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
