"""What a check holds in its hands: a restored database, sessions that end in time, the manifest."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dataops.backup.manifest.details import Details
from dataops.backup.manifest.session import session
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.checks.finding import Declared, Inability
from dataops.drill.restored import RestoredDatabase, RestoredServer
from dataops.errors import DataOpsError
from dataops.postgres import ConnectionLost, ServerNotReady, ServerUnreachable, explain

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

    from dataops.backup.manifest.compare import Difference
    from dataops.backup.manifest.content import Content
    from dataops.backup.manifest.tables import Table
    from dataops.drill.checks.index_proof import IndexProof
    from dataops.drill.checks.row_places import Places

SETTINGS = {
    "default_transaction_read_only": "on",
    "lock_timeout": "60s",
    "work_mem": "128MB",
    "hash_mem_multiplier": "1",
    "synchronize_seqscans": "off",
}
"""Of every session of a check, beside what the manifest's sessions pin."""

_SET = "SELECT pg_catalog.set_config(key, value, true) FROM pg_catalog.json_each_text(%s)"

GONE = (ConnectionLost, ServerUnreachable)
AWAIT = 15.0
"""Seconds in which a server that lost its sessions may be back: one crashed backend ends them all."""


class ScratchServerDied(Inability):
    """Nothing answers any more, so nothing that was still to be looked at can be proven."""


@dataclass
class Clock:
    """How long one check may take, over all its relations and sessions."""

    limit: float
    spent: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.limit - self.spent

    def add(self, seconds: float) -> None:
        """Count what one piece of work took."""
        with self._lock:
            self.spent += seconds


