"""A piece of work beside the dump, in a thread that nobody has to wait for when the backup fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Self, TypeVar

T = TypeVar("T")


PATIENCE = 5.0
"""Seconds in which work that was told to stop should have ended."""


class Background(Generic[T]):
    """The result of a function that runs in a thread of its own; it is told to stop when the block ends.

    A daemon thread and no pool: a pool would be joined when the process ends, however long a query takes.
    """

    def __init__(self, work: Callable[[threading.Event], T], name: str) -> None:
        self.seconds = 0.0
        self._work = work
        self._value: T | None = None
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    def raise_trouble(self) -> None:
        """Raises what the work raised, if it did."""
        if self._error is not None:
            raise self._error

    def done(self, seconds: float) -> bool:
        """True when the work has ended, waiting at most so long; raises what it raised."""
        self._thread.join(seconds)
        self.raise_trouble()
        return not self._thread.is_alive()

    def result(self) -> T:
        """What the work returned; to be asked once it is ``done``."""
        self.raise_trouble()
        return self._value  # type: ignore[return-value]

    def _run(self) -> None:
        begun = time.monotonic()
        try:
            self._value = self._work(self._stop)
        except BaseException as error:  # ruff: ignore[blind-except] - it belongs to whoever asks for the result
            self._error = error
        self.seconds = time.monotonic() - begun
