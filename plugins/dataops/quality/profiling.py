"""A suite to start from: what holds for the rows that are there, wide enough to hold tomorrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.postgres import QueryTimeout, connect, explained, sql
from dataops.quality.column_profile import FEW, Column, ColumnFigures, of_column, of_table
from dataops.quality.suite import Expectation, Suite, TableSuite, table_name

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

Say = Callable[[str], None]
LARGEST = 1 << 30
"""Bytes up to which a table is read; of a larger one only its estimated number of rows is told."""

_EXTREMES = {
    "whole": ("min({0})", "max({0})"),
    "number": ("min({0})", "max({0})"),
    # As text: PostgreSQL's calendar reaches further than Python's.
    "time": (
        "CASE WHEN isfinite(min({0})) AND min({0}) >= '0001-01-01' THEN to_char(min({0}), 'YYYY-MM-DD') END",
        "NULL",
    ),
}


class NothingToProfile(DataOpsError):
    """The database has no table with rows."""


@dataclass(frozen=True)
class _Table:
    schema: str
    table: str
    bytes: int
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return table_name(self.schema, self.table)


def profile(
    connection: Connection,
    dbname: str,
    *,
    database: str | None = None,
    timeout: float = 60.0,
    say: Say = lambda line: None,
) -> Suite:
    """A suite of the database as it is now, the same for the same rows; ``database`` is its inventory name.

    Reads tables of up to 1 GiB, two scans of each and one of each column, each for at most ``timeout``
    seconds; of others it tells the number of rows by the planner's estimate. Partitions count as their
    parent; unlogged, foreign and extensions' tables are left out. Changes nothing.
    """
    name = database or dbname
    suites = []
    with closing(
        connect(
            connection,
            dbname=dbname,
            application_name="dataops profile",
            statement_timeout=timeout,
            lock_timeout=10,
        )
    ) as session:
        session.set_session(readonly=True, autocommit=True)
        with session.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
        for table in _tables(session):
            found = tuple(_expectations(session, name, table, say))
            if found:
                suites.append(TableSuite(name=table.name, expectations=found))
    if not suites:
        raise NothingToProfile(f"Database {dbname} has no table with rows: there is nothing to expect.")
    suite = Suite(database=name, suites=tuple(suites))
    say(f"{suite.size} expectations of {len(suites)} tables.")
    return suite


def _tables(session: Session) -> list[_Table]:
    with explained("listing the tables"), session.cursor() as cursor:
        cursor.execute(sql(__package__, "tables"), {})
        return [
            _Table(schema, table, size, tuple(Column(**column) for column in columns))
            for schema, table, size, columns in cursor.fetchall()
        ]


def _expectations(session: Session, database: str, table: _Table, say: Say) -> Iterable[Expectation]:
    if table.bytes > LARGEST:
        say(f"{table.name}: {table.bytes >> 20} MiB, so only its number of rows")
        yield from of_table(database, table.name, _estimated_rows(session, table))
        return
    try:
        figures = _figures(session, table)
    except QueryTimeout:
        say(f"{table.name}: reading it took too long, so only its number of rows")
        yield from of_table(database, table.name, _estimated_rows(session, table))
        return
    yield from of_table(database, table.name, figures[0])
    for column, found in zip(table.columns, figures[1], strict=True):
        yield from of_column(database, table.name, column, found)


def _figures(session: Session, table: _Table) -> tuple[int, list[ColumnFigures]]:
    """Rows, and the figures of each column."""
    from psycopg2.sql import SQL, Identifier

    where = Identifier(table.schema, table.table)
    wanted: list[Any] = [SQL("count(*)")]
    for column in table.columns:
        name = Identifier(column.name)
        wanted.append(SQL("count({})").format(name))
        wanted += [SQL(text).format(name) for text in _EXTREMES.get(column.kind, ("NULL", "NULL"))]
    query = SQL("SELECT {} FROM {}").format(SQL(", ").join(wanted), where)
    rows, *rest = _rows(session, table, query)[0]
    figures = []
    for place, column in enumerate(table.columns):
        filled, smallest, largest = rest[3 * place : 3 * place + 3]
        distinct, values = _distinct(session, table, column)
        figures.append(ColumnFigures(rows, filled, smallest, largest, distinct, values))
    return rows, figures


def _distinct(session: Session, table: _Table, column: Column) -> tuple[int, tuple[Any, ...] | None]:
    """How many distinct values a column has that may be a set or a key, and the values where they are few."""
    from psycopg2.sql import SQL, Identifier, Literal

    if column.kind not in {"word", "whole", "key"} or (column.counting and column.alone):
        return 0, None
    name = Identifier(column.name)
    value = name if column.kind == "whole" else SQL('CAST({} AS text) COLLATE "C"').format(name)
    query = SQL(
        "SELECT count(*), (array_agg(value ORDER BY value))[1:{}] FROM"
        " (SELECT DISTINCT {} AS value FROM {} WHERE {} IS NOT NULL) AS found"
    ).format(Literal(FEW + 1), value, Identifier(table.schema, table.table), name)
    count, values = _rows(session, table, query)[0]
    return count, tuple(values or ()) if count <= FEW else None


def _estimated_rows(session: Session, table: _Table) -> int | None:
    """By the planner, which knows it of tables that were analysed; None where it does not."""
    from psycopg2.sql import SQL, Identifier

    query = SQL("EXPLAIN (FORMAT JSON) SELECT FROM {}").format(Identifier(table.schema, table.table))
    rows = _rows(session, table, query)[0][0][0]["Plan"]["Plan Rows"]
    return int(rows) or None


def _rows(session: Session, table: _Table, query: Any) -> Sequence[tuple[Any, ...]]:
    with explained(f"profiling {table.name}"), session.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
