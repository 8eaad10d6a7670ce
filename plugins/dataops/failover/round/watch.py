"""What ends a round before its time: the kill lever, a lost lease, a time that ran out, clients that wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.units import duration
from dataops.failover import lever
from dataops.failover.lever import LeverUnreadable, Stopped
from dataops.failover.scenario import Stop
from dataops.store import Held, ObjectStore

log = logging.getLogger(__name__)


class RoundStopped(DataOpsError):
    """A stop condition of the scenario was met: the message says which."""


class NotInTime(InconclusiveError):
    """Something that was waited for did not come about in its time."""


class Watch:
    """Looks at the lever once a second in the background, and at all else whenever it is asked.

    ``check`` before every step that may be left out; what must be done once it was begun asks ``held`` alone.
    """

    def __init__(self, store: ObjectStore, held: Held, stop: Stop, *, every: float = 1.0) -> None:
        self._store = store.patient_for(min(store.patience, 3 * every))
        self._every = every
        self._stop = stop
        self.held = held
        self.begun = time.monotonic()
        self.unavailable: Callable[[], float] = lambda: 0.0
        """Seconds for which clients have had no service, as the canary tells."""
        self._pulled: DataOpsError | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, name="failover-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    @property
    def left(self) -> float:
        """Seconds that are left of the whole round; never less than 0."""
        return max(0.0, self._stop.longest.total_seconds() - (time.monotonic() - self.begun))

    def check(self) -> None:
        """Nothing where the round may go on; else ``LeaseLost``, ``Stopped`` or ``RoundStopped``."""
        self.held.check()
        if self._pulled is not None:
            raise Stopped(str(self._pulled))
        if not self.left:
            raise RoundStopped(
                f"The round took longer than `stop.longest`, {duration(self._stop.longest.total_seconds())}."
            )
        waited = self.unavailable()
        if waited > self._stop.unavailable.total_seconds():
            raise RoundStopped(
                f"Clients had no service for {duration(waited)}, longer than `stop.unavailable` "
                f"({duration(self._stop.unavailable.total_seconds())})."
            )

    def until(
        self, done: Callable[[], bool], *, within: float, what: str, every: float = 0.02, free: bool = False
    ) -> None:
        """Returns once ``done``; ``NotInTime`` naming ``what`` after ``within`` seconds; raises as ``check``.

        ``free``: only the lease is looked at meanwhile, where what was begun must be gone through with.
        """
        deadline = time.monotonic() + within
        while not done():
            if free:
                self.held.check()
            else:
                self.check()
            if time.monotonic() >= deadline:
                raise NotInTime(f"{what}: not within {duration(within)}.")
            self._ending.wait(every)

    def _look(self) -> None:
        while not self._ending.wait(self._every) and self._pulled is None:
            try:
                lever.check(self._store)
            except (Stopped, LeverUnreadable) as error:
                self._pulled = error
            except DataOpsError as error:  # a store that is down takes the lease too, which says more
                log.warning("the kill lever cannot be seen: %s", error)
