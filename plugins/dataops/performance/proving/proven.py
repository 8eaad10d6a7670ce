"""What proofs leave: the findings with their proofs, and one check a finding for the evidence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.performance.advising import Rewritten
from dataops.performance.finding import Advice, Finding, Proof
from dataops.performance.proving.judging import not_tried


@dataclass(frozen=True)
class Proven:
    """Findings in their order, their advice with its proof where it was to be tried.

    ``checks`` say what could be tried: a withdrawn advice is a passed check, for it was found out; one that
    could not be tried is inconclusive.
    """

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def helping(self) -> int:
        """How many pieces of advice were found to help."""
        return sum(_proof(each) is True for each in self.findings)

    @property
    def withdrawn(self) -> int:
        """How many pieces of advice were found not to help."""
        return sum(_proof(each) is False for each in self.findings)


def _proof(finding: Finding) -> bool | None:
    return finding.advice.proof.helps if finding.advice and finding.advice.proof else None


def builds(finding: Finding) -> bool:
    """Whether its advice builds an index for a statement."""
    advice = finding.advice
    return advice is not None and bool(advice.statement) and _first_words(advice).startswith("CREATE INDEX")


def drops(finding: Finding) -> bool:
    """Whether its advice drops an index."""
    return finding.advice is not None and _first_words(finding.advice).startswith("DROP INDEX")


def rewrites(finding: Finding) -> bool:
    """Whether its advice asks a statement in another form."""
    return finding.advice is not None and Rewritten.read(finding.advice.sql) is not None


def can_be_planned(finding: Finding) -> bool:
    """Whether a planner alone can try its advice."""
    return builds(finding) or rewrites(finding)


def can_be_executed(finding: Finding) -> bool:
    """Whether its advice can be tried on a scratch server."""
    return can_be_planned(finding) or drops(finding)


def _first_words(advice: Advice) -> str:
    return " ".join(advice.sql.upper().split()[:2])


def with_proofs(
    findings: Sequence[Finding],
    tried: Callable[[Advice], Advice],
    to_be_tried: Callable[[Finding], bool] = can_be_planned,
) -> tuple[Finding, ...]:
    """The findings with what ``tried`` made of their advice, the one with the most impact first tried.

    The same advice for the same statement is tried once.
    """
    made: dict[tuple[str, str], Advice] = {}
    for finding in sorted(filter(to_be_tried, findings), key=lambda each: -each.impact):
        assert finding.advice is not None
        key = (finding.advice.sql, finding.advice.statement)
        if key not in made:
            made[key] = tried(finding.advice)
    return tuple(
        each.model_copy(update={"advice": made[each.advice.sql, each.advice.statement]})
        if each.advice is not None and to_be_tried(each)
        else each
        for each in findings
    )


def untried(
    findings: Sequence[Finding], by: str, reason: str, to_be_tried: Callable[[Finding], bool] = can_be_planned
) -> tuple[Finding, ...]:
    """The findings where nothing could be tried at all, and why."""
    proof = not_tried(by, reason)
    return with_proofs(findings, lambda advice: advice.model_copy(update={"proof": proof}), to_be_tried)


def checks_of(findings: Sequence[Finding]) -> tuple[Check, ...]:
    """One check for each finding whose advice was to be tried."""
    return tuple(
        _check(each, each.advice.proof) for each in findings if each.advice is not None and each.advice.proof
    )


def _check(finding: Finding, proof: Proof) -> Check:
    return Check(
        name=f"proof of {finding.key}",
        verdict=Verdict.INCONCLUSIVE if proof.helps is None else Verdict.PASSED,
        expected="the advice is tried",
        observed=proof.sentence,
        reason=proof.sentence if proof.helps is None else "",
    )
