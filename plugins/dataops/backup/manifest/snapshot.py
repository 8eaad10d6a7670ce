"""One moment of a database, held open: every dumped table is locked before the snapshot is taken."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dataops.backup.manifest.definitions import Definitions, read_definitions
from dataops.backup.manifest.details import SequenceState
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded
from dataops.backup.manifest.sequences import read_sequences
from dataops.backup.manifest.session import session
from dataops.backup.manifest.tables import Table, dumped_tables
from dataops.connections import Connection
from dataops.postgres import explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

    from dataops.store import Keys

_ATTEMPTS = 3
"""How often a table may appear or vanish between listing and locking before that counts as DDL."""

_LOCKED_AT_ONCE = 200


class Snapshot:
    """A context manager: a transaction that locks every dumped table (ACCESS SHARE) and exports its snapshot.

    In this order: tables are locked, definitions and sequences are read, the snapshot is taken. So
    no TRUNCATE and no DDL of a table can come between it and the dump, and what can change all the
    same (a function, a grant, a role) is seen by ``confirm()``: called after the dump has ended, it
    reads the definitions again and raises ``DefinitionsChanged`` where they differ.

    ``id`` is what ``pg_dump --snapshot`` takes. The transaction is READ COMMITTED, so that it sees
    changes, and holds the locks itself, so that it never queues behind a migration that waits for it.
    No timeout ends the session. Works on a standby, not through a transaction pooler. The session is named
    after the ``application``, so that who waits behind it can be found.
    """

    id: str
    at: datetime
    backend_pid: int
    tables: tuple[Table, ...]
    before: Definitions
    sequences: tuple[SequenceState, ...]
    session: PsycopgConnection

    def __init__(
        self,
        connection: Connection,
        dbname: str,
        *,
        keys: Keys,
        lock_wait: timedelta = timedelta(minutes=1),
        application: str = "dataops snapshot",
    ) -> None:
        self.connection, self.dbname, self.keys, self.lock_wait = connection, dbname, keys, lock_wait
        self._application = application
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with self._open, explained(f"database {self.dbname}"):
            self.session = self._open.enter_context(session(self.connection, self.dbname, self._application))
            self._lock()
            with self.session.cursor() as cursor:
                self.before = read_definitions(cursor, self.keys)
                self.sequences = read_sequences(cursor)
                cursor.execute(sql(__package__, "moment"))
                row = cursor.fetchone()
                assert row is not None
                self.id, self.at, self.backend_pid = row
            self._open = self._open.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def cancel(self) -> None:
        """End the query that the session runs or waits with, if any; to be called from any thread."""
        import psycopg2

        holding = getattr(self, "session", None)
        if holding is not None:
            with suppress(psycopg2.Error):  # closed in this very moment
                holding.cancel()

    def confirm(self) -> None:
        """Guarantee that no definition, role or setting changed since before the snapshot was taken."""
        with explained(f"database {self.dbname}"), self.session.cursor() as cursor:
            after = read_definitions(cursor, self.keys)
        known = {one[:2]: one.facts for one in self.before.seen}
        now = {one[:2]: one.facts for one in after.seen}
        moved = sorted(name for name in known.keys() | now.keys() if known.get(name) != now.get(name))
        if moved or after.blind != self.before.blind:
            names = ", ".join(f"{kind} {identity}" for kind, identity in moved[:3]) or "the role's rights"
            raise DefinitionsChanged(
                f"DDL during backup: {len(moved)} definitions changed in database {self.dbname}, "
                f"such as {names}. Run again when migrations are done."
            )

    def _lock(self) -> None:
        """Lock all dumped tables, until those that are listed are those that are locked."""
        wait = f"{round(self.lock_wait.total_seconds() * 1000)}ms"
        with self.session.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", (wait,))
            for _ in range(_ATTEMPTS):
                listed = dumped_tables(cursor)
                cursor.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
                if self._locked(listed):
                    self.tables = dumped_tables(cursor)
                    if _names(self.tables) == _names(listed):
                        return
                cursor.execute("ROLLBACK")
        raise DefinitionsChanged(
            f"DDL during backup: tables of database {self.dbname} came and went {_ATTEMPTS} times in a row "
            "while they were being locked. Run again when migrations are done."
        )

    def _locked(self, tables: tuple[Table, ...]) -> bool:
        """Whether all could be locked; False where one is gone."""
        import psycopg2

        with self.session.cursor() as cursor:
            try:
                for start in range(0, len(tables), _LOCKED_AT_ONCE):
                    some = tables[start : start + _LOCKED_AT_ONCE]
                    names = ", ".join(f"ONLY {table.identity}" for table in some)
                    cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
            except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
                return False
            except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected) as error:
                raise LockWaitExceeded(
                    f"A table of database {self.dbname} was held by another session for longer than "
                    f"{self.lock_wait.total_seconds():g} s: end its migration, or raise the lock wait. "
                    "pg_locks says which."
                ) from error
        return True


def _names(tables: tuple[Table, ...]) -> set[tuple[str, int]]:
    """The tables by name and OID: one that was dropped and created again is another."""
    return {(table.identity, table.relid) for table in tables}
