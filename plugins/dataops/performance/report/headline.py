"""The verdict of a night, and the one sentence above everything."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from dataops.evidence.steps import first_red
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.performance.finding import Finding, Severity, Status
from dataops.performance.report.coverage import is_blind, why_blind
from dataops.performance.report.document import Area, DataCheck
from dataops.performance.report.numbers import counted

RANKS = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}
SLOWER = "statement-slower"
"""The code of the rule that compares statements with earlier days."""
_SENTENCE = re.compile(r"(?:`[^`]*`|[^`])+?\.(?= [A-Z`])")
SHOWN = 200
"""Findings that a record of evidence holds; the report has all."""


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The worst first, and of equally bad ones those that cost most; what is fixed or accepted comes last."""
    return tuple(
        sorted(
            findings,
            key=lambda each: (
                not is_open(each),
                each.status is Status.FIXED,
                RANKS[each.severity],
                -each.impact,
                -each.confidence,
                each.key,
            ),
        )
    )


def is_open(finding: Finding) -> bool:
    """Whether somebody still has to look at it."""
    return finding.status is not Status.FIXED and finding.acknowledged is None


def of_severity(findings: Sequence[Finding], severity: Severity) -> list[Finding]:
    """The open ones of a severity."""
    return [each for each in findings if is_open(each) and each.severity is severity]


def tally(findings: Sequence[Finding]) -> str:
    """The open ones, such as ``1 critical, 3 warnings, 12 notices``; empty for none."""
    counts = [(len(of_severity(findings, severity)), severity) for severity in reversed(Severity)]
    words = {Severity.CRITICAL: ("critical", "critical")}
    return ", ".join(
        counted(number, *words.get(severity, (severity.value, f"{severity.value}s")))
        for number, severity in counts
        if number
    )


def is_warned(verdict: Verdict, findings: Sequence[Finding]) -> bool:
    """Whether the night passed and somebody should look all the same: nobody may take that for all well."""
    return verdict is Verdict.PASSED and bool(of_severity(findings, Severity.WARNING))


def verdict_line(verdict: Verdict, findings: Sequence[Finding]) -> str:
    """Such as ``passed, with 3 warnings, 12 notices``."""
    told = tally(findings)
    return f"{verdict}, with {told}" if told else str(verdict)


def no_danger(findings: Sequence[Finding]) -> Check:
    """The check that nothing critical is open; a warning is told and is no failure."""
    critical = of_severity(findings, Severity.CRITICAL)
    told = [each for each in ordered(findings) if is_open(each)]
    return Check(
        name="no danger",
        verdict=Verdict.FAILED if critical else Verdict.PASSED,
        expected="no critical finding that nobody has acknowledged",
        observed=", ".join(
            counted(len(of_severity(told, severity)), severity.value) for severity in Severity
        ),
        reason=ordered(critical)[0].sentence if critical else "",
        parts=tuple(
            Part(
                name=f"{each.code}: {each.object}",
                verdict=Verdict.FAILED if each.severity is Severity.CRITICAL else Verdict.NOT_APPLICABLE,
                observed=each.severity.value,
                reason=each.sentence,
            )
            for each in told[:SHOWN]
        ),
    )


def headline(
    database: str,
    findings: Sequence[Finding],
    areas: Sequence[Area],
    data_checks: Sequence[DataCheck],
    *,
    checks: Sequence[Check] = (),
    unseen: Collection[str] = (),
) -> str:
    """What somebody who reads one sentence has to know.

    ``checks`` are those of the other steps, ``unseen`` the codes of rules that could not look.
    """
    blind = [area for area in areas if is_blind(area)]
    unmeasured = f" {counted(len(blind), 'kind')} of statistics could not be measured." if blind else ""
    critical = ordered(of_severity(findings, Severity.CRITICAL))
    warnings = ordered(of_severity(findings, Severity.WARNING))
    red = [check for check in data_checks if check.verdict is Verdict.FAILED]
    if critical:
        more = f", and {counted(len(critical) - 1, 'more critical finding')}" if len(critical) > 1 else ""
        return f"{database} is in danger: {_clause(critical[0].sentence)}{more}.{unmeasured}"
    if red:
        tables = ", ".join(check.table for check in red[:3])
        also = f" Beside that: {counted(len(warnings), 'warning')}." if warnings else ""
        return f"The data of {database} is not as expected in {tables}.{also}{unmeasured}"
    if all(is_blind(area) or area.declared for area in areas):
        return f"Nobody can tell how {database} was: nothing could be measured."
    if warnings:
        rest = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
        return (
            f"{database} works, but somebody should look: {_clause(warnings[0].sentence)}{rest}.{unmeasured}"
        )
    return _calm(database, blind, first_red(checks), unseen)


def _calm(database: str, blind: Sequence[Area], red: Check | None, unseen: Collection[str]) -> str:
    """Nothing wrong was seen, which is well only where everything was looked at."""
    but = f"Nothing wrong was seen on {database}, but"
    if blind:
        kinds = counted(len(blind), "kind")
        return f"{but} {kinds} of statistics could not be measured: {_clause(why_blind(blind[0]))}."
    if red is not None:
        return f"{but} {red.name} is {red.verdict}: {_clause(red.reason)}."
    if SLOWER in unseen:
        return f"{database} is well: nothing will break soon. Whether anything got slower cannot be told yet."
    return f"{database} is well: nothing got slower, and nothing will break soon."


def _clause(text: str) -> str:
    """The first sentence inside another; a full stop inside of a statement's text ends none."""
    end = _SENTENCE.match(text)
    return (end[0] if end else text).strip().rstrip(".")
