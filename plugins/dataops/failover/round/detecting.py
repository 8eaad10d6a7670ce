"""Noticing that a primary is lost: at once where its host says so, else by an answer that stays away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dataops.connections import Connection
from dataops.evidence.units import duration

_EVERY = 0.1
"""Seconds between two probes."""


@dataclass(frozen=True)
class Detected:
    """When the primary was given up (CLOCK_MONOTONIC) and why."""

    at: float
    why: str


class Probe:
    """New connections to one node, one after the other, in the background: as a client would come.

    A node whose old sessions go on while new ones hang is lost for clients all the same: only new ones count.
    """

    def __init__(self, connection: Connection, *, patience: float, every: float = _EVERY) -> None:
        self._connection, self._patience, self._every = connection, patience, every
        self.answered = time.monotonic()
        """When the last probe that was answered began."""
        self.reason = ""
        """What the last probe met instead of an answer."""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"probe-{connection.id}", daemon=True)

    def __enter__(self) -> Self:
        self.answered = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()  # a probe that hangs ends by its own time: nobody waits for it

    def _run(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            self.reason = _met(self._connection, self._patience)
            if not self.reason:
                self.answered = began
            self._ending.wait(self._every)


def detect(
    *,
    dead: Callable[[], bool] | None,
    probe: Probe,
    patience: float,
    still: Callable[[], None],
    every: float = 0.002,
) -> Detected:
    """The moment at which the node is given up; returns only then.

    ``dead``: whether its host says that nothing of it runs, where the driver can tell. Else it is given up
    once no new connection was answered for ``patience`` seconds. ``still`` raises where the wait must end.
    """
    while True:
        if dead is not None and dead():
            return Detected(time.monotonic(), "its host says that no process of it runs")
        silent = time.monotonic() - probe.answered
        if silent > patience:
            why = f"no new connection was answered for {duration(silent)}"
            return Detected(time.monotonic(), f"{why}: {probe.reason}" if probe.reason else why)
        still()
        time.sleep(every)


def _met(connection: Connection, patience: float) -> str:
    """What stood in the way of an answer; empty where there was one."""
    from dataops.failover.canary.address import addresses
    from dataops.failover.canary.client import Client, Refused, Unanswered, Unreached
    from dataops.postgres.connecting import parameters

    client = Client(addresses(parameters(connection, None, "dataops failover probe")), patience=patience)
    try:
        client.ask("SELECT 1")
    except (Refused, Unanswered, Unreached) as error:
        return str(error)
    finally:
        client.close()
    return ""
