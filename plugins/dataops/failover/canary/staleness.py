"""How old what readers of a standby see is, from the ledger alone. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.write import Look, Write
from dataops.failover.scenario import Promise


@dataclass(frozen=True)
class Staleness:
    """Seconds since the oldest acknowledged write that a look did not see; 0 where it saw all."""

    worst: float
    median: float
    looks: int
    """Looks that were answered."""
    failed: int
    """Looks that were not."""
    backwards: int
    """Looks that saw less than an earlier look of the same reader: what a user saw was gone again."""
    where: str = ""
    """Node of the worst look."""

    def check(self, promise: Promise) -> Check:
        """What readers saw against what was promised."""
        allowed = promise.staleness.total_seconds()
        if not self.looks:
            verdict, why = Verdict.INCONCLUSIVE, f"No look was answered, {self.failed} were not."
        elif self.worst > allowed:
            verdict, why = Verdict.FAILED, f"Readers of {self.where} saw the state of {self.worst:.3f} s ago."
        else:
            verdict, why = Verdict.PASSED, ""
        return Check(
            name="readers see fresh data",
            verdict=verdict,
            expected=f"at most {allowed:g} s old",
            observed={
                "worst seconds": round(self.worst, 3),
                "median seconds": round(self.median, 3),
                "looks": self.looks,
                "unanswered": self.failed,
                "backwards": self.backwards,
            },
            reason=why,
        )

    def figures(self) -> tuple[Figure, ...]:
        """The worst and the usual age, where readers were answered."""
        if not self.looks:
            return ()
        return (
            Figure(name="staleness", value=round(self.worst, 6), unit="seconds"),
            Figure(name="median staleness", value=round(self.median, 6), unit="seconds"),
        )


def staleness(ledger: Ledger) -> Staleness:
    """The age of what each look saw, against the writes that were acknowledged before it was sent."""
    written = {
        session: _Acknowledged([write for write in writes if write.acknowledged])
        for session, writes in ledger.sessions.items()
    }
    answered = [look for look in ledger.looks if not look.reason]
    ages = [
        max((acknowledged.age(look, session) for session, acknowledged in written.items()), default=0.0)
        for look in answered
    ]
    worst = max(zip(ages, answered, strict=True), key=lambda pair: pair[0], default=None)
    return Staleness(
        worst=worst[0] if worst else 0.0,
        median=median(ages) if ages else 0.0,
        looks=len(answered),
        failed=len(ledger.looks) - len(answered),
        backwards=sum(_backwards(looks) for looks in _by_reader(answered)),
        where=worst[1].node if worst else "",
    )


class _Acknowledged:
    """The acknowledged writes of one session, ready for searching."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self._numbers = [write.n for write in writes]
        self._answered = [write.answered for write in writes]

    def age(self, look: Look, session: int) -> float:
        """Seconds since the first write that the look should have seen and did not."""
        unseen = bisect_right(self._numbers, look.seen.get(session, 0))
        if unseen == len(self._numbers):
            return 0.0
        return max(0.0, look.sent - self._answered[unseen])


def _by_reader(looks: Sequence[Look]) -> list[list[Look]]:
    readers: dict[int, list[Look]] = {}
    for look in looks:
        readers.setdefault(look.reader, []).append(look)
    return list(readers.values())


def _backwards(looks: Sequence[Look]) -> int:
    """How many looks saw less of a session than one before them."""
    highest: dict[int, int] = {}
    count = 0
    for look in looks:
        count += any(n < highest.get(session, 0) for session, n in look.seen.items())
        for session, n in look.seen.items():
            highest[session] = max(n, highest.get(session, 0))
    return count
