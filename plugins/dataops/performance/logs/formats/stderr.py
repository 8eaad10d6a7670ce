"""The plain text that ``log_destination = stderr`` writes, by its ``log_line_prefix``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from dataops.performance.logs.entries import Parsed, entries_of
from dataops.performance.logs.formats.line_prefix import expression

_ADDITIONS = {"DETAIL": "detail", "CONTEXT": "context", "STATEMENT": "statement"}
_UNREAD = ("HINT", "QUERY", "LOCATION", "BACKTRACE")
_SEVERITIES = ("LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC", "DEBUG[1-5]?")
_ADDITION_LINE = re.compile(rb"[^\n]*?\b(?:DETAIL|CONTEXT|STATEMENT|HINT|QUERY|LOCATION|BACKTRACE):  ")
_BREAK = "\x1e"
"""Stands for a line break inside an entry while lines are split; PostgreSQL indents what follows by a tab."""


@dataclass(frozen=True)
class StderrLog:
    """Entries of one or more lines: the message, then what belongs to it, each with the prefix."""

    prefix: str

    def begin(self, text: bytes) -> int:
        """At the first line that continues nothing."""
        first = re.search(rb"\n(?!\t)", text)
        return first.end() if first else len(text)

    def cut(self, text: bytes) -> int:
        """Up to the last line break before a line that begins an entry of its own."""
        end = text.rfind(b"\n") + 1
        while end:
            end = text.rfind(b"\n", 0, end - 1) + 1
            if end and text[end : end + 1] != b"\t" and not _ADDITION_LINE.match(text, end):
                return end
        return 0

    def parse(self, text: bytes) -> Parsed:
        """The entries; lines without the prefix, as other programs write them, are counted as damaged."""
        joined = text.decode(errors="replace").replace("\n\t", _BREAK)
        lines = pl.Series("line", joined.split("\n"), dtype=pl.String)
        fields = (
            lines.to_frame().filter(pl.col("line").str.len_bytes() > 0).select(self._fields()).unnest("line")
        )
        known = fields.filter(pl.col("severity").is_not_null())
        if known.is_empty():
            return Parsed(entries_of(known), len(fields))
        return Parsed(entries_of(_joined(known)), len(fields) - len(known))

    @cached_property
    def _pattern(self) -> str:
        words = "|".join((*_SEVERITIES, *_ADDITIONS, *_UNREAD))
        said = rf"(?P<severity>{words}):  (?:(?P<state>[0-9A-Z]{{5}}): )?(?P<message>.*)$"
        return f"(?s){expression(self.prefix)}{said}"

    def _fields(self) -> pl.Expr:
        return pl.col("line").str.extract_groups(self._pattern)


def _joined(lines: pl.DataFrame) -> pl.DataFrame:
    """Each entry as one row; what belongs to it stands on the lines right behind."""
    addition = pl.col("severity").is_in([*_ADDITIONS, *_UNREAD])
    numbered = _uniform(lines).with_columns(entry=(~addition).cum_sum(), addition=addition)
    joined = numbered.filter(~pl.col("addition"))
    for word, column in _ADDITIONS.items():
        said = numbered.filter(pl.col("severity") == word).select("entry", pl.col("message").alias(column))
        joined = joined.join(said.unique("entry", keep="first"), on="entry", how="left")
    return joined.sort("entry")


def _uniform(lines: pl.DataFrame) -> pl.DataFrame:
    """With stamps in words also where the prefix counts seconds, and the state wherever it is written."""
    columns = [pl.col("message").str.replace_all(_BREAK, "\n", literal=True)]
    if "epoch" in lines.columns and "stamp" not in lines.columns:
        moment = pl.from_epoch((pl.col("epoch").cast(pl.Float64) * 1000).cast(pl.Int64), time_unit="ms")
        columns.append(moment.dt.strftime("%Y-%m-%d %H:%M:%S UTC").alias("stamp"))
    code = [pl.col(name) for name in ("code", "state") if name in lines.columns]
    return lines.with_columns(*columns, code=pl.coalesce(code))
