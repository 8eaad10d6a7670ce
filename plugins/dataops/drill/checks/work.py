"""Pieces of work side by side: the largest first, each within its check's time."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataops.connections import Connection
    from dataops.drill.checks.looking import Clock, Sessions

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds beyond a check's time in which the server should end the statement; then its session is cut."""
LOOK = 0.05
"""Seconds between two looks at who takes too long."""


@dataclass
class Piece:
    """One thing to do in a session of its worker. ``weight`` in bytes; heavier ones begin earlier.

    Where ``run`` takes longer than its clock allows, or raises, ``give_up`` is told why.
    """

    run: Callable[[Sessions], None]
    give_up: Callable[[str], None]
    clock: Clock
    weight: int = 0


@dataclass
class _Running:
    piece: Piece
    sessions: Sessions
    started: float = field(default_factory=time.monotonic)
    cut: bool = False
    abandoned: bool = False

    @property
    def over(self) -> float:
        """Seconds beyond what the piece may take; what is over already counts in its clock."""
        return time.monotonic() - self.started - self.piece.clock.left


class Crew:
    """``jobs`` workers that take pieces of work until none is left; pieces may add others."""

    def __init__(self, connection: Connection, jobs: int) -> None:
        self._connection, self._jobs = connection, jobs
        self._waiting: list[tuple[int, int, Piece]] = []
        self._running: list[_Running] = []
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._closed = False

    def add(self, pieces: Iterable[Piece]) -> None:
        """More to do."""
        with self._change:
            for piece in pieces:
                heapq.heappush(self._waiting, (-piece.weight, next(self._numbers), piece))
            self._change.notify_all()

    def finish(self) -> None:
        """Return once everything is done or given up. A piece that nothing can end is left to its thread."""
        try:
            for _ in range(self._jobs):
                self._start_worker()
            while True:
                with self._change:
                    if not self._waiting and not self._running:
                        return
                    self._change.wait(LOOK)
                    running = list(self._running)
                for each in running:
                    self._watch(each)
        finally:
            with self._change:
                self._closed = True
                self._change.notify_all()

    def _watch(self, each: _Running) -> None:
        if each.over > GRACE and not each.cut:
            each.cut = True
            each.sessions.cut()
        if each.over > 2 * GRACE and not each.abandoned:
            with self._change:
                each.abandoned = True
                if each not in self._running:
                    return
                self._running.remove(each)
                self._change.notify_all()
            each.piece.give_up(f"it took longer than {each.piece.clock.limit:g} s")
            self._start_worker()

    def _start_worker(self) -> None:
        threading.Thread(target=self._work, name="drill check", daemon=True).start()

    def _work(self) -> None:
        from dataops.drill.checks.looking import Sessions

        sessions = Sessions(self._connection)
        try:
            while (each := self._take(sessions)) is not None:
                try:
                    each.piece.run(sessions)
                except Exception as error:  # the pieces behind it still run
                    log.error("A piece of a drill's checks broke", exc_info=error)
                    each.piece.give_up(f"it broke: {type(error).__name__}")
                finally:
                    with self._change:
                        if each in self._running:
                            self._running.remove(each)
                        self._change.notify_all()
                if each.abandoned:
                    return
        finally:
            sessions.close()

    def _take(self, sessions: Sessions) -> _Running | None:
        with self._change:
            while not self._waiting:
                if self._closed:
                    return None
                self._change.wait()
            _, _, piece = heapq.heappop(self._waiting)
            each = _Running(piece, sessions)
            self._running.append(each)
            return each
