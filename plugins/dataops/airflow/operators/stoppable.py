"""A task that ends within seconds when Airflow tells it to, and takes its programs and queries with it."""

from __future__ import annotations

import select
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from psycopg2.extensions import connection


class Stopped(BaseException):
    """Airflow told the task to end: marked by a person, cleared, or its worker is going away.

    No ``Exception``, so that no handler on the way up takes it for an error of its own and goes on.
    """


class Stoppable(BaseOperator):
    """An operator whose ``on_kill`` unwinds what ``execute`` is doing.

    Airflow calls ``on_kill`` from the signal handler, in the thread that executes, and then lets it go on
    as if nothing had happened. Raising there ends it: every ``with`` on the way up stops its process group
    (``dataops.process``, within 3 s), aborts its upload and gives back its lease. Where that takes longer
    than Airflow's five seconds, SIGKILL follows, and children die with their parent.
    """

    _working = False

    @contextmanager
    def _stoppable(self) -> Generator[None]:
        from psycopg2.extensions import set_wait_callback

        self._working = True
        set_wait_callback(_wait)
        try:
            yield
        finally:
            set_wait_callback(None)
            self._working = False

    def on_kill(self) -> None:
        """Raise ``Stopped`` in the work that is going on; nothing where there is none (any more)."""
        if self._working:
            self._working = False
            raise Stopped(f"The task {self.task_id} was told to stop.")


def _wait(session: connection) -> None:
    """Wait for a query in Python, where signals are heard: in libpq's own wait they are not.

    Source: psycopg documentation, "Support for coroutine libraries", ``psycopg2.extras.wait_select``.
    """
    from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

    try:
        while (state := session.poll()) != POLL_OK:
            waits = [session.fileno()]
            select.select(waits if state == POLL_READ else [], waits if state == POLL_WRITE else [], [])
    except Stopped:
        # Psycopg closes the session now, but its server would go on, or wait behind a lock for hours.
        with suppress(Exception):
            session.cancel()
        raise
