"""Count and hash tables in one exported snapshot, by several sessions at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from dataops.backup.manifest.details import LargeObjects
from dataops.backup.manifest.errors import ContentUnreadable, LockWaitExceeded
from dataops.backup.manifest.session import reading, session
from dataops.backup.manifest.tables import Table
from dataops.connections import Connection
from dataops.postgres import explain, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection
    from psycopg2.extensions import cursor as Cursor

_READING = {
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "lock_timeout": "2s",
}
"""The snapshot's own session holds every table's lock already: whoever else waits long for one waits behind
a migration that waits for the backup, and would wait forever."""


_LOOK = 0.2
"""Seconds between two looks at whether to stop."""


class Content(NamedTuple):
    """What was found in one table."""

    rows: int
    hash: str
    at: datetime


class Reading(NamedTuple):
    """Where to read: a database's exported snapshot, by at most ``jobs`` processes of the server."""

    connection: Connection
    dbname: str
    snapshot: str
    jobs: int
    stop: Event | None = None
    """Set by a caller who no longer wants the answer: the sessions' queries are cancelled then."""


def read_content(
    where: Reading, tables: Sequence[Table], statements: Mapping[str, str], budget: timedelta | None = None
) -> dict[str, Content]:
    """Rows and hash of the tables, in their order, as many as fit into the budget.

    A table that holds more than its share is read first, by one session with parallel workers; the
    others by ``jobs`` sessions. No table may take more than half of a budget, so that one that never
    fits does not keep the others from their turn. Raises ``ContentUnreadable`` naming the table.
    """
    share = sum(table.bytes for table in tables) / max(where.jobs, 1)
    large = [table for table in tables if where.jobs > 1 and table.bytes > share]
    small = [table for table in tables if table not in large]
    work = _Work(where, statements, budget)
    work.run(large, sessions=1, workers=where.jobs - 1)
    work.run(small, sessions=where.jobs, workers=0)
    return work.found


def read_large_objects(cursor: Cursor) -> LargeObjects:
    """All large objects that the cursor's transaction sees."""
    cursor.execute(sql(__package__, "large_objects"))
    row = cursor.fetchone()
    assert row is not None
    return LargeObjects(count=row[0], bytes=row[1], hash=row[2])


class _Work:
    """Tables to be read, taken one after another by whichever session is free."""

    def __init__(self, where: Reading, statements: Mapping[str, str], budget: timedelta | None) -> None:
        self.where, self.statements = where, statements
        self.seconds = budget.total_seconds() if budget is not None else None
        self.until = monotonic() + self.seconds if self.seconds is not None else None
        self.found: dict[str, Content] = {}
        self._lock = Lock()

    def run(self, tables: Sequence[Table], *, sessions: int, workers: int) -> None:
        """Read all tables; the first failure ends every session."""
        waiting = iter(tables)
        sessions = min(sessions, len(tables))
        if not sessions:
            return
        with ExitStack() as open_sessions, ThreadPoolExecutor(sessions) as threads:
            connections = [
                open_sessions.enter_context(session(self.where.connection, self.where.dbname, "content"))
                for _ in range(sessions)
            ]
            try:
                self._await({threads.submit(self._read, conn, waiting, workers) for conn in connections})
            except BaseException:
                self.until = 0.0
                for conn in connections:
                    conn.cancel()
                raise

    def _await(self, pending: set[Future[None]]) -> None:
        """All is read; raises the first failure, or ``ContentUnreadable`` when the caller says stop."""
        while pending:
            done, pending = wait(pending, timeout=_LOOK, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            if self.where.stop is not None and self.where.stop.is_set():
                raise ContentUnreadable("Reading the rows was stopped, since the backup ended.")

    def _read(self, conn: PsycopgConnection, waiting: Iterator[Table], workers: int) -> None:
        with reading(conn, self.where.snapshot) as cursor:
            settings = {"max_parallel_workers_per_gather": str(workers)} | _READING
            for name, value in settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
            while (table := self._next(waiting)) is not None:
                self._read_table(cursor, table)

    def _next(self, waiting: Iterator[Table]) -> Table | None:
        with self._lock:
            return None if self.until is not None and monotonic() >= self.until else next(waiting, None)

    def _read_table(self, cursor: Cursor, table: Table) -> None:
        import psycopg2

        cursor.execute("SAVEPOINT one_table")
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", (self._patience(),))
        try:
            cursor.execute(self.statements[table.identity])
        except psycopg2.errors.QueryCanceled as error:
            if self.until is None:
                raise _unreadable(table, error) from error
            cursor.execute("ROLLBACK TO SAVEPOINT one_table; RELEASE SAVEPOINT one_table")
            return
        except psycopg2.errors.LockNotAvailable as error:
            raise LockWaitExceeded(
                f"A migration of table {table.identity} waits behind the backup, so the rows cannot be read "
                "without keeping it waiting: run again when it is done."
            ) from error
        except psycopg2.Error as error:
            raise _unreadable(table, error) from error
        row = cursor.fetchone()
        assert row is not None
        self.found[table.identity] = Content(row[0], row[1], datetime.now(UTC))
        cursor.execute(
            "ROLLBACK TO SAVEPOINT one_table; RELEASE SAVEPOINT one_table"
        )  # frees the table's lock

    def _patience(self) -> str:
        if self.until is None or self.seconds is None:
            return "0"
        left = min(self.until - monotonic(), self.seconds / 2)
        return f"{max(1, round(left * 1000))}ms"


def _unreadable(table: Table, error: Exception) -> ContentUnreadable:
    import psycopg2

    reason = explain(error) if isinstance(error, psycopg2.Error) else error
    return ContentUnreadable(f"Table {table.identity} could not be read to its end. {reason}")
