"""What the canary did: one write or one look, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a client knows about a write. There are three values, not two."""

    ACKNOWLEDGED = "acknowledged"
    """The server said that it is committed."""
    FAILED = "failed"
    """It was never sent, or the server said that it is not committed."""
    UNKNOWN = "unknown"
    """It was sent and no answer came: it may be there or not."""


@dataclass(frozen=True)
class Write:
    """One write of one session. ``sent`` and ``answered`` are seconds of CLOCK_MONOTONIC.

    ``n`` counts a session's writes from 1; none is tried twice. ``answered`` of an unknown write is when
    the client gave up. What only an acknowledged write can have is empty or 0 otherwise.
    """

    session: int
    n: int
    outcome: Outcome
    sent: float
    answered: float
    wall: str
    """When it was answered, UTC, ISO 8601."""
    server: str = ""
    """``host:port`` of the server that answered, as it sees itself."""
    timeline: int = 0
    id: int = 0
    """The number that the sequence issued."""
    lsn: int = 0
    """End of WAL in bytes when the row was written: its commit record lies just behind."""
    warnings: tuple[str, ...] = ()
    sqlstate: str = ""
    reason: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it is committed."""
        return self.outcome is Outcome.ACKNOWLEDGED


@dataclass(frozen=True)
class Look:
    """One reader's look at how far a node is. ``seen`` maps a session to the highest ``n`` that was visible.

    ``reason`` says why it failed; empty where it did not.
    """

    reader: int
    n: int
    node: str
    sent: float
    answered: float
    wall: str
    server: str = ""
    timeline: int = 0
    in_recovery: bool = False
    seen: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""
