"""How long clients had no service, from the ledger alone, and where the time went. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import inf

from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.write import Write
from dataops.failover.marks import Marks
from dataops.failover.scenario import Promise


@dataclass(frozen=True)
class Split:
    """Seconds of the time without service, by what was done in them; their sum is that time.

    A moment before the last acknowledgement or after the first new one counts as that very moment: a client
    that still writes while the failure is detected has not lost that time.
    """

    detect: float
    fence: float
    promote: float
    route: float
    reconnect: float


@dataclass(frozen=True)
class Timing:
    """The time without service of one session, or of the worst. Moments are CLOCK_MONOTONIC seconds."""

    session: int
    last: float
    """The last acknowledgement before the fault was felt."""
    restored: float | None
    """The first acknowledgement that was followed by nothing else for as long as ``steady``; None: never."""
    felt: bool
    """Whether a write failed or stayed unanswered. If not, this is the longest pause between two, which is no
    more than the canary's own pace where clients felt nothing at all."""
    well_for: float
    """Seconds of unbroken acknowledgements at the end, where service was not restored for long enough."""
    split: Split | None
    ended: bool = True
    """Whether the ledger ends in an orderly way: if not, the canary was killed or still writes."""

    @property
    def rto(self) -> float | None:
        """Seconds without service; None where it was not restored, as far as the ledger goes."""
        return None if self.restored is None else self.restored - self.last

    def check(self, promise: Promise) -> Check:
        """The time without service against what was promised."""
        allowed = promise.rto.total_seconds()
        observed: object = None
        if self.rto is not None and self.split is not None:
            kept = self.rto <= allowed
            verdict = Verdict.PASSED if kept else Verdict.FAILED
            observed = f"{self.rto:.3f} s"
            parts = {field.name: getattr(self.split, field.name) for field in fields(Split)}
            longest = max(parts, key=lambda name: parts[name])
            why = "" if kept else f"Longest was {longest}: {parts[longest]:.3f} s."
        elif self.well_for > 0:
            verdict = Verdict.INCONCLUSIVE
            why = f"Writes succeed again, but were watched for {self.well_for:.3f} s only."
        elif not self.ended:
            verdict = Verdict.INCONCLUSIVE
            why = "No write succeeded again, but the ledger breaks off: the canary was ended early."
        else:
            verdict, why = Verdict.FAILED, "Service was not restored: no write succeeded again for good."
        return Check(
            name="service restored in time",
            verdict=verdict,
            expected=f"at most {allowed:g} s from the last acknowledgement to the first lasting one",
            observed=observed or "not restored",
            reason=why,
        )

    def figures(self) -> tuple[Figure, ...]:
        """``rto`` and its split, in seconds; nothing where service was not restored."""
        if self.rto is None or self.split is None:
            return ()
        parts = [(field.name, getattr(self.split, field.name)) for field in fields(Split)]
        return tuple(
            Figure(name=name, value=round(value, 6), unit="seconds")
            for name, value in (("rto", self.rto), *parts)
        )


def timing(ledger: Ledger, marks: Marks, *, steady: float, until: float | None = None) -> Timing:
    """The time without service of the worst session: without service at the end is worse than any time.

    ``steady``: seconds for which nothing but acknowledgements must follow. ``until``: the moment before the
    next disturbance of the same run, where there is one. ``ValueError`` where nothing was broken yet.
    """
    return max(timings(ledger, marks, steady=steady, until=until), key=_badness)


def _badness(found: Timing) -> tuple[bool, float]:
    """The worst session is the one that was not restored, well for the shortest; else the longest without."""
    return (True, -found.well_for) if found.rto is None else (False, found.rto)


def timings(ledger: Ledger, marks: Marks, *, steady: float, until: float | None = None) -> tuple[Timing, ...]:
    """The same of each session."""
    if marks.fault is None:
        raise ValueError("without the moment of the fault there is no time to measure")
    end = inf if until is None else until
    found = (
        _of_session(session, [write for write in writes if write.answered <= end], marks, marks.fault, steady)
        for session, writes in sorted(ledger.sessions.items())
    )
    return tuple(replace(each, ended=ledger.ended) for each in found)


def _of_session(session: int, writes: Sequence[Write], marks: Marks, fault: float, steady: float) -> Timing:
    """From the last acknowledgement before the first failure to the first lasting one after it.

    A write that only took long, as behind a pooler that holds it back, counts where that is worse; but none
    of later, when service was restored.
    """
    felt = next(
        (at for at, write in enumerate(writes) if write.answered >= fault and not write.acknowledged), None
    )
    if felt is None:
        return _unfelt(session, writes, marks, fault, steady)
    last = next((write.answered for write in reversed(writes[:felt]) if write.acknowledged), fault)
    restored, well_for = _restored(writes[felt:], steady)
    if restored is None:
        return Timing(session, last, None, True, well_for, None)
    pause = _longest_pause([write for write in writes if write.answered <= restored], fault)
    if pause is not None and pause[1] - pause[0] > restored - last:
        last, restored = pause
    return Timing(session, last, restored, True, well_for, _split(last, restored, marks))


def _unfelt(session: int, writes: Sequence[Write], marks: Marks, fault: float, steady: float) -> Timing:
    """No write went wrong: the longest pause is what the fault cost at most."""
    last = writes[-1].answered if writes else fault
    pause = _longest_pause(writes, fault)
    if pause is None or last - fault < steady:
        return Timing(session, last, None, False, max(0.0, last - fault), None)
    return Timing(session, *pause, False, last - fault, _split(*pause, marks))


def _longest_pause(writes: Sequence[Write], fault: float) -> tuple[float, float] | None:
    """The two acknowledgements in a row that lie furthest apart, the later one after the fault."""
    answers = [write.answered for write in writes if write.acknowledged]
    pauses = [pause for pause in pairwise(answers) if pause[1] >= fault]
    return max(pauses, key=lambda pause: pause[1] - pause[0], default=None)


def _restored(writes: Sequence[Write], steady: float) -> tuple[float | None, float]:
    """The first acknowledgement that lasted; else how long the last unbroken ones lasted."""
    begun: float | None = None
    well_for = 0.0
    for write in writes:
        if not write.acknowledged:
            begun, well_for = None, 0.0
            continue
        begun = write.answered if begun is None else begun
        well_for = write.answered - begun
        if well_for >= steady:
            return begun, well_for
    return None, well_for


def _split(last: float, restored: float, marks: Marks) -> Split:
    """The time between two acknowledgements, cut at the marks; what was not marked took no time."""
    cuts = [last]
    for mark in (marks.detected, marks.fenced, marks.promoted, marks.routed):
        cuts.append(cuts[-1] if mark is None else min(max(mark, cuts[-1]), restored))
    cuts.append(restored)
    return Split(*(later - earlier for earlier, later in pairwise(cuts)))
