"""How far a restore is: one line now and then, whatever the step counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dataops.evidence.steps import Say

TELL_EVERY = 10.0
"""Seconds between two lines."""


@dataclass
class Progress:
    """``doing`` so much of ``whole``, in a unit: counted by any thread, told by the one that counts.

    ``whole`` may be 0 where nobody knows it; then only what was done is told.
    """

    say: Say
    doing: str
    whole: int
    tell: Callable[[int], str]
    """An amount in words, such as ``12.3 MB``."""
    every: float = field(default_factory=lambda: TELL_EVERY)
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._told = time.monotonic()

    def count(self, amount: int = 1) -> None:
        """So much more is done."""
        with self._lock:
            self.done += amount
            now = time.monotonic()
            if now - self._told < self.every:
                return
            self._told = now
            said = self.tell(self.done)
        of = f" of {self.tell(self.whole)}, {min(self.done / self.whole, 1):.0%}" if self.whole else ""
        self.say(f"{self.doing}: {said}{of}")


def megabytes(amount: int) -> str:
    """Bytes in words."""
    return f"{amount / 1e6:,.1f} MB"


def tables(amount: int) -> str:
    """A number of tables in words."""
    return f"{amount:,} table{'' if amount == 1 else 's'}"
