"""What became of each change: one outcome a change, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dataops.evidence.verdict import Check, Part, Verdict, overall


class Result(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    ALREADY = "already there"
    """It was as the change wants it before we did anything."""
    FAILED = "failed"
    """The cluster did not take it."""
    REFUSED = "refused"
    """Something is no longer as it was when the plan was made: we did not do it."""
    UNKNOWN = "unknown"
    """We sent it and could not find out whether it was done."""
    SKIPPED = "not tried"
    """An earlier change of the same topic was not done, or the run ended before it."""

    @property
    def verdict(self) -> Verdict:
        if self in {Result.APPLIED, Result.ALREADY}:
            return Verdict.PASSED
        return Verdict.INCONCLUSIVE if self is Result.UNKNOWN else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Outcome:
    """``index`` is the change's place in its part of the plan; ``reason`` says why it was not done."""

    index: int
    resource: str
    kind: str
    result: Result
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether the cluster is now as this change wants it."""
        return self.result in {Result.APPLIED, Result.ALREADY}


@dataclass(frozen=True, slots=True)
class Report:
    """All outcomes in the order of the plan. ``resumed``: an earlier run of the same plan had died.

    ``left`` says in a sentence each what an earlier run left behind and what was done about it.
    """

    outcomes: tuple[Outcome, ...]
    resumed: bool = False
    left: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        return overall([self.check()])

    def check(self, name: str = "changes applied") -> Check:
        """The outcomes as one check with a part for each change."""
        if not self.outcomes:
            return Check(name=name, verdict=Verdict.NOT_APPLICABLE, reason="nothing to change")
        red = [outcome for outcome in self.outcomes if not outcome.done]
        verdict = _worst(outcome.result.verdict for outcome in self.outcomes)
        return Check(
            name=name,
            verdict=verdict,
            expected=f"{len(self.outcomes)} changes done",
            observed=f"{len(self.outcomes) - len(red)} changes done",
            reason=f"{red[0].resource}: {red[0].kind}: {red[0].result}: {red[0].reason}" if red else "",
            seconds=round(self.seconds, 3),
            parts=tuple(_part(outcome) for outcome in self.outcomes),
        )


def _part(outcome: Outcome) -> Part:
    return Part(
        name=f"{outcome.resource}: {outcome.kind}",
        verdict=outcome.result.verdict,
        observed=str(outcome.result),
        reason=outcome.reason,
    )


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        if verdict in found:
            return verdict
    return Verdict.PASSED
