"""The counters of pg_stat_statements, wherever the extension is installed, and the texts of what is new."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.performance.samples.asking import Asking, session
from dataops.performance.samples.questions import EVICTIONS, STATEMENTS, TEXTS
from dataops.performance.samples.texts import LENGTH
from dataops.postgres import explained

Ask = Callable[[list[int]], pl.DataFrame | None]
Learn = Callable[[pl.DataFrame, Ask], object]
"""Keeps the texts of statements that are new, given the rows and a way to ask for texts by queryid."""

_MAJORS = {"1.9": 14, "1.10": 15, "1.11": 17, "1.12": 18}
"""The version of the extension, which may lag behind its server, and the major whose columns it has."""
_OLDEST = (1, 9)
_NOWHERE = (
    "pg_stat_statements is neither installed in this database nor in the maintenance database: load it by "
    "shared_preload_libraries, then CREATE EXTENSION pg_stat_statements."
)


@dataclass(frozen=True)
class Extension:
    """Where pg_stat_statements is, its version, and the major whose columns it has."""

    schema: str
    version: tuple[int, ...]
    major: int


def ask_statements(
    asking: Asking, dbname: str, maintenance: Connection, learn: Learn
) -> dict[str, datetime | None]:
    """Asks for the statements of a database and keeps the answers in ``asking``; since when they count.

    The extension sees all databases: it is looked for in this one, then in the maintenance database. Where
    there is none, or none can be reached, ``asking.missing`` says so.
    """
    try:
        here = _extension(asking)
        with nullcontext(asking) if here else session(maintenance, None) as where:
            found = here or _extension(where)
            if found is None:
                asking.missing[STATEMENTS.name] = _NOWHERE
                return {}
            if found.version < _OLDEST:
                version = ".".join(map(str, found.version))
                asking.missing[STATEMENTS.name] = (
                    f"pg_stat_statements is of version {version}, from before an upgrade of the server: run "
                    "ALTER EXTENSION pg_stat_statements UPDATE."
                )
                return {}
            where.blind = asking.blind
            return _ask(where, asking, dbname, found, learn)
    except DataOpsError as error:
        if STATEMENTS.name in asking.rows:
            raise  # the store took no texts
        asking.missing[STATEMENTS.name] = str(error)
        return {}


def _ask(
    where: Asking, asking: Asking, dbname: str, found: Extension, learn: Learn
) -> dict[str, datetime | None]:
    from psycopg2.sql import SQL, Identifier

    where.major = min(where.major, found.major)
    schema = Identifier(found.schema)
    since = where.ask(EVICTIONS, schema=schema)
    rows = where.ask(
        STATEMENTS,
        schema=schema,
        dbname=dbname,
        planning=SQL("current_setting('pg_stat_statements.track_planning')::boolean"),
        timed=SQL("current_setting('track_io_timing')::boolean"),
    )
    if where is not asking:
        asking.take_over(where)
    if rows is not None:
        learn(
            rows.select("queryid", "exec_seconds"),
            lambda ids: where.ask(TEXTS, schema=schema, dbname=dbname, queryids=ids, length=LENGTH),
        )
        asking.rows.pop(TEXTS.name, None)
    return {} if since is None else {"statements": since["statements_reset"].item()}


def _extension(asking: Asking) -> Extension | None:
    with explained(asking.where), asking.conn.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, e.extversion FROM pg_extension e "
            "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'"
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        return None
    schema, version = str(row[0]), str(row[1])
    return Extension(schema, tuple(map(int, version.split("."))), _MAJORS.get(version, asking.major))
