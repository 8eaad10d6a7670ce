"""The checks of a drill as the grid shows them: one small line each, and never too many. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.evidence.verdict import Check, Verdict

if TYPE_CHECKING:
    from dataops.evidence.record import Record

SHOWN = 100
"""Lines at most: each is a task of a second, and the evidence page has them all."""
LONGEST = 300
"""Characters of what was expected, observed, and why."""
WORST_FIRST = (Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED, Verdict.NOT_APPLICABLE)


def check_lines(record: Record, page: str) -> list[dict[str, JsonValue]]:
    """One line a check; of more than ``SHOWN`` the red ones first, and a last line for all the others."""
    if len(record.checks) <= SHOWN:
        return [_line(check, page) for check in record.checks]
    ordered = sorted(record.checks, key=lambda check: WORST_FIRST.index(check.verdict))
    return [_line(check, page) for check in (*ordered[: SHOWN - 1], _others(ordered[SHOWN - 1 :]))]


def _others(rest: Sequence[Check]) -> Check:
    """All the others as one check; sorted by verdict as they are, the first one is the worst."""
    counts = {verdict: sum(check.verdict is verdict for check in rest) for verdict in WORST_FIRST}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return Check(
        name=f"{len(rest)} more checks",
        verdict=rest[0].verdict,
        observed=told,
        reason="the evidence page shows each",
        seconds=round(sum(check.seconds for check in rest), 3),
    )


def _line(check: Check, page: str) -> dict[str, JsonValue]:
    return {
        "name": check.name[:LONGEST],
        "verdict": check.verdict.value,
        "expected": _short(check.expected),
        "observed": _short(check.observed),
        "reason": _short(check.reason),
        "seconds": check.seconds,
        "page": page,
    }


def _short(value: JsonValue) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
