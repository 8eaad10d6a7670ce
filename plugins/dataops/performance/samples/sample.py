"""One sample: what a server said of itself, or of one of its databases, at one moment; and its Parquet form.

A sample is one Parquet file of one row. Its first columns say when, by whom and of which server it was taken;
then comes a column for each question, a list of structs: the rows. So a sample is written at once or not at
all, and a reader decodes only the questions that it wants. In DuckDB:

    SELECT unnest(tables, recursive := true) FROM 'samples/…/databases/flights/2026/11/28/*.parquet'
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from dataops.performance.columns import COUNT, FLAG, MOMENT, NUMBER, TEXT

FORMAT = 1
"""Raised when a reader of before would read it wrongly."""


@dataclass(frozen=True)
class Header:
    """Of which server, when, and with what success a sample was taken.

    ``taken`` is the sampling host's clock, ``at`` the server's; both UTC. ``every`` is how often samples are
    meant to be taken, in seconds. ``resets`` are the moments since when each family of statistics counts.
    ``missing`` says per question in a sentence why it has no rows, ``costs`` how many seconds it took.
    ``uptime`` is how long the sampling host was up then, in seconds, and ``boot`` names its boot; empty where
    that is not known.
    """

    server: str
    scope: str
    taken: datetime
    at: datetime
    every: float
    whole: bool
    version: int
    system_identifier: str
    timeline: int
    in_recovery: bool
    started: datetime
    address: str
    resets: Mapping[str, datetime | None] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    boot: str = ""
    uptime: float = 0.0

    @property
    def seconds(self) -> float:
        """What the sample cost: the time that its questions took, as seen from here."""
        return sum(self.costs.values())


@dataclass(frozen=True)
class Sample:
    """A header and the rows that each question answered."""

    header: Header
    rows: Mapping[str, pl.DataFrame]


_HEADER: Mapping[str, pl.DataType] = {
    "format": COUNT,
    "server": TEXT,
    "scope": TEXT,
    "taken": MOMENT,
    "at": MOMENT,
    "every": NUMBER,
    "whole": FLAG,
    "version": COUNT,
    "system_identifier": TEXT,
    "timeline": COUNT,
    "in_recovery": FLAG,
    "started": MOMENT,
    "address": TEXT,
    "resets": TEXT,
    "missing": TEXT,
    "costs": TEXT,
    "boot": TEXT,
    "uptime": NUMBER,
}
"""The mappings stand as JSON. Samples of before ``boot`` and ``uptime`` were kept are read without them."""


def to_parquet(sample: Sample) -> bytes:
    """The sample as one file, compressed by zstd."""
    header = sample.header
    values: dict[str, Any] = {name: getattr(header, name) for name in _HEADER if name != "format"}
    values |= {
        "format": FORMAT,
        "resets": json.dumps({name: at and at.isoformat() for name, at in header.resets.items()}),
        "missing": json.dumps(dict(header.missing)),
        "costs": json.dumps({name: round(seconds, 6) for name, seconds in header.costs.items()}),
    }
    frame = pl.DataFrame({name: [values[name]] for name in _HEADER}, schema=dict(_HEADER))
    for name, rows in sample.rows.items():
        frame = frame.with_columns(rows.to_struct(name).implode().alias(name))
    written = io.BytesIO()
    frame.write_parquet(written, compression="zstd")
    return written.getvalue()


def read_header(source: Path | bytes) -> Header:
    """The header of a sample's file."""
    there = pl.read_parquet_schema(source if isinstance(source, Path) else io.BytesIO(source))
    row = pl.read_parquet(source, columns=[name for name in _HEADER if name in there]).row(0, named=True)
    row.pop("format")
    resets = json.loads(row.pop("resets"))
    return Header(**{
        **row,
        "resets": {name: at and datetime.fromisoformat(at) for name, at in resets.items()},
        "missing": json.loads(row["missing"]),
        "costs": json.loads(row["costs"]),
    })


def read_rows(source: Path | bytes, question: str) -> pl.DataFrame | None:
    """The rows that a question answered in this sample; None where it was not asked or not answered."""
    try:
        rows = pl.read_parquet(source, columns=[question]).to_series().item()
    except pl.exceptions.ColumnNotFoundError:
        return None
    return None if rows is None else rows.struct.unnest()
