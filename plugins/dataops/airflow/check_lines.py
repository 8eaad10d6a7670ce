"""The checks of a drill as the grid shows them: one small line each, and never too many. Pure.

A check that left a line for each database or class of objects is one line here, as red as the worst of them:
each line is a task of a second, and a server with ten databases has hundreds of them.
"""

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
    checks = _by_check(record.checks)
    if len(checks) <= SHOWN:
        return [_line(check, page) for check in checks]
    ordered = sorted(checks, key=lambda check: WORST_FIRST.index(check.verdict))
    return [_line(check, page) for check in (*ordered[: SHOWN - 1], _others(ordered[SHOWN - 1 :]))]


def _by_check(checks: Sequence[Check]) -> list[Check]:
    """One check for all lines of one check, in the order of their first ones."""
    from dataops.drill.checks.registry import registered

    known = {each.name for each in registered()}
    gathered: dict[str, list[Check]] = {}
    for check in checks:
        name = next((part for part in check.name.split(": ") if part in known), check.name)
        gathered.setdefault(name, []).append(check)
    alone = {name for name, lines in gathered.items() if [check.name for check in lines] == [name]}
    return [lines[0] if name in alone else _together(name, lines) for name, lines in gathered.items()]


def _together(name: str, lines: Sequence[Check]) -> Check:
    """The worst line's words, behind how many there are of each verdict."""
    worst = min(lines, key=lambda check: WORST_FIRST.index(check.verdict))
    return Check(
        name=name,
        verdict=worst.verdict,
        expected=worst.expected,
        observed=worst.observed if worst.verdict in WORST_FIRST[:2] else _counted(lines),
        reason=f"{worst.name}: {worst.reason}" if worst.reason else "",
        seconds=round(sum(check.seconds for check in lines), 3),
    )


def _counted(checks: Sequence[Check]) -> str:
    counts = {verdict: sum(check.verdict is verdict for check in checks) for verdict in WORST_FIRST}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def _others(rest: Sequence[Check]) -> Check:
    """All the others as one check; sorted by verdict as they are, the first one is the worst."""
    return Check(
        name=f"{len(rest)} more checks",
        verdict=rest[0].verdict,
        observed=_counted(rest),
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
