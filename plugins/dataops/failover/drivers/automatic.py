"""What is common to clusters that promote by themselves: the test waits, and judges what they did."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from dataops.errors import DataOpsError
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown

log = logging.getLogger(__name__)


class AnotherPromoted(DriverFailed):
    """The cluster chose another node than the one that the test expected. ``node`` is the new primary."""

    def __init__(self, message: str, *, node: str) -> None:
        super().__init__(message)
        self.node = node


class Asked:
    """A question that is put beside what is waited for: its answer may come late, or never."""

    def __init__(self, question: Callable[[], None] | None = None) -> None:
        self._refused: DataOpsError | None = None
        if question is not None:
            threading.Thread(target=self._put, args=(question,), daemon=True).start()

    def refuse(self) -> None:
        """Raise the refusal where there was one by now. Where the answer was lost, the deed tells."""
        if self._refused is not None:
            raise self._refused

    def _put(self, question: Callable[[], None]) -> None:
        try:
            question()
        except OutcomeUnknown as error:
            log.info("The answer was lost: %s", error)
        except DataOpsError as error:
            self._refused = error


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float) -> bool:
    """Whether the condition came true within ``seconds``; asked at least once, then ``every`` seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() + every > end:
            return False
        time.sleep(every)
    return True
