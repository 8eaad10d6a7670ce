"""What was lost: the ledger against the rows that survived. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.schema import Row, Surviving
from dataops.failover.canary.write import Outcome, Write
from dataops.failover.scenario import Promise

_SHOWN = 50
"""Ids that a check lists; all of them are in the ledger."""


@dataclass(frozen=True)
class Account:
    """Every write of the ledger and every row that was there, each in exactly one place.

    Writes that were answered after the rows were read are in ``pending``: nothing can be said of them yet.
    """

    kept: tuple[Write, ...]
    """Acknowledged, and there."""
    lost: tuple[Write, ...]
    """Acknowledged, and not there, or there with another number of the sequence."""
    failed: tuple[Write, ...]
    """Not acknowledged, and not there."""
    unknown_present: tuple[Write, ...]
    unknown_absent: tuple[Write, ...]
    phantoms: tuple[Row, ...]
    """There, though the client was told no, or never sent it."""
    in_flight: tuple[Row, ...]
    """There, and under way when the canary was killed or the ledger read: at most one a session."""
    pending: tuple[Write, ...]
    rpo_seconds: float
    """From the first lost write's sending to the last lost one's acknowledgement."""
    rpo_bytes: int
    """WAL from the fork, or else from the last row that was kept before, to the last lost row."""

    @property
    def acknowledged(self) -> int:
        """How many writes the client was told are committed."""
        return len(self.kept) + len(self.lost)

    @property
    def rpo_rows(self) -> int:
        """How many of them are gone."""
        return len(self.lost)

    @property
    def hidden_by_warning(self) -> tuple[Write, ...]:
        """Lost writes that were acknowledged with a warning, such as a cancelled synchronous wait."""
        return tuple(write for write in self.lost if write.warnings)

    @property
    def warned(self) -> tuple[Write, ...]:
        """All writes that were acknowledged with a warning."""
        return tuple(write for write in (*self.kept, *self.lost) if write.warnings)

    def checks(self, promise: Promise) -> tuple[Check, ...]:
        """What this says against what was promised."""
        return (_no_loss(self, promise), _no_phantom(self), _unknowns(self))

    def figures(self) -> tuple[Figure, ...]:
        """The measured loss."""
        return (
            Figure(name="rpo", value=round(self.rpo_seconds, 6), unit="seconds"),
            Figure(name="rpo rows", value=self.rpo_rows, unit="rows"),
            Figure(name="rpo bytes", value=self.rpo_bytes, unit="bytes"),
            Figure(name="acknowledged writes", value=self.acknowledged, unit="count"),
            Figure(name="failed writes", value=len(self.failed), unit="count"),
            Figure(
                name="unknown writes",
                value=len(self.unknown_present) + len(self.unknown_absent),
                unit="count",
            ),
        )


def account(ledger: Ledger, surviving: Surviving, *, fork: int | None = None) -> Account:
    """Every write and every row in its place.

    The rows must have been read *before* the ledger was, where the canary still writes. ``fork`` is the
    LSN in bytes at which the new timeline left the old one, where it is known.
    """
    rows, doubled = _by_write(surviving.rows)
    places: dict[str, list[Write]] = {name: [] for name in _PLACES}
    phantoms = list(doubled)
    for write in (write for writes in ledger.sessions.values() for write in writes):
        row = rows.pop((write.session, write.n), None)
        place, phantom = _place(write, row, surviving.read_at)
        places[place].append(write)
        if row is not None and phantom:
            phantoms.append(row)
    following = {(session, len(writes) + 1) for session, writes in ledger.sessions.items()}
    in_flight = [] if ledger.ended else [row for key, row in rows.items() if key in following]
    phantoms += [row for row in rows.values() if row not in in_flight]
    lost = sorted(places["lost"], key=lambda write: write.answered)
    return Account(
        **{name: tuple(sorted(writes, key=lambda write: write.answered)) for name, writes in places.items()},
        phantoms=tuple(phantoms),
        in_flight=tuple(in_flight),
        rpo_seconds=lost[-1].answered - min(write.sent for write in lost) if lost else 0.0,
        rpo_bytes=_lost_bytes(lost, places["kept"], fork),
    )


def still_there(before: Account, surviving: Surviving) -> Check:
    """Whether every row that was there after one change of roles is there after the next.

    What was lost before is not counted again: that was judged then.
    """
    found = {(row.session, row.n) for row in surviving.rows}
    had = (*before.kept, *before.unknown_present)
    gone = [write for write in had if (write.session, write.n) not in found]
    return Check(
        name="nothing lost on the way back",
        verdict=Verdict.FAILED if gone else Verdict.PASSED if had else Verdict.INCONCLUSIVE,
        expected=f"all {len(had)} rows that were there before it",
        observed=f"{len(had) - len(gone)} of them",
        reason=f"{len(gone)} rows are gone: "
        + ", ".join(f"session {write.session}, write {write.n}" for write in gone[:_SHOWN])
        if gone
        else ("" if had else "No row was there before, so none could be lost."),
    )


_PLACES = ("kept", "lost", "failed", "unknown_present", "unknown_absent", "pending")


def _by_write(rows: Iterable[Row]) -> tuple[dict[tuple[int, int], Row], list[Row]]:
    """The rows by what wrote them, and those that are there a second time."""
    found: dict[tuple[int, int], Row] = {}
    doubled = []
    for row in rows:
        if (row.session, row.n) in found:
            doubled.append(row)
        else:
            found[row.session, row.n] = row
    return found, doubled


def _place(write: Write, row: Row | None, read_at: float) -> tuple[str, bool]:
    """Where a write belongs, and whether its row should not be there."""
    if row is None and write.answered > read_at:
        return "pending", False
    if write.outcome is Outcome.ACKNOWLEDGED:
        same = row is not None and row.id == write.id
        return ("kept", False) if same else ("lost", True)
    if write.outcome is Outcome.UNKNOWN:
        return ("unknown_absent" if row is None else "unknown_present"), False
    return "failed", True


def _lost_bytes(lost: Sequence[Write], kept: Sequence[Write], fork: int | None) -> int:
    if not lost:
        return 0
    last = max(write.lsn for write in lost)
    first = min(write.lsn for write in lost)
    timelines = {write.timeline for write in lost}
    before = [write.lsn for write in kept if write.timeline in timelines and write.lsn < first]
    return max(0, last - (fork if fork is not None else max(before, default=first)))


def _no_loss(found: Account, promise: Promise) -> Check:
    limits = _limits(found, promise)
    expected = " and ".join(says for says, _ in limits)
    observed: dict[str, JsonValue] = {"acknowledged": found.acknowledged, "lost": found.rpo_rows}
    if found.lost:
        observed |= {
            "seconds": round(found.rpo_seconds, 3),
            "bytes": found.rpo_bytes,
            "ids": [write.id for write in found.lost[:_SHOWN]],
        }
    if found.pending:
        observed["answered after the rows were read"] = len(found.pending)
    if hidden := found.hidden_by_warning:
        observed["hidden by a warning"] = [f"{write.id}: {write.warnings[0]}" for write in hidden[:_SHOWN]]
    gone = f"{found.rpo_rows} acknowledged writes are gone, from {found.rpo_seconds:.3f} s"
    if not found.acknowledged:
        verdict, why = Verdict.INCONCLUSIVE, "The canary was acknowledged nothing, so nothing could be lost."
    elif not all(kept for _, kept in limits):
        verdict, why = Verdict.FAILED, f"{gone}; promised was {expected}."
    else:
        verdict, why = Verdict.PASSED, f"{gone}, which the scenario allows." if found.lost else ""
    return Check(
        name="no acknowledged write lost",
        verdict=verdict,
        expected=expected,
        observed=observed,
        reason=why,
    )


def _limits(found: Account, promise: Promise) -> list[tuple[str, bool]]:
    """Each limit that the scenario states, and whether it is kept; where it states none, none may be lost."""
    limits = []
    if promise.rpo is not None:
        allowed = promise.rpo.total_seconds()
        limits.append((f"acknowledged writes of at most {allowed:g} s lost", found.rpo_seconds <= allowed))
    if promise.rpo is None or "rpo_rows" in promise.model_fields_set:
        rows = promise.rpo_rows
        says = f"at most {rows} acknowledged writes lost" if rows else "no acknowledged write lost"
        limits.append((says, found.rpo_rows <= rows))
    return limits


def _no_phantom(found: Account) -> Check:
    shown = [f"session {row.session}, write {row.n}, id {row.id}" for row in found.phantoms[:_SHOWN]]
    return Check(
        name="no phantom write",
        verdict=Verdict.FAILED if found.phantoms else Verdict.PASSED,
        expected="no row whose writer was told that it failed, or that nobody sent",
        observed=shown or "none",
        reason=f"{len(found.phantoms)} rows are there that should not be." if found.phantoms else "",
    )


def _unknowns(found: Account) -> Check:
    present, absent = found.unknown_present, found.unknown_absent
    return Check(
        name="unknown writes accounted for",
        verdict=Verdict.PASSED,
        expected="each unanswered write looked up afterwards",
        observed={
            "there": [write.id or f"{write.session}/{write.n}" for write in present[:_SHOWN]],
            "not there": len(absent),
            "under way at the end": len(found.in_flight),
        },
        reason=f"{len(present)} of {len(present) + len(absent)} unanswered writes are there: clients may not "
        "take silence for a no."
        if present
        else "",
    )
