"""From the store to a window: fetch the samples, compare each with the one before it, section by section."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from dataops.performance.samples.keeping import SERVER, database_scope
from dataops.performance.samples.texts import read_texts
from dataops.performance.window import Section, SectionName, Window
from dataops.performance.windowing import observed, relations
from dataops.performance.windowing.database import database as database_section
from dataops.performance.windowing.database import evictions
from dataops.performance.windowing.kept_samples import fetched
from dataops.performance.windowing.sections import Span, counted
from dataops.performance.windowing.statements import statements
from dataops.performance.windowing.timeline import notes, restarts
from dataops.store import ObjectStore

_WRITER = ("writer", "checkpointer", "io")
_MISMATCH = (pl.col("recorded_version") != pl.col("actual_version")).fill_null(False).alias("mismatch")


def window(
    store: ObjectStore,
    *,
    server: str,
    database: str,
    dbname: str,
    since: datetime,
    until: datetime,
    hourly: bool = False,
) -> Window:
    """What happened on a database (by its name in the inventory) from ``since`` to ``until``.

    ``hourly`` compares one sample an hour, in a fifth of the time: enough for a window that tonight's is
    compared with. What breaks an interval then costs an hour, and what lived for less is not seen.
    A section that cannot be measured says why in its quality; a window without any sample is a window whose
    every section says so.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    texts = read_texts(store, server, database)
    with (
        fetched(store, server, SERVER, since, until, hourly=hourly) as of_server,
        fetched(store, server, database_scope(database), since, until, hourly=hourly) as of_database,
    ):
        whole, own = Span(of_server, since, until), Span(of_database, since, until)
        sections = {
            **_of_server(whole, texts, dbname),
            **_of_database(own, whole, texts, dbname),
        }
        newest = (of_database.headers or of_server.headers)[-1:]
        told = (*notes(of_database.headers), *notes(of_server.headers))
        return Window(
            server=server,
            database=database,
            dbname=dbname,
            since=since,
            until=until,
            server_version=newest[0].version if newest else 0,
            samples=len(of_database.headers),
            sections=sections,
            restarts=restarts(of_database.headers or of_server.headers),
            notes=tuple(dict.fromkeys(told)),
        )


def _of_server(span: Span, texts: pl.DataFrame, dbname: str) -> dict[SectionName, Section]:
    slots = counted(span, SectionName.SLOTS, "slots")
    return {
        SectionName.CHECKPOINTS: counted(span, SectionName.CHECKPOINTS, "checkpoints", _WRITER),
        SectionName.WAL: counted(span, SectionName.WAL, "wal", ("wal", "io")),
        SectionName.ARCHIVER: counted(span, SectionName.ARCHIVER, "archiver", ("archiver",)),
        SectionName.REPLICATION: observed.replication(span),
        SectionName.SLOTS: observed.present_slots(slots, span),
        SectionName.SLRU: counted(span, SectionName.SLRU, "slru", ("slru",)),
        SectionName.SESSIONS: observed.sessions(span, _statement_of(texts), dbname),
        SectionName.SETTINGS: observed.settings(span),
        SectionName.SIZES: counted(span, SectionName.SIZES, "sizes"),
    }


def _of_database(span: Span, server: Span, texts: pl.DataFrame, dbname: str) -> dict[SectionName, Section]:
    sequences = counted(span, SectionName.SEQUENCES, "sequences")
    return {
        SectionName.STATEMENTS: statements(span, texts, evictions(span)),
        SectionName.TABLES: relations.tables(span),
        SectionName.INDEXES: relations.indexes(span),
        SectionName.CONSTRAINTS: observed.latest(span, SectionName.CONSTRAINTS, "constraints"),
        SectionName.SEQUENCES: sequences,
        SectionName.COLLATIONS: observed.latest(span, SectionName.COLLATIONS, "collations", _MISMATCH),
        SectionName.DATABASE: database_section(span, server),
        SectionName.BLOCKING: observed.blocking(span, _statement_of(texts), dbname),
    }


def _statement_of(texts: pl.DataFrame) -> dict[int, str]:
    return dict(texts.select("queryid", "statement").iter_rows())
