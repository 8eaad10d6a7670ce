"""The moments of a round, on one clock, from which the time without service is split."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Marks:
    """Seconds of CLOCK_MONOTONIC of the coordinator's machine, which canary and coordinator share.

    None where the round never got there. ``fault`` is taken just before the fault is injected.
    """

    fault: float | None = None
    detected: float | None = None
    fenced: float | None = None
    promoted: float | None = None
    routed: float | None = None
