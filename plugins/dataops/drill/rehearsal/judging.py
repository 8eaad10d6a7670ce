"""What a rehearsal makes of one fault: which checks saw it, and whether that proves anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from dataops.drill.rehearsal.fault import Family, Fault
from dataops.evidence.verdict import Check, Verdict

RED = frozenset({Verdict.FAILED, Verdict.INCONCLUSIVE})
SHOWN = 8
"""So many red checks of one fault stand in its line; their number is told."""


@dataclass(frozen=True)
class Look:
    """What a drill's checks said, and whether the scratch server still answered afterwards."""

    checks: tuple[Check, ...]
    survived: bool = True

    @property
    def red(self) -> tuple[Check, ...]:
        """Every check that is red, in order."""
        return tuple(check for check in self.checks if check.verdict in RED)


def clean_run(name: str, look: Look, seconds: float) -> Check:
    """The line of a drill into which nothing was put: whatever is red is a false alarm."""
    applicable = [each for each in look.checks if each.verdict is not Verdict.NOT_APPLICABLE]
    red = look.red
    verdict = Verdict.PASSED if applicable and not red else Verdict.FAILED
    reason = f"false alarm of {_spoken(red)}" if red else "" if applicable else "no check ran"
    return Check(
        name=name,
        verdict=verdict,
        expected="nothing red",
        observed=[*_names(red)] if red else f"{len(applicable)} checks passed",
        reason=reason,
        seconds=round(seconds, 3),
    )


def judged(fault: Fault, look: Look, clean: Iterable[str], seconds: float, where: str = "") -> Check:
    """The line of a fault: passed where a check turned red that is green without it.

    ``clean`` names what is red without any fault. Where the scratch server died of a fault that is not about
    that, nothing is known of the checks: inconclusive.
    """
    already = set(clean)
    red = [each for each in look.red if each.name not in already]
    expected = any(meant(fault, each) for each in red)
    verdict, reason = Verdict.PASSED, _how(fault, red, look, expected=expected)
    if not red:
        verdict, reason = Verdict.FAILED, f"no check saw it; {fault.seen_by} should have"
    elif not look.survived and fault.family is not Family.PROCESS:
        verdict = Verdict.INCONCLUSIVE
        reason = "the scratch server died of it, so nothing is known of the checks"
    return Check(
        name=fault.title,
        verdict=verdict,
        expected="seen",
        observed=_observed(red, where),
        reason=reason,
        seconds=round(seconds, 3),
    )


def not_put_in(fault: Fault, why: str, verdict: Verdict, seconds: float = 0.0) -> Check:
    """The line of a fault that was not put in: never counted as seen."""
    return Check(
        name=fault.title,
        verdict=verdict,
        expected="seen",
        observed="not put in",
        reason=why,
        seconds=round(seconds, 3),
    )


def meant(fault: Fault, check: Check) -> bool:
    """Whether this is the check that the fault names."""
    return fault.seen_by in check.name


def _how(fault: Fault, red: Sequence[Check], look: Look, *, expected: bool) -> str:
    """What is remarkable about how it was seen; empty where its own check failed."""
    unknown = [each for each in red if each.verdict is Verdict.INCONCLUSIVE]
    applicable = [each for each in look.checks if each.verdict is not Verdict.NOT_APPLICABLE]
    said = []
    if red and len(unknown) == len(red):
        share = f"{len(unknown)} of {len(applicable)}"
        if len(unknown) * 2 > len(applicable) > 2:
            said.append(f"seen only because everything broke: {share} checks could not run")
        else:
            said.append(f"seen only because {share} checks could not run")
    if not expected:
        said.append(f"expected of {fault.seen_by}")
    return "; ".join(said)


def _observed(red: Sequence[Check], where: str) -> JsonValue:
    seen: dict[str, JsonValue] = {"seen by": [*_names(red)]}
    return {"broken": where, **seen} if where else seen


def _names(red: Sequence[Check]) -> list[str]:
    names = [f"{each.name} ({each.verdict})" for each in red[:SHOWN]]
    return names + ([f"{len(red) - SHOWN} more"] if len(red) > SHOWN else [])


def _spoken(red: Sequence[Check]) -> str:
    more = f" and {len(red) - 1} more" if len(red) > 1 else ""
    why = f": {red[0].reason}" if red[0].reason else ""
    return f"{red[0].name}{more}{why}"
