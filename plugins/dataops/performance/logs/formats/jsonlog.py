"""jsonlog, since PostgreSQL 15: one JSON object a line (documentation, "Using JSON-Format Log Output")."""

from __future__ import annotations

import json

import polars as pl

from dataops.performance.logs.entries import Parsed, entries_of

_KEYS = {
    "timestamp": "stamp",
    "dbname": "database",
    "pid": "pid",
    "error_severity": "severity",
    "state_code": "code",
    "message": "message",
    "detail": "detail",
    "context": "context",
    "statement": "statement",
    "query_id": "queryid",
}
_SCHEMA = {key: pl.Int64 if key in {"pid", "query_id"} else pl.String for key in _KEYS}


class JsonLog:
    """Line breaks inside of values are escaped, so every line break ends an entry."""

    def begin(self, text: bytes) -> int:
        """Behind the first line break."""
        return text.find(b"\n") + 1

    def cut(self, text: bytes) -> int:
        """Up to the last line break."""
        return text.rfind(b"\n") + 1

    def parse(self, text: bytes) -> Parsed:
        """The entries; lines that are no JSON object with a time are counted as damaged."""
        try:
            frame = pl.read_ndjson(text, schema=_SCHEMA)
            damaged = 0
        except pl.exceptions.PolarsError:
            whole = [line for line in text.decode(errors="replace").split("\n") if _is_entry(line)]
            damaged = sum(1 for line in text.split(b"\n") if line.strip()) - len(whole)
            frame = pl.read_ndjson("\n".join(whole).encode(), schema=_SCHEMA)
        return Parsed(entries_of(frame.rename(_KEYS)), damaged)


def _is_entry(line: str) -> bool:
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("timestamp"), str)
