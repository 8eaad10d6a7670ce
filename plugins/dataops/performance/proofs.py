"""Which proof stands beside which advice: tonight's, or that of an earlier night for the very same SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from zlib import crc32

from dataops.performance.finding import Advice, Finding
from dataops.performance.night import Night
from dataops.performance.proving.judging import BY_HYPOPG

STALE = timedelta(days=31)
"""After so long an earlier proof counts no more: rows and statements have changed since."""


def with_proofs(
    findings: Sequence[Finding], tried: Mapping[str, Advice], nights: Sequence[Night]
) -> tuple[Finding, ...]:
    """The findings, each with the advice that was tried for it, tonight or on an earlier night.

    ``tried`` is from a finding's key to its advice with its proof. Advice that was withdrawn stays so, while
    it is the same advice.
    """
    earlier = _earlier(nights)
    return tuple(_with_proof(finding, tried, earlier.get(finding.key, ())) for finding in findings)


def untried(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those whose advice has no proof that says yes or no."""
    return tuple(
        each
        for each in findings
        if each.advice and (each.advice.proof is None or each.advice.proof.helps is None)
    )


def is_due(database: str, day: date) -> bool:
    """Whether this is the day of the week on which the database's advice is tried; spread by its name."""
    return crc32(database.encode()) % 7 == day.weekday()


def _with_proof(finding: Finding, tried: Mapping[str, Advice], earlier: Sequence[Advice]) -> Finding:
    advice = tried.get(finding.key)
    if advice is None and finding.advice and finding.advice.proof is None:
        advice = next((each for each in earlier if _is_same(finding.advice, each)), None)
    return finding if advice is None else finding.model_copy(update={"advice": advice})


def _earlier(nights: Sequence[Night]) -> Mapping[str, Sequence[Advice]]:
    """From a finding's key to what was advised on earlier nights, newest first, while it is not stale."""
    advised: dict[str, list[Advice]] = {}
    for night in nights:
        if nights[0].until - night.until > STALE:
            break
        for finding in night.findings:
            if finding.advice is not None and finding.advice.proof is not None:
                advised.setdefault(finding.key, []).append(finding.advice)
    return advised


def _is_same(advice: Advice | None, earlier: Advice) -> bool:
    """Whether the earlier advice is for the same statement, and its proof with real data said yes or no.

    Its SQL may be another: where another index proved better, that one was advised. What the planner said on
    HypoPG is asked anew each night.
    """
    proof = earlier.proof
    return (
        advice is not None
        and advice.statement == earlier.statement
        and proof is not None
        and proof.helps is not None
        and proof.by != BY_HYPOPG
    )
