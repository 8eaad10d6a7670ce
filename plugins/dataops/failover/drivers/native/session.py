"""A session with one node that never waits longer than it was told, whatever the node does."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection
from dataops.errors import InconclusiveError
from dataops.postgres import explain
from dataops.postgres.connecting import parameters

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_FAREWELLS = 5
"""Messages that a server may have left in an idle session, such as a changed setting; then its end."""


class NoAnswer(InconclusiveError):
    """The node did not answer within the time that was allowed: it may have done what it was asked."""


class Session:
    """One autocommitting connection, opened when it is first needed and kept while it works.

    psycopg2 waits without end for a server that is stopped (SIGSTOP) or cut off, since the kernel still
    answers for it; so the connection is asynchronous, and select(2) does the waiting. Safe between threads.
    """

    def __init__(self, connection: Connection, *, dbname: str | None = None) -> None:
        self._connection = connection
        self._dbname = dbname
        self._turn = threading.RLock()
        self._open: PsycopgConnection | None = None

    def ask(
        self, text: str, values: Sequence[object] | None = None, *, within: float
    ) -> list[tuple[Any, ...]]:
        """The rows of one statement, within so many seconds.

        A session that was lost since the last statement is opened again, but the statement is sent once.
        Raises ``NoAnswer``, and the errors of ``dataops.postgres`` for what the server itself says.
        """
        import psycopg2

        until = time.monotonic() + within
        if not self._turn.acquire(timeout=within):
            raise NoAnswer(f"{self._where} is still busy with another question after {within:g} s.")
        try:
            session = self.connect(within=within)
            with session.cursor() as cursor:
                cursor.execute(text, values or None)
                self._wait(session, until, within)
                return list(cursor.fetchall()) if cursor.description else []
        except psycopg2.Error as error:
            if self._open is None or self._open.closed or not error.pgcode:
                self.close()
            raise explain(error, where=self._where) from error
        except NoAnswer:
            self.close()
            raise
        finally:
            self._turn.release()

    def connect(self, *, within: float) -> PsycopgConnection:
        """The open connection; raises as ``ask`` does."""
        import psycopg2

        with self._turn:
            if self._open is not None and not self._lost(self._open):
                return self._open
            self.close()
            try:
                keywords: dict[str, Any] = {
                    **parameters(self._connection, self._dbname, "failover"),
                    "async_": 1,
                }
                opening: PsycopgConnection = psycopg2.connect(**keywords)
                self._open = opening
                self._wait(opening, time.monotonic() + within, within)
            except psycopg2.Error as error:
                self.close()
                raise explain(error, where=self._where) from error
            except NoAnswer:
                self.close()
                raise
            return opening

    def close(self) -> None:
        """Let the connection go; the next statement opens another."""
        if self._open is not None:
            with contextlib.suppress(Exception):  # whatever it was, it is over
                self._open.close()
            self._open = None

    @property
    def _where(self) -> str:
        return f"connection {self._connection.id}"

    def _lost(self, session: PsycopgConnection) -> bool:
        """Whether the server has hung up: an idle connection has nothing to read otherwise."""
        for _ in range(_FAREWELLS):
            if session.closed:
                return True
            if not select.select([session], [], [], 0)[0]:
                return False
            try:
                session.poll()
            except Exception:  # ruff: ignore[blind-except] - psycopg2 raises several kinds for a dead one
                return True
        return True

    def _wait(self, session: PsycopgConnection, until: float, within: float) -> None:
        from psycopg2.extensions import POLL_OK, POLL_READ

        while (state := session.poll()) != POLL_OK:
            left = until - time.monotonic()
            if left <= 0:
                raise NoAnswer(f"No answer within {within:g} s ({self._where}).")
            reads, writes = ([session], []) if state == POLL_READ else ([], [session])
            select.select(reads, writes, [], left)
