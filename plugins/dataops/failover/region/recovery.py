"""What a lost region's recovery came to, held against what was promised. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dataops.backup.physical.wal import position
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.canary.accounting import Account
from dataops.failover.canary.ledger import Ledger
from dataops.failover.region.copies import Reach

_REDO = re.compile(r"redo done at ([0-9A-Fa-f]+/[0-9A-Fa-f]+)")


@dataclass(frozen=True)
class Recovery:
    """The outcome. ``account``, ``rto`` and ``backup_id`` are empty where it never came that far.

    ``rto``: seconds from the last acknowledgement before the loss (of the session that waited longest) to the
    first sustained one on the restored server. ``phases``: seconds of each part of it.
    """

    checks: tuple[Check, ...]
    figures: tuple[Figure, ...] = ()
    account: Account | None = None
    rto: float | None = None
    backup_id: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    restored_to: datetime | None = None
    """The last commit that came back, by the lost server's own clock, UTC."""


def without_service(ledger: Ledger, fault: float, restored: float) -> float | None:
    """Seconds from the last acknowledgement before ``fault``, of the worst session, to ``restored``.

    None where a session was never acknowledged before the fault: from when it was without service is unknown.
    """
    last = [
        max((each.answered for each in writes if each.acknowledged and each.sent <= fault), default=None)
        for writes in ledger.sessions.values()
    ]
    known = [moment for moment in last if moment is not None]
    return restored - min(known) if known and len(known) == len(last) else None


def service_check(rto: float | None, promised: timedelta) -> Check:
    """The time without service against the objective."""
    name, expected = "time without service", f"at most {promised.total_seconds():g} s"
    if rto is None:
        reason = (
            "a session was never acknowledged before the region was lost: nobody knows since when it waited"
        )
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=reason)
    well = rto <= promised.total_seconds()
    return Check(
        name=name,
        verdict=Verdict.PASSED if well else Verdict.FAILED,
        expected=expected,
        observed=f"{rto:.3f} s",
        reason="" if well else "it came back later than was promised",
    )


def replayed_check(log: Iterable[str], reach: Reach, size: int) -> Check:
    """Whether recovery read the archive to its very end; ``size``: bytes of a WAL segment.

    PostgreSQL says where its last record began ("redo done at"): that lies in the last segment, or at the
    very end of the one before it, where the last holds nothing but the rest of that record.
    """
    name, expected = "all archived WAL replayed", f"to the end of {reach.last_name or 'the archive'}"
    done = [found[1] for line in log if (found := _REDO.search(line))]
    if not done or reach.last is None:
        reason = "the server did not say how far it replayed" if reach.last else "no WAL is archived there"
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=reason)
    number = position(done[0]) // size
    well = number >= reach.last.number - 1
    return Check(
        name=name,
        verdict=Verdict.PASSED if well else Verdict.FAILED,
        expected=expected,
        observed=f"the last record begins at {done[0]}",
        reason="" if well else "recovery stopped early: WAL that lies in the bucket was not used",
    )


def region_check(used: Iterable[str], other: str, lost: str) -> Check:
    """Whether nothing but the other region's bucket could be used."""
    observed = sorted(set(used))
    well = observed == [other]
    return Check(
        name="first bucket not used",
        verdict=Verdict.PASSED if well else Verdict.FAILED,
        expected=[other],
        observed=[*observed],
        reason="" if well else f"the restore knew {lost or 'another bucket'}, which the disaster takes away",
    )
