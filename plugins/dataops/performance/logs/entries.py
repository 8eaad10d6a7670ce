"""One entry of a log, whatever the format it was written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

ENTRY: Mapping[str, type[pl.DataType]] = {
    "stamp": pl.String,
    "database": pl.String,
    "pid": pl.String,
    "severity": pl.String,
    "code": pl.String,
    "message": pl.String,
    "detail": pl.String,
    "context": pl.String,
    "statement": pl.String,
    "queryid": pl.Int64,
}
"""Columns of entries. ``stamp`` as it was written, with its zone; null where an entry has none."""


@dataclass(frozen=True)
class Parsed:
    """Entries in the order of the log, and how many pieces of it were not understood."""

    entries: pl.DataFrame
    damaged: int = 0


class Format(Protocol):
    """How one kind of log is written."""

    def begin(self, text: bytes) -> int:
        """Where the first entry begins in a text that was taken from the middle of a log."""
        ...

    def cut(self, text: bytes) -> int:
        """How many bytes from the start are whole entries; 0 where there is none yet."""
        ...

    def parse(self, text: bytes) -> Parsed:
        """The entries of a text that starts and ends at entries' edges."""
        ...


def entries_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the columns of ``ENTRY``; those that it lacks are null."""
    return frame.select(
        pl.col(name).cast(kind, strict=False) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in ENTRY.items()
    )
