"""What the canary tells its coordinator all along, one JSON line at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from dataops.failover.canary.chain import Head, Heads


@dataclass(frozen=True)
class Spell:
    """How a session is doing. Seconds of CLOCK_MONOTONIC; None where there is no such moment."""

    last: float | None
    """Its last acknowledgement."""
    well_since: float | None
    """The first of its unbroken acknowledgements."""
    trouble: str = ""
    """Why its last write was not acknowledged."""


@dataclass(frozen=True)
class Report:
    """The canary at one moment."""

    at: float
    heads: Heads = field(default_factory=dict)
    spells: Mapping[int, Spell] = field(default_factory=dict)
    trouble: str = ""
    """Why the canary itself cannot go on."""

    def good_since(self, seconds: float, since: float) -> float | None:
        """When the good spell of all sessions began, ``since`` at the earliest; None before it is so long.

        It is as long as from its first to its last acknowledgement: silence makes it no longer.
        """
        begins = []
        for spell in self.spells.values():
            if spell.last is None or spell.well_since is None:
                return None
            begins.append(max(spell.well_since, since))
            if spell.last - begins[-1] < seconds:
                return None
        return max(begins, default=None)

    @property
    def why(self) -> str:
        """Why writes do not go well, in words."""
        for session, spell in self.spells.items():
            if spell.well_since is None:
                return f"session {session}: {spell.trouble or 'no write was acknowledged yet'}"
        return "they succeed again, but not for long enough"

    def to_line(self) -> bytes:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> Report:
    """The report that a line holds."""
    told = json.loads(line)
    return Report(
        at=told["at"],
        heads={name: Head(**head) for name, head in told["heads"].items()},
        spells={int(session): Spell(**spell) for session, spell in told["spells"].items()},
        trouble=told["trouble"],
    )
