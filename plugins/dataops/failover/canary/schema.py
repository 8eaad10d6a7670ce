"""The canary's own schema on the database: made before a round, read for the accounting, dropped after."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops.postgres import explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

SCHEMA = "dataops_canary"
_TABLES = f"{SCHEMA}.writes, {SCHEMA}.nonces"


@dataclass(frozen=True)
class Row:
    """A write that is there."""

    session: int
    n: int
    id: int


@dataclass(frozen=True)
class Surviving:
    """The rows that were there. All that was committed before ``read_at`` (CLOCK_MONOTONIC) is among them."""

    read_at: float
    rows: tuple[Row, ...]

    def to_csv(self) -> str:
        """Both, so that whoever has the ledger too can account once more: see ``recounting``."""
        lines = [f"{row.session},{row.n},{row.id}" for row in self.rows]
        return "\n".join([f"# read at {self.read_at!r}", "session,n,id", *lines, ""])

    @classmethod
    def from_csv(cls, text: str) -> Surviving:
        """What ``to_csv`` wrote; ``ValueError`` where it did not."""
        first, heading, *lines = text.splitlines()
        if not first.startswith("# read at ") or heading != "session,n,id":
            raise ValueError("this is no list of the canary's surviving rows")
        rows = (Row(*(int(value) for value in line.split(","))) for line in lines)
        return cls(float(first.removeprefix("# read at ")), tuple(rows))


def prepare(conn: PsycopgConnection, *, fresh: bool = True) -> None:
    """Make the tables, and the schema where its role file was not run.

    ``fresh``: leftovers go. A second canary of the same round does without, so that the rows of the first
    can still be counted after it, and the sequence goes on. Raises ``RightsMissing`` where the role neither
    owns the schema nor may make it.
    """
    with explained("preparing the canary's schema"), conn, conn.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT to_regnamespace(%s) IS NULL", (SCHEMA,))
        row = cursor.fetchone()
        if row is not None and row[0]:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        if fresh:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLES}")
        cursor.execute(sql(__package__, "tables"))


def surviving(conn: PsycopgConnection, run: str) -> Surviving:
    """The run's writes that this server has, in a snapshot of their own.

    None where it lacks the table: ``prepare`` made it, so that it was lost with all that was in it.
    """
    with explained("reading the canary's writes"), conn, conn.cursor() as cursor:
        conn.rollback()  # an open transaction might look at an older snapshot
        read_at = time.monotonic()
        cursor.execute("SELECT to_regclass(%s) IS NULL", (f"{SCHEMA}.writes",))
        row = cursor.fetchone()
        if row is not None and row[0]:
            return Surviving(read_at, ())
        cursor.execute(sql(__package__, "surviving"), (run,))
        return Surviving(read_at, tuple(Row(*row) for row in cursor))


def clear(conn: PsycopgConnection) -> None:
    """Drop the canary's tables; its schema stays where the role file made it. May be done twice.

    Does not wait for a synchronous standby, which may be what the test broke.
    """
    with explained("dropping the canary's tables"), conn, conn.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL synchronous_commit = local")
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLES}")
        cursor.execute(
            "SELECT pg_get_userbyid(nspowner) = %s FROM pg_namespace WHERE nspname = %s", (SCHEMA, SCHEMA)
        )
        row = cursor.fetchone()
        if row is not None and not row[0]:  # prepare made it
            cursor.execute(f"DROP SCHEMA {SCHEMA}")


def cleared(conn: PsycopgConnection) -> bool:
    """Whether nothing of the canary's is left that was made for a round."""
    with explained("looking for the canary's tables"), conn, conn.cursor() as cursor:
        cursor.execute("SELECT count(*) = 0 FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
        row = cursor.fetchone()
        return bool(row and row[0])


def published_for_all(conn: PsycopgConnection) -> tuple[str, ...]:
    """Publications FOR ALL TABLES. Their subscribers stop at the first write to a table that they lack."""
    with explained("reading the publications"), conn, conn.cursor() as cursor:
        cursor.execute(sql(__package__, "published_for_all"))
        return tuple(row[0] for row in cursor)
