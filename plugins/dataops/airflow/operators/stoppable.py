"""A task that ends within seconds when Airflow tells it to, and takes its programs with it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from airflow.sdk import BaseOperator


class Stopped(BaseException):
    """Airflow told the task to end: marked by a person, cleared, or its worker is going away.

    No ``Exception``, so that no handler on the way up takes it for an error of its own and goes on.
    """


class Stoppable(BaseOperator):
    """An operator whose ``on_kill`` unwinds what ``execute`` is doing.

    Airflow calls ``on_kill`` from the signal handler, in the thread that executes, and then lets it go on
    as if nothing had happened. Raising there ends it: every ``with`` on the way up stops its process group
    (``dataops.process``, within 3 s), aborts its upload and gives back its lease. Where the thread sits in C
    code and cannot be interrupted, SIGKILL follows, and children die with their parent.
    """

    _working = False

    @contextmanager
    def _stoppable(self) -> Generator[None, None, None]:
        self._working = True
        try:
            yield
        finally:
            self._working = False

    def on_kill(self) -> None:
        """Raise ``Stopped`` in the work that is going on; nothing where there is none (any more)."""
        if self._working:
            self._working = False
            raise Stopped(f"The task {self.task_id} was told to stop.")
