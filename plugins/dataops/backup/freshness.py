"""Is a subject's newest recoverable moment within its RPO? Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from dataops.evidence.checking import Seen

AHEAD = timedelta(minutes=5)
"""By so much the server's clock may be ahead of ours before a moment is one that no clock can vouch for."""


def freshness(newest: datetime | None, rpo: timedelta, now: datetime) -> Seen:
    """Red when what a disaster at ``now`` would lose is more than ``rpo``, or nothing can be recovered.

    Red too for a moment that lies ahead: a clock jumped, and the backup would look fresh for as long.
    """
    if newest is None:
        return Seen(False, "no backup", "nothing can be recovered: no backup of it has been published")
    if newest - now > AHEAD:
        return Seen(
            False,
            f"{newest:%Y-%m-%d %H:%M:%S} UTC",
            f"it lies {spell(newest - now)} ahead: a clock is or was wrong, and what a disaster now would "
            "lose cannot be told. Correct the clock, then take a backup",
        )
    loss = max(now - newest, timedelta(0))
    observed = f"{spell(loss)} (newest recoverable moment {newest:%Y-%m-%d %H:%M:%S} UTC)"
    if loss > rpo:
        return Seen(False, observed, f"a disaster now would lose {spell(loss)}; promised is {spell(rpo)}")
    return Seen(True, observed)


def spell(span: timedelta) -> str:
    """A span as people say it, by its two largest units: ``2 d 4 h``, ``15 min``, ``12 s``."""
    seconds = int(span.total_seconds())
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
