"""What stands between a file of the dump and its upload: a cut into pieces, and a bound on memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from dataops.backup.logical.growing import Cancelled
from dataops.backup.sealing import Readable


class Segment:
    """The next bytes of a reader, up to a limit; ``size`` below the limit means that the reader ended."""

    def __init__(self, source: Readable, limit: int) -> None:
        self.size = 0
        self._source = source
        self._limit = limit

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the segment's end."""
        left = self._limit - self.size
        data = self._source.read(left if size < 0 else min(size, left)) if left else b""
        self.size += len(data)
        return data


@dataclass
class Budget:
    """Bytes that all uploads together may hold in memory: read, and not yet acknowledged by the store.

    It must exceed what the uploads gather before they send anything, or each would wait for the others.
    """

    size: int
    cancelled: threading.Event
    _used: int = 0
    _freed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, amount: int) -> None:
        """Wait until there is room; ``Cancelled`` when the run ends."""
        with self._freed:
            while self._used + amount > self.size:
                if self.cancelled.is_set():
                    raise Cancelled("The upload was cancelled.")
                self._freed.wait(0.1)
            self._used += amount

    def give(self, amount: int) -> None:
        """The store has acknowledged so many bytes."""
        with self._freed:
            self._used -= amount
            self._freed.notify_all()


@dataclass(frozen=True)
class Metered:
    """A reader whose bytes are taken from a budget."""

    source: Readable
    budget: Budget

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        data = self.source.read(size)
        self.budget.take(len(data))
        return data
