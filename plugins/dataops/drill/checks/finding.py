"""What one check found: a verdict with what was there and why; and what can keep it from finding anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from dataops.errors import InconclusiveError
from dataops.evidence.verdict import Part, Verdict

SHOWN = 20
"""So many faults stand in the evidence; their number is told in the reason."""


class Inability(InconclusiveError):
    """A check could not run: the sentence says why and what would let it."""


class Declared(InconclusiveError):
    """What a check compares with is declared not to exist: it is not applicable, with this reason."""


@dataclass(frozen=True)
class Finding:
    """What a check found. ``about`` tells several lines of one check apart: ``smoke: newest flight``."""

    verdict: Verdict
    observed: JsonValue = None
    reason: str = ""
    about: str = ""
    expected: JsonValue = None
    """Where it is known only after looking; otherwise what the check was registered with stands there."""
    parts: tuple[Part, ...] = ()
    """What it consists of, where people want to see that: the page shows them in a section of their own."""


def passed(
    observed: JsonValue = None, reason: str = "", *, about: str = "", expected: JsonValue = None
) -> Finding:
    """All is as it should be."""
    return Finding(Verdict.PASSED, observed, reason, about, expected)


def failed(observed: JsonValue, reason: str, *, about: str = "", expected: JsonValue = None) -> Finding:
    """Something is not as it should be; ``reason`` is a sentence that says what it means."""
    return Finding(Verdict.FAILED, observed, reason, about, expected)


def inconclusive(reason: str, observed: JsonValue = None, *, about: str = "") -> Finding:
    """Nobody can tell: red, but no proof of damage."""
    return Finding(Verdict.INCONCLUSIVE, observed, reason, about)


def not_applicable(reason: str, observed: JsonValue = None, *, about: str = "") -> Finding:
    """Declared impossible or meaningless by the manifest or the method, with the reason."""
    return Finding(Verdict.NOT_APPLICABLE, observed, reason, about)


def of_faults(faults: Sequence[str], otherwise: str, *, about: str = "") -> Finding:
    """Failed with the first ``SHOWN`` faults, or passed with ``otherwise`` as what was observed."""
    if not faults:
        return passed(otherwise, about=about)
    return failed([*faults[:SHOWN]], told(faults), about=about)


def told(faults: Sequence[str]) -> str:
    """One sentence: the first fault, and how many more there are."""
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{faults[0].rstrip('.')}{more}"
