"""csvlog: a CSV record an entry (documentation, "Using CSV-Format Log Output"), of 26 columns since 14."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

import polars as pl

from dataops.performance.logs.entries import Parsed, entries_of

_COLUMNS = {
    0: "stamp",
    2: "database",
    3: "pid",
    11: "severity",
    12: "code",
    13: "message",
    14: "detail",
    18: "context",
    19: "statement",
    25: "queryid",
}
WIDTH = 26
_START = re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^,\n\"]+,", re.MULTILINE)
_STAMP = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+$"

_HOPELESS = 64 << 20
"""Bytes in which every line break seems to be inside quotes: then a quote before them was never closed."""


class CsvLog:
    """A line break ends an entry if the quotes before it are even in number: quotes inside are doubled."""

    def begin(self, text: bytes) -> int:
        """At the first line that begins with a time."""
        first = _START.search(text, 1)
        return first.start() if first else len(text)

    def cut(self, text: bytes) -> int:
        """Up to the last line break outside of quotes; where a torn entry hides them, to the last time."""
        end = text.rfind(b"\n") + 1
        even = text.count(b'"', 0, end) % 2 == 0
        while end and not even:
            before = text.rfind(b"\n", 0, end - 1) + 1
            even = even == (text.count(b'"', before, end) % 2 == 0)
            end = before
        return end if end or len(text) < _HOPELESS else _last_start(text)

    def parse(self, text: bytes) -> Parsed:
        """The entries; where one is torn, as by a crash, each is read by itself from its time on."""
        frame = _read(text)
        if frame is not None:
            return Parsed(entries_of(frame))
        whole = list(_whole(text))
        damaged = sum(record is None for record in whole)
        return Parsed(_frame(record for record in whole if record), damaged)


def _read(text: bytes) -> pl.DataFrame | None:
    """All records at once; None where one of them is torn."""
    try:
        frame = _columns(text)
    except pl.exceptions.PolarsError:
        try:
            frame = _columns(text.decode(errors="replace").encode())
        except pl.exceptions.PolarsError:
            return None
    sound = pl.col("stamp").str.contains(_STAMP) & pl.col("severity").is_not_null()
    return frame if frame.select(sound.fill_null(value=False).all()).item() else None


def _columns(text: bytes) -> pl.DataFrame:
    numbered = {f"column_{at}": name for at, name in _COLUMNS.items()}
    schema = {f"column_{at}": pl.String for at in range(WIDTH)}
    read = pl.read_csv(text, has_header=False, schema=schema, columns=list(numbered))
    return read.rename(numbered)


def _frame(records: Iterable[list[str]]) -> pl.DataFrame:
    rows = [[record[at] or None for at in _COLUMNS] for record in records]
    columns = dict.fromkeys(_COLUMNS.values(), pl.String)
    return entries_of(pl.DataFrame(rows, schema=columns, orient="row"))


def _last_start(text: bytes) -> int:
    tail = max(len(text) - (1 << 20), 1)
    return max((match.start() for match in _START.finditer(text, tail)), default=len(text))


def _whole(text: bytes) -> Iterator[list[str] | None]:
    """Records whose quotes are even, alone or with the next piece; None for what is left over."""
    starts = [match.start() for match in _START.finditer(text)]
    pieces = [
        text[a:b].decode(errors="replace") for a, b in zip(starts, [*starts[1:], len(text)], strict=False)
    ]
    if not starts:
        yield None
    unclosed = ""
    for piece in pieces:
        odd = piece.count('"') % 2
        joined = _record(unclosed + piece) if unclosed and odd else None
        if unclosed:
            yield joined  # None: nothing closes it, so it is torn
            unclosed = ""
        if odd and joined is None:
            unclosed = piece
        elif not odd:
            yield _record(piece)
    if unclosed:
        yield None


def _record(text: str) -> list[str] | None:
    try:
        records = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return None
    fits = len(records) == 1 and len(records[0]) == WIDTH
    return records[0] if fits else None
