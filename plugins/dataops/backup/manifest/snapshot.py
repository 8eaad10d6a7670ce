"""One moment of a database, held open: every dumped table is locked before the snapshot is taken."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dataops.backup.manifest.definitions import Definitions, read_definitions
from dataops.backup.manifest.details import SequenceState
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded
from dataops.backup.manifest.sequences import read_sequences
from dataops.backup.manifest.session import reading, session
from dataops.backup.manifest.tables import Table, dumped_tables
from dataops.connections import Connection
from dataops.postgres import explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection
    from psycopg2.extensions import cursor as Cursor

    from dataops.store import Keys

_ATTEMPTS = 3
"""How often a table may appear or vanish between listing and locking before that counts as DDL."""

_LOCKED_AT_ONCE = 200


class Snapshot:
    """A context manager: a REPEATABLE READ, READ ONLY transaction that exported its snapshot.

    What it promises, in this order: definitions and sequences were read, then every dumped table was
    locked (ACCESS SHARE), then the snapshot was taken: no DDL and no TRUNCATE can come between it and
    the dump. ``id`` is what ``pg_dump --snapshot`` takes. ``confirm()``, called after the dump has
    ended, reads the definitions again and raises ``DefinitionsChanged`` where they differ.
    No timeout ends the session. Works on a standby, not through a transaction pooler.
    """

    id: str
    at: datetime
    backend_pid: int
    tables: tuple[Table, ...]
    before: Definitions
    sequences: tuple[SequenceState, ...]
    session: PsycopgConnection
    cursor: Cursor

    def __init__(
        self,
        connection: Connection,
        dbname: str,
        *,
        keys: Keys,
        lock_wait: timedelta = timedelta(minutes=1),
    ) -> None:
        self.connection, self.dbname, self.keys, self.lock_wait = connection, dbname, keys, lock_wait
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with self._open, explained(f"database {self.dbname}"):
            self._describing = self._open.enter_context(session(self.connection, self.dbname, "definitions"))
            self.before = read_definitions(self._describing, self.keys)
            with reading(self._describing) as cursor:
                self.sequences = read_sequences(cursor)
            self.session = self._open.enter_context(session(self.connection, self.dbname, "snapshot"))
            self._hold()
            self._open = self._open.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def confirm(self) -> None:
        """Guarantee that no definition, role or setting changed since before the snapshot was taken."""
        with explained(f"database {self.dbname}"):
            after = read_definitions(self._describing, self.keys)
        moved = {one[:2] for one in self.before.seen} ^ {one[:2] for one in after.seen}
        known = {one[:2]: one.facts for one in self.before.seen}
        moved |= {one[:2] for one in after.seen if known.get(one[:2], one.facts) != one.facts}
        if moved or after.blind != self.before.blind:
            names = ", ".join(f"{kind} {identity}" for kind, identity in sorted(moved)[:3]) or "rights"
            raise DefinitionsChanged(
                f"DDL during backup: {len(moved)} definitions changed in database {self.dbname}, "
                f"such as {names}. Run again when migrations are done."
            )

    def _hold(self) -> None:
        self.cursor = self._open.enter_context(self.session.cursor())
        for _ in range(_ATTEMPTS):
            listed = dumped_tables(self.cursor)
            if self._lock(listed) and self._export() == listed_names(listed):
                return
            self.cursor.execute("ROLLBACK")
        raise DefinitionsChanged(
            f"DDL during backup: tables of database {self.dbname} came and went {_ATTEMPTS} times in a row "
            "while they were being locked. Run again when migrations are done."
        )

    def _lock(self, tables: tuple[Table, ...]) -> bool:
        """Whether all could be locked; False where one is gone. Takes no snapshot yet: LOCK needs none."""
        import psycopg2

        wait = f"{round(self.lock_wait.total_seconds() * 1000)}ms"
        self.cursor.execute("SELECT set_config('lock_timeout', %s, false)", (wait,))
        self.cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            for start in range(0, len(tables), _LOCKED_AT_ONCE):
                some = tables[start : start + _LOCKED_AT_ONCE]
                names = ", ".join(f"ONLY {table.identity}" for table in some)
                self.cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
            return False
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected) as error:
            raise LockWaitExceeded(
                f"A table of database {self.dbname} was held by another session for longer than {wait}: "
                "end its migration, or raise the lock wait. pg_locks says which."
            ) from error
        return True

    def _export(self) -> set[tuple[str, int]]:
        self.cursor.execute("SET LOCAL lock_timeout = 0")
        self.cursor.execute(sql(__package__, "moment"))
        row = self.cursor.fetchone()
        assert row is not None
        self.id, self.at, self.backend_pid = row
        self.tables = dumped_tables(self.cursor)
        return listed_names(self.tables)


def listed_names(tables: tuple[Table, ...]) -> set[tuple[str, int]]:
    """The tables by name and OID: one that was dropped and created again is another."""
    return {(table.identity, table.relid) for table in tables}
