"""Whose turn it is: drills that take turns until everything retained is proven. Pure.

Every other drill at least belongs to the queue: what no drill has seen yet, the oldest first, since it is the
next to expire; then what was drilled longest ago. In between the newest backup is proven as soon as it is
there, for it is the one that a disaster would need. So whatever is retained and was never drilled has been
drilled after at most twice as many drills as there are such things now (``drills_until_covered``), while new
ones queue up behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Part = Literal["itself", "until the next"]


@dataclass(frozen=True)
class Unit:
    """What one drill can see: a backup ``itself``, or with WAL every moment from it ``until the next``.

    ``until`` is the moment that the drill restores. ``drilled_at`` is when the latest drill reached it,
    whatever its verdict; ``proven`` whether what is known of it is good.
    """

    backup_id: str
    part: Part
    until: datetime
    drilled_at: datetime | None = None
    proven: bool = False


@dataclass(frozen=True)
class Turn:
    """The unit whose turn it is, and why."""

    unit: Unit
    because: str


def whose_turn(units: Sequence[Unit], *, newest: str, newest_was_last: bool) -> Turn:
    """The turn of a scheduled drill with ``coverage``; there must be a unit.

    ``newest`` is the newest backup's id; ``newest_was_last`` says that the latest drill took what was the
    newest backup then. The same catalog and the same drills give the same turn.
    """
    itself = next((each for each in units if each.backup_id == newest and each.part == "itself"), None)
    if itself is not None and not itself.proven and not newest_was_last:
        return Turn(itself, "coverage: the newest backup, not proven yet")
    undrilled = [each for each in units if each.drilled_at is None]
    if undrilled:
        first = min(undrilled, key=lambda each: (each.until, each.backup_id, each.part))
        return Turn(first, f"coverage: the oldest of {len(undrilled)} {_what(first)} that no drill has seen")
    longest_ago = min(
        units, key=lambda each: (each.drilled_at or each.until, each.until, each.backup_id, each.part)
    )
    return Turn(
        longest_ago,
        f"coverage: seen longest ago, by the drill of {longest_ago.drilled_at:%Y-%m-%d %H:%M} UTC",
    )


def drills_until_covered(units: Sequence[Unit]) -> int:
    """Within how many drills by ``coverage`` everything that is retained now has been seen."""
    return 2 * sum(each.drilled_at is None for each in units)


def _what(unit: Unit) -> str:
    return "recovery points"