@dataclass
class Shared:
    """What the checks of one database tell each other."""

    observed: Details | None = None
    """Definitions, roles, sequences and rights, as they are on the restored server."""
    unseen: str = ""
    """Why there is no ``observed``."""
    differences: list[Difference] | None = None
    """Of definitions, roles, rights and sequences, once they were compared."""
    tables: dict[str, Table] = field(default_factory=dict)
    """Every table that holds rows of its own."""
    contents: dict[str, Content] = field(default_factory=dict)
    """Of each table that was read: rows and hash."""
    read_whole: set[int] = field(default_factory=set)
    """The tables (by their OID) of which this server has read every page since it started."""
    unread: dict[str, str] = field(default_factory=dict)
    """Of each table that could not be read: why."""
    places: dict[str, Places] = field(default_factory=dict)
    """Of each table of a restored server of ours that was read: where its rows lie."""
    proofs: dict[int, IndexProof] | None = None
    """From its OID, each index that is proven for several checks at once."""
    helpers: dict[str, str] = field(default_factory=dict)
    """From a helping extension to its schema."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """The open sessions of one worker, one a database; cut off from outside when they take too long."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: dict[tuple[str, bool], tuple[contextlib.ExitStack, PsycopgConnection]] = {}

    def of(self, dbname: str, *, writing: bool = False) -> PsycopgConnection:
        """A session in autocommit with pinned settings."""
        known = self._open.get((dbname, writing))
        if known is not None and not known[1].closed:
            return known[1]
        stack = contextlib.ExitStack()
        conn = stack.enter_context(session(self._connection, dbname, "drill check"))
        self._open[dbname, writing] = (stack, conn)
        settings = dict(SETTINGS)
        if writing:
            settings |= {"default_transaction_read_only": "off", "session_replication_role": "replica"}
        with conn.cursor() as cursor:
            for name, value in settings.items():
                if name == "hash_mem_multiplier" and conn.server_version < 130000:
                    continue
                cursor.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
        return conn

    def cut(self) -> None:
        """End every session at once, also where the server does not answer: whoever waits gets an error."""
        for _, conn in list(self._open.values()):
            with contextlib.suppress(Exception), socket.socket(fileno=os.dup(conn.fileno())) as plain:
                plain.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End them in peace."""
        for stack, _ in self._open.values():
            with contextlib.suppress(Exception):
                stack.close()
        self._open.clear()


@dataclass
class Look:
    """One check's view of one database, or of the server. ``query`` is all that most checks need."""

    server: RestoredServer
    restored: RestoredDatabase | None
    job: Job
    clock: Clock
    shared: Shared
    sessions: Sessions
    patience: float | None = None
    """Seconds that one relation may take in budgeted mode."""
    begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that this look may still take."""
        allowed = self.clock.left if self.patience is None else min(self.clock.left, self.patience)
        return allowed - (time.monotonic() - self.begun)

    @property
    def out_of_turn(self) -> bool:
        """Whether one relation took more than its share of the budget, while its check has time left."""
        taken = time.monotonic() - self.begun
        return self.patience is not None and self.patience <= taken < self.clock.left

    @property
    def database(self) -> RestoredDatabase:
        """The database; a check of the server has none."""
        assert self.restored is not None
        return self.restored

    @property
    def dbname(self) -> str:
        """Where queries go: the database, of a check of the server the first one."""
        if self.restored is not None:
            return self.restored.dbname
        return self.server.dbnames[0] if self.server.dbnames else "postgres"

    @property
    def expected(self) -> Details:
        """The database's part of the manifest."""
        if self.database.expected is None and self.server.without_manifest:
            raise Declared(self.server.without_manifest)
        if self.database.expected is None:
            raise Inability(f"the manifest says nothing about database {self.dbname}")
        return self.database.expected

    @property
    def observed(self) -> Details:
        """What is defined on the restored server: read once, before the checks."""
        if self.shared.observed is None:
            raise Inability(self.shared.unseen or "the restored database's definitions were not read")
        return self.shared.observed

    def query(self, statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Any]:
        """The rows of one statement, read-only, within the check's time."""
        with self.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """The single value that one statement returns."""
        return self.query(statement, values)[0][0]

    @contextmanager
    def cursor(
        self, settings: Mapping[str, str] | None = None, *, writing: bool = False, **more: str
    ) -> Generator[Any]:
        """A cursor whose statements end with the check's time; with settings inside a transaction.

        ``writing`` is for the drill's own server only, and rolled back where settings are given. Errors of
        psycopg2 pass as they are.
        """
        if writing and not self.server.ours:
            raise Inability("this server was restored by somebody else, so nothing is written on it")
        conn = self.sessions.of(self.dbname, writing=writing)
        limit = f"{max(1, round(self.left * 1000))}ms"
        chosen = {**(settings or {}), **more}
        with conn.cursor() as cursor:
            if not chosen:
                cursor.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", (limit,))
                yield cursor
                return
            local = json.dumps({**chosen, "statement_timeout": limit})
            try:
                cursor.execute(f"BEGIN; {_SET}", (local,))
                yield cursor
            finally:
                if not conn.closed:
                    with contextlib.suppress(Exception):
                        cursor.execute("ROLLBACK")

    def helper(self, extension: str) -> str:
        """The schema of a helping extension such as ``amcheck``, quoted; made where that is allowed."""
        with self.shared.lock:
            if extension not in self.shared.helpers:
                self.shared.helpers[extension] = self._schema_of(extension)
            return self.shared.helpers[extension]

    def _schema_of(self, extension: str) -> str:
        question = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s"
        if there := self.query(question, (extension,)):
            return str(there[0][0])
        if not self.query("SELECT 1 FROM pg_available_extensions WHERE name = %s", (extension,)):
            raise Inability(
                f"extension {extension} is not installed on the restored server: install PostgreSQL's contrib"
            )
        if not self.server.ours:
            raise Inability(
                f"extension {extension} is not in database {self.dbname}, and nothing is written on a server "
                f"that somebody else restored: CREATE EXTENSION {extension} there, then check again"
            )
        with self.cursor(writing=True) as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS dataops_drill")
            cursor.execute(f"CREATE EXTENSION {extension} SCHEMA dataops_drill")
        return "dataops_drill"


def reason_of(error: BaseException) -> str:
    """Why a check could not run, in one sentence, without any secret."""
    import psycopg2

    if isinstance(error, psycopg2.Error):
        return str(explain(error))
    if isinstance(error, DataOpsError):
        return str(error)
    return type(error).__name__


def is_damage(error: BaseException) -> bool:
    """Whether the server itself says that data cannot be read: damaged pages, lost files, values of no type.

    SQLSTATE classes of the PostgreSQL documentation, appendix A: 22 data exception, 58 system error,
    XX internal error (data and index corrupted). All others say nothing about the data.
    """
    import psycopg2

    return isinstance(error, psycopg2.Error) and (error.pgcode or "")[:2] in {"22", "58", "XX"}


def lost(error: BaseException) -> bool:
    """Whether the session is gone, with or without its server."""
    import psycopg2

    ours = explain(error) if isinstance(error, psycopg2.Error) else error
    return isinstance(ours, (*GONE, ServerNotReady))


def is_back(connection: Connection, dbname: str, seconds: float = AWAIT) -> bool:
    """Whether the server answers again within so many seconds."""
    until = time.monotonic() + seconds
    while True:
        try:
            with session(connection, dbname, "drill check") as conn, conn.cursor() as cursor:
                cursor.execute("SELECT 1")
                return True
        except ServerUnreachable:
            if time.monotonic() > until - seconds + 2:  # a crashed backend leaves the address in place
                return False
        except DataOpsError:
            pass
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
