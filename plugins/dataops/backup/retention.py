"""Which backups to keep and which to expire, with the reason for each. Pure: values in, values out.

The calendar rules are those of restic's and borg's ``forget``: the newest backup of each of the last
N days (ISO weeks, months) *that have one*, so that a schedule that stopped expires nothing. Over them
stands the proof gate: what a drill has proven outlives what nobody ever restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Action(StrEnum):
    """What happens to a backup."""

    KEEP = "keep"
    EXPIRE = "expire"


@dataclass(frozen=True)
class Candidate:
    """A backup as retention sees it.

    ``needs`` are the ids of the backups that it cannot be restored without (the full of a differential,
    every link of an incremental chain). ``locked_until`` is the store's object lock. ``proven`` means that
    its latest drill passed; ``restoring`` that a drill restores it at this moment.
    """

    backup_id: str
    taken_at: datetime
    proven: bool = False
    in_progress: bool = False
    locked_until: datetime | None = None
    needs: frozenset[str] = frozenset()
    restoring: bool = False


@dataclass(frozen=True)
class Policy:
    """How many backups of each age to keep.

    ``minimum``: the newest that many always stay. ``keep_proven``: nothing expires unless that many proven
    backups remain; 0 switches the gate off but for the newest proven one. ``window``: every moment of
    that much past must stay reachable by replaying WAL (physical backups only).
    """

    daily: int
    weekly: int
    monthly: int
    minimum: int
    keep_proven: int
    window: timedelta | None = None


@dataclass(frozen=True)
class Decision:
    """What happens to one backup, and why."""

    backup_id: str
    taken_at: datetime
    action: Action
    reason: str


def decide(candidates: Iterable[Candidate], policy: Policy, now: datetime) -> tuple[Decision, ...]:
    """One decision a backup, newest first.

    Guarantees, whatever the policy: the newest proven backup stays; nothing expires while fewer than
    ``keep_proven`` proven ones would remain; a backup in progress, being restored by a drill, under object
    lock, or needed by another that stays is never expired.
    """
    newest_first = sorted(candidates, key=lambda each: (each.taken_at, each.backup_id), reverse=True)
    reasons: dict[str, str] = {}
    for rule in (_untouchable, _proof_gate, _minimum, _recovery_window, _calendar):
        for backup_id, reason in rule(newest_first, policy, now).items():
            reasons.setdefault(backup_id, reason)
    _add_chains(newest_first, reasons)
    return tuple(
        Decision(
            each.backup_id,
            each.taken_at,
            Action.KEEP if each.backup_id in reasons else Action.EXPIRE,
            reasons.get(each.backup_id, "no rule keeps it"),
        )
        for each in newest_first
    )


def _untouchable(candidates: Sequence[Candidate], policy: Policy, now: datetime) -> dict[str, str]:
    reasons = {}
    for each in candidates:
        if each.in_progress:
            reasons[each.backup_id] = "in progress"
        elif each.restoring:
            reasons[each.backup_id] = "a drill is restoring it"
        elif each.locked_until is not None and each.locked_until > now:
            reasons[each.backup_id] = f"under object lock until {each.locked_until:%Y-%m-%d %H:%M} UTC"
    return reasons


def _proof_gate(candidates: Sequence[Candidate], policy: Policy, now: datetime) -> dict[str, str]:
    proven = [each.backup_id for each in candidates if each.proven]
    if len(proven) < policy.keep_proven:
        waiting = f"proof gate: {len(proven)} of {policy.keep_proven} proven"
        return {each.backup_id: waiting for each in candidates}
    guarded = proven[: max(policy.keep_proven, 1)]
    return {
        backup_id: "newest proven" if rank == 1 else f"proven, number {rank} of {policy.keep_proven}"
        for rank, backup_id in enumerate(guarded, start=1)
    }


def _minimum(candidates: Sequence[Candidate], policy: Policy, now: datetime) -> dict[str, str]:
    return {
        each.backup_id: f"among the newest {policy.minimum}"
        for each in [each for each in candidates if not each.in_progress][: policy.minimum]
    }


def _recovery_window(candidates: Sequence[Candidate], policy: Policy, now: datetime) -> dict[str, str]:
    """The newest backup from before the window begins: replay to the window's first moments starts there."""
    if policy.window is None:
        return {}
    begins = now - policy.window
    reasons = {}
    for each in candidates:
        if each.in_progress:
            continue
        if each.taken_at > begins:
            reasons[each.backup_id] = "inside the point-in-time window"
        else:
            reasons[each.backup_id] = "WAL of the point-in-time window starts from it"
            break
    return reasons


def _calendar(candidates: Sequence[Candidate], policy: Policy, now: datetime) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for name, count, period in (
        ("daily", policy.daily, _day),
        ("weekly", policy.weekly, _week),
        ("monthly", policy.monthly, _month),
    ):
        for rank, backup_id in enumerate(_newest_of_each(candidates, period, count), start=1):
            reasons.setdefault(backup_id, f"{name}, number {rank} of {count}")
    return reasons


def _newest_of_each(
    candidates: Sequence[Candidate], period: Callable[[datetime], tuple[int, ...]], count: int
) -> list[str]:
    newest: dict[tuple[int, ...], str] = {}
    for each in candidates:
        if not each.in_progress:
            newest.setdefault(period(each.taken_at), each.backup_id)
    return list(newest.values())[:count]


def _day(moment: datetime) -> tuple[int, ...]:
    return moment.year, moment.month, moment.day


def _week(moment: datetime) -> tuple[int, ...]:
    return tuple(moment.isocalendar())[:2]


def _month(moment: datetime) -> tuple[int, ...]:
    return moment.year, moment.month


def _add_chains(candidates: Sequence[Candidate], reasons: dict[str, str]) -> None:
    """Keep, to any depth, what a kept backup cannot be restored without."""
    by_id = {each.backup_id: each for each in candidates}
    waiting = list(reasons)
    while waiting:
        holder = waiting.pop()
        for needed in sorted(by_id[holder].needs & by_id.keys() - reasons.keys()):
            reasons[needed] = f"needed by {holder}"
            waiting.append(needed)
