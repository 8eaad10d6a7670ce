"""What is asked of a server: one question per kind of rows, its SQL in ``sql/<name>.sql``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from dataops.performance.columns import COLUMNS, COUNT, FLAG, MOMENT, NUMBER, TEXT
from dataops.performance.samples.versions import for_major
from dataops.performance.window import SectionName
from dataops.postgres import sql


@dataclass(frozen=True)
class Question:
    """One SELECT; ``section`` is what its rows are for. ``whole``: asked once an hour, for it costs more.

    ``of_others``: without pg_read_all_stats it would show our own sessions alone, as if there were no others.
    ``few``: so few rows that they need no COPY, whose literals would make a new statement each time.
    ``extra`` are the columns that a window needs and does not show: what tells objects and entries apart.
    """

    name: str
    section: SectionName
    whole: bool = False
    of_others: bool = False
    few: bool = False
    extra: Mapping[str, pl.DataType] | None = None

    def text(self, major: int) -> str:
        """The SELECT for a server of this major version, with its ``{parameters}``."""
        return for_major(sql(__package__, self.name), major)

    @property
    def types(self) -> Mapping[str, pl.DataType]:
        """The polars types of all columns that the question may answer."""
        return _types(self.section) | dict(self.extra or {})


@cache
def _types(section: SectionName) -> dict[str, pl.DataType]:
    columns = COLUMNS[section]
    return {column.name: column.type for column in (*columns.series, *columns.totals)}


SERVER: tuple[Question, ...] = (
    Question("checkpoints", SectionName.CHECKPOINTS),
    Question("wal", SectionName.WAL),
    Question("archiver", SectionName.ARCHIVER),
    Question("replication", SectionName.REPLICATION, of_others=True),
    Question("slots", SectionName.SLOTS),
    Question("slru", SectionName.SLRU),
    Question("connections", SectionName.SESSIONS, of_others=True),
    Question("transactions", SectionName.SESSIONS, of_others=True, extra={"queryid": COUNT}),
    Question("settings", SectionName.SETTINGS),
    Question("sizes", SectionName.SIZES, whole=True),
)
"""Asked once a server, in its maintenance database."""

BLOCKING = Question(
    "blocking",
    SectionName.BLOCKING,
    of_others=True,
    extra={
        "blocked_queryid": COUNT,
        "blocking_queryid": COUNT,
        "relation_oid": COUNT,
    },
)
EVICTIONS = Question("evictions", SectionName.DATABASE, extra={"statements_reset": MOMENT})
STATEMENTS = Question(
    "statements",
    SectionName.STATEMENTS,
    of_others=True,
    extra={
        "queryid": COUNT,
        "userid": COUNT,
        "user": TEXT,
        "entry_since": MOMENT,
        "lifetime_mean_seconds": NUMBER,
        "lifetime_stddev_seconds": NUMBER,
    },
)
TEXTS = Question("texts", SectionName.STATEMENTS, few=True, extra={"queryid": COUNT})
STANDBY_SCANS = Question("standby_scans", SectionName.INDEXES)

DATABASE: tuple[Question, ...] = (
    Question("database", SectionName.DATABASE),
    Question("tables", SectionName.TABLES, extra={"filenode": COUNT}),
    Question("indexes", SectionName.INDEXES, extra={"filenode": COUNT, "planner_pages": COUNT}),
    BLOCKING,
    Question("table_sizes", SectionName.TABLES, whole=True, extra={"measured": FLAG}),
    Question("index_details", SectionName.INDEXES, whole=True),
    Question("constraints", SectionName.CONSTRAINTS, whole=True),
    Question("sequences", SectionName.SEQUENCES, whole=True),
    Question("collations", SectionName.COLLATIONS, whole=True),
)
"""Asked once a database, in that database."""

_WIDTHS = {
    "length": COUNT,
    "alignment": TEXT,
    "width": NUMBER,
    "nulls": NUMBER,
    "entries": NUMBER,
    "fillfactor": COUNT,
}
TABLE_WIDTHS = Question("table_widths", SectionName.TABLES, whole=True, extra=_WIDTHS)
INDEX_WIDTHS = Question("index_widths", SectionName.INDEXES, whole=True, extra=_WIDTHS)
"""Turned into estimates of packed sizes, and not kept."""
