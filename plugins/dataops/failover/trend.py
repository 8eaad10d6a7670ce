"""Where the time without service is heading, against the tests before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from dataops.evidence.units import duration

FEWEST = 3
"""Earlier tests below which nothing is said of a direction."""
WORSE = 2.0
"""Times the median that is called slower: a single failover varies by less on a quiet machine."""


@dataclass(frozen=True)
class Earlier:
    """A test that passed before: when, and its RTO in seconds."""

    at: datetime
    rto: float


def trend_of(rto: float | None, earlier: Sequence[Earlier], *, promised: float) -> str:
    """One sentence; empty where nothing was measured now or before.

    Only tests that passed are compared: a red one measured something else.
    """
    if rto is None or not earlier:
        return ""
    usual = median(each.rto for each in earlier)
    told = f"RTO {duration(rto)}; the median of {len(earlier)} earlier passed tests is {duration(usual)}"
    if len(earlier) < FEWEST:
        return f"{told}."
    share = f"{rto / promised * 100:.0f} % of what is promised" if promised else ""
    if rto > WORSE * usual:
        return f"{told}: {rto / usual:.1f} times as long as usual, {share}. Look at what became slower."
    return f"{told}: as usual, {share}."
