"""Numbers of a sequence that were issued twice: two clients hold the same key. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.write import Write

_SHOWN = 50


@dataclass(frozen=True)
class Reissued:
    """One number, and the two writes that were both told it is theirs."""

    id: int
    first: Write
    again: Write


def reissued(*ledgers: Ledger) -> tuple[Reissued, ...]:
    """Every number that was acknowledged more than once, over all ledgers of a round in their order.

    PostgreSQL logs a sequence ahead, so that it normally jumps forward. After a loss it may not: the record
    that it logged is gone with the rows.
    """
    holders: dict[int, Write] = {}
    found = []
    for write in (write for ledger in ledgers for write in ledger.acknowledged):
        if write.id in holders:
            found.append(Reissued(write.id, holders[write.id], write))
        else:
            holders[write.id] = write
    return tuple(found)


def check(found: tuple[Reissued, ...], *, lost: int) -> Check:
    """No number twice: red after a loss of ``lost`` acknowledged writes too, from which it may follow."""
    because = " They follow from the writes that were lost." if lost else ""
    return Check(
        name="no number issued twice",
        verdict=Verdict.FAILED if found else Verdict.PASSED,
        expected="every number of the sequence given to one client only",
        observed=[
            f"{each.id}: session {each.first.session} on timeline {each.first.timeline}, "
            f"session {each.again.session} on timeline {each.again.timeline}"
            for each in found[:_SHOWN]
        ]
        or "none",
        reason=f"{len(found)} numbers were issued twice: clients mix up each other's rows.{because}"
        if found
        else "",
    )
