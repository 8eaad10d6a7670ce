"""A check from the parts that it consists of: failed beats inconclusive beats passed. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from dataops.evidence.verdict import Check, Part, Verdict


def judged(
    name: str, parts: Iterable[Part], *, expected: JsonValue, observed: JsonValue = None, seconds: float = 0.0
) -> Check:
    """The check, with the reason of its worst part. Without any applicable part it proved nothing."""
    every = tuple(parts)
    applicable = [each for each in every if each.verdict is not Verdict.NOT_APPLICABLE]
    worst = worst_of(each.verdict for each in applicable) if applicable else Verdict.INCONCLUSIVE
    first = next((each for each in applicable if each.verdict is worst), None)
    reason = "" if worst is Verdict.PASSED else (first.reason if first else "nothing could be looked at")
    return Check(
        name=name,
        verdict=worst,
        expected=expected,
        observed=observed,
        reason=reason,
        parts=every,
        seconds=round(seconds, 3),
    )


def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Failed, else inconclusive, else passed."""
    found = set(verdicts)
    return next((each for each in (Verdict.FAILED, Verdict.INCONCLUSIVE) if each in found), Verdict.PASSED)


def part(name: str, good: bool | None, *, expected: object, observed: object, why: str = "") -> Part:
    """One thing that was looked at; ``good`` is None where nobody could tell."""
    verdict = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.INCONCLUSIVE}[good]
    seen = str(observed) or "nothing"
    reason = "" if good else f"{name}: expected {expected}, observed {seen}" + (f" ({why})" if why else "")
    return Part(name=name, verdict=verdict, expected=str(expected), observed=str(observed), reason=reason)
