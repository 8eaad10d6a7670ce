"""One client of the database, with a deadline on everything: a server that hangs must not hang it.

``connect_timeout`` and ``statement_timeout`` would not do. libpq ignores the first where it connects
asynchronously, and a server that hangs keeps no timeout of its own. Worse, ``statement_timeout`` ends a
wait for a synchronous standby *successfully*, with no more than a warning (PostgreSQL, syncrep.c).
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ

from dataops.failover.canary.address import Address

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_TURN = 0.1
"""Seconds between two looks at whether the canary is to end."""
_LAST_WAIT = 0.5
"""Seconds that an answer is still waited for once the canary is to end."""
_MOST_HANGING = 3
"""Sessions that a client leaves waiting on a server at once: each holds one of its connections."""
_READ_ONLY = "25006"
_NOBODY_KNOWS = ("08", "57P0", "58", "XX")
"""SQLSTATE classes that say nothing of the write: the session was ended, maybe after its commit, or a pooler
between speaks for a server that it lost."""


class Unreached(Exception):
    """No session was to be had: nothing was sent."""


class Refused(Exception):
    """The server said no: what was asked is not done."""

    def __init__(self, said: str, sqlstate: str) -> None:
        super().__init__(said)
        self.sqlstate = sqlstate


class Unanswered(Exception):
    """It was sent, and no answer came: nobody knows."""


@dataclass(frozen=True)
class Answer:
    """The first row of an answer, and the warnings that came with it."""

    row: tuple[Any, ...]
    warnings: tuple[str, ...]


class Client:
    """A client that connects when it must and gives up on a server that does not answer.

    ``addresses`` are tried in their order, each for ``patience`` seconds, as libpq does with several
    hosts. Looking up a host's name is libpq's own and has no deadline.
    """

    def __init__(self, addresses: Sequence[Address], *, patience: float, ending: Event | None = None) -> None:
        self._addresses = addresses
        self._patience = patience
        self._ending = ending or Event()
        self._session: PsycopgConnection | None = None
        self._hanging: list[PsycopgConnection] = []

    def ask(self, statement: str, *values: object) -> Answer:
        """The answer to one statement, in a transaction of its own.

        Raises ``Unreached``, ``Refused`` or ``Unanswered``.
        """
        session = self._session or self._connect()
        self._session = session
        session.notices.clear()
        try:
            cursor = session.cursor()
            cursor.execute(statement, values)
            if not self._answered(session, time.monotonic() + self._patience):
                self._abandon(session)
                raise Unanswered(f"no answer within {self._patience:g} s")
            return Answer(cursor.fetchone() or (), tuple(notice.strip() for notice in session.notices))
        except psycopg2.Error as error:
            raise self._explained(session, error) from None

    def rest(self, seconds: float) -> None:
        """Wait before the next try; longer where too many sessions hang, until one of them is answered."""
        self._forget_answered(0)
        if len(self._hanging) >= _MOST_HANGING:
            self._forget_answered(max(seconds, 5 * self._patience))
            if len(self._hanging) >= _MOST_HANGING:
                _close(self._hanging.pop(0))
        else:
            self._ending.wait(seconds)

    def close(self) -> None:
        """Leave every session."""
        for session in (self._session, *self._hanging):
            _close(session)
        self._session = None
        self._hanging.clear()

    def _connect(self) -> PsycopgConnection:
        reasons = []
        for address in self._addresses:
            session: PsycopgConnection | None = None
            parameters: dict[str, Any] = {**address, "async_": 1}
            try:
                session = psycopg2.connect(**parameters)
                if self._answered(session, time.monotonic() + self._patience):
                    return session
                reasons.append(f"{_place(address)} does not answer within {self._patience:g} s")
            except psycopg2.Error as error:
                reasons.append(f"{_place(address)}: {_first_line(error)}")
            _close(session)
        raise Unreached("; ".join(reasons))

    def _answered(self, session: PsycopgConnection, deadline: float) -> bool:
        """Whether the server was done before the deadline."""
        while (state := session.poll()) != POLL_OK:
            wanted = select.POLLIN if state == POLL_READ else select.POLLOUT
            poll = select.poll()
            poll.register(session.fileno(), wanted)  # of several hosts each has a socket of its own
            while not poll.poll(1000 * max(0.0, min(_TURN, deadline - time.monotonic()))):
                if self._ending.is_set():
                    deadline = min(deadline, time.monotonic() + _LAST_WAIT)
                if time.monotonic() >= deadline:
                    return False
        return True

    def _abandon(self, session: PsycopgConnection) -> None:
        self._session = None
        self._hanging.append(session)

    def _forget_answered(self, seconds: float) -> None:
        """Close the sessions that hung and were answered, or lost, waiting for the first of them."""
        until = time.monotonic() + seconds
        poll = select.poll()
        for session in self._hanging:
            poll.register(session.fileno(), select.POLLIN)
        while self._hanging and not self._ending.is_set():
            answered = {descriptor for descriptor, _ in poll.poll(1000 * min(_TURN, seconds))}
            done = [session for session in self._hanging if session.fileno() in answered]
            for session in done:
                self._hanging.remove(session)
                _close(session)
            if done or time.monotonic() >= until:
                return

    def _explained(self, session: PsycopgConnection, error: psycopg2.Error) -> Exception:
        """What an error means to a client: the server's no, or not knowing."""
        state = error.pgcode or ""
        severity = error.diag.severity_nonlocalized if error.diag else None
        certain = severity == "ERROR" and not state.startswith(_NOBODY_KNOWS) and not session.closed
        if not certain or state == _READ_ONLY:  # a client of a node that lost its role looks for the new one
            _close(session)
            self._session = None
        return Refused(_first_line(error), state) if certain else Unanswered(_first_line(error))


def _close(session: PsycopgConnection | None) -> None:
    if session is not None:
        with contextlib.suppress(psycopg2.Error):
            session.close()


def _place(address: Address) -> str:
    return f"{address.get('host', 'local socket')}:{address.get('port', '5432')}"


def _first_line(error: psycopg2.Error) -> str:
    said = (error.diag.message_primary if error.diag else None) or str(error).strip() or type(error).__name__
    return said.splitlines()[-1 if "failed:" in said else 0].strip()
