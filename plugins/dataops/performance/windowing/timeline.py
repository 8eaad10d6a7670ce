"""Which samples may be compared with the one before them, and why others may not.

Counters may be subtracted only while one server process counts on without a break. A restart, a crash, a
failover, another server behind the same address, a reset of the statistics and a jump of a clock each make
the interval in which they fall not measurable; the intervals before and after it still are.

Samples lie in the order of the sampling host's clock. Where that was set back, or server and sampler share a
clock that jumped, the host's time since its boot still tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dataops.performance.samples.sample import Header

CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far the sampling host's and the server's clock may drift apart in an interval; 2 % of it if more."""
_TOGETHER = timedelta(seconds=2)
_FIXED = ("archiver", "writer", "wal", "slru")
"""Families of statistics that a crash resets all at once, and a person hardly ever."""
LATE = 2.5
"""An interval longer than so many times the usual one is a gap."""


@dataclass(frozen=True)
class Interval:
    """From one sample to the next: ``index`` is that of the later one. ``broken`` says why it is unusable."""

    index: int
    since: datetime
    until: datetime
    seconds: float
    gap: bool = False
    broken: str = ""

    @property
    def usable(self) -> bool:
        """Whether counters may be subtracted over it."""
        return not self.broken


def intervals(headers: Sequence[Header], families: Sequence[str] = ()) -> tuple[Interval, ...]:
    """What lies between samples that follow each other in time.

    ``families`` names the statistics whose resets break an interval: see ``Header.resets``.
    """
    found = []
    for index, (before, after) in enumerate(pairwise(headers), start=1):
        seconds = (after.at - before.at).total_seconds()
        usual = max(before.every, 1.0)
        found.append(
            Interval(
                index,
                before.at,
                after.at,
                max(seconds, 0.0),
                gap=(after.taken - before.taken).total_seconds() > LATE * usual,
                broken=_broken(before, after) or _reset(before, after, families),
            )
        )
    return tuple(found)


def restarts(headers: Sequence[Header]) -> tuple[datetime, ...]:
    """The moments at which the server was started between two samples."""
    return tuple(
        after.started
        for before, after in pairwise(headers)
        if after.started != before.started and _same_server(before, after)
    )


def notes(headers: Sequence[Header]) -> tuple[str, ...]:
    """What a reader must know of the window, in sentences, in order of time."""
    told = []
    for interval in intervals(headers):
        if interval.broken:
            told.append(interval.broken)
        elif interval.gap:
            told.append(f"There are no samples from {_clock(interval.since)} to {_clock(interval.until)}.")
    return tuple(dict.fromkeys(told))


def counting_since(header: Header, family: str) -> datetime | None:
    """Since when a family of statistics counts for certain; None where nothing says.

    A crash begins all statistics anew, and so does the first start of a standby that is promoted later; but
    PostgreSQL notes that only for the families that it keeps once a server: their oldest bounds every other.
    """
    fixed = [moment for name in _FIXED if (moment := header.resets.get(name)) is not None]
    anew = min(fixed) if len(fixed) == len(_FIXED) else None
    known = [moment for moment in (anew, header.resets.get(family)) if moment is not None]
    return max(known, default=None)


def covered(found: Sequence[Interval], since: datetime, until: datetime, *, gaps: bool = True) -> float:
    """The share of the window that usable intervals cover; ``gaps`` tells whether long ones count too."""
    length = (until - since).total_seconds()
    if length <= 0:
        return 0.0
    shown = sum(
        max(0.0, (min(each.until, until) - max(each.since, since)).total_seconds())
        for each in found
        if each.usable and (gaps or not each.gap)
    )
    return min(1.0, shown / length)


def _broken(before: Header, after: Header) -> str:
    between = f"between {_clock(before.at)} and {_clock(after.at)}"
    if not _same_server(before, after):
        return f"Another server answered {between}."
    if after.in_recovery != before.in_recovery or after.timeline != before.timeline:
        return f"The server failed over {between}."
    if after.started != before.started:
        return f"The server was restarted at {_clock(after.started)}."
    if drift := _drift(before, after):
        return f"A clock jumped by {drift:.0f} s {between}."
    if _crashed(before, after):
        return f"The server crashed and lost its statistics {between}."
    return ""


def _same_server(before: Header, after: Header) -> bool:
    return after.system_identifier == before.system_identifier and after.version >= before.version


def _drift(before: Header, after: Header) -> float:
    """How many seconds the clocks disagree about the interval, where that is too many; else 0."""
    ours, theirs = after.taken - before.taken, after.at - before.at
    drift = abs((theirs - ours).total_seconds())
    if before.boot and before.boot == after.boot:
        passed = after.uptime - before.uptime
        drift = max(drift, abs(ours.total_seconds() - passed))
    allowed = max(CLOCK_TOLERANCE.total_seconds(), 0.02 * ours.total_seconds())
    return drift if drift > allowed or theirs < timedelta() else 0.0


def _crashed(before: Header, after: Header) -> bool:
    """A backend's crash restarts all processes but the postmaster, and begins all statistics anew."""
    moments = [after.resets.get(name) for name in _FIXED if after.resets.get(name) != before.resets.get(name)]
    known = [moment for moment in moments if moment is not None]
    return len(known) == len(_FIXED) and max(known) - min(known) < _TOGETHER


def _reset(before: Header, after: Header, families: Sequence[str]) -> str:
    for name in families:
        was, now = before.resets.get(name), after.resets.get(name)
        if was != now and name in before.resets and name in after.resets:
            told = f" at {_clock(now)}" if now else f" before {_clock(after.at)}"
            return f"The statistics ({name}) were reset{told}."
    return ""


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
