"""Another try where one may help, within a stated patience."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dataops.store.faults import is_transient, meaning, reason

log = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Retrying:
    """Calls the store at ``where``. After ``patience`` seconds no further attempt begins."""

    where: str
    patience: float

    def __call__(self, doing: str, call: Callable[[int], T]) -> T:
        """What ``call`` answers; it gets the number of the attempt, from 1.

        Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
        Raises the leaf of ``dataops.store.errors`` that fits the last error.
        """
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        begun = time.monotonic()
        attempt = 1
        while True:
            try:
                return call(attempt)
            except (BotoCoreError, ClientError, ConnectionError, ResponseParserError) as error:
                seconds = time.monotonic() - begun
                pause = random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))
                if not is_transient(error) or seconds + pause > self.patience:
                    raise meaning(
                        error, doing=doing, where=self.where, attempts=attempt, seconds=seconds
                    ) from error
                log.info("%s: %s; attempt %d follows in %.1f s", doing, reason(error), attempt + 1, pause)
            time.sleep(pause)
            attempt += 1
