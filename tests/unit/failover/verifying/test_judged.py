"""A check from its parts: the worst of them speaks, and nothing looked at is nothing proven."""

from __future__ import annotations

import pytest
from dataops.evidence.verdict import Part, Verdict
from dataops.failover.verifying.judged import judged, part

GOOD = part("a", True, expected="x", observed="x")
BAD = part("b", False, expected="x", observed="y", why="it broke")
OPEN = part("c", None, expected="x", observed="")
LEFT_OUT = Part(name="d", verdict=Verdict.NOT_APPLICABLE, reason="not here")


@pytest.mark.parametrize(
    ("parts", "verdict", "reason"),
    [
        ((GOOD,), Verdict.PASSED, ""),
        ((GOOD, LEFT_OUT), Verdict.PASSED, ""),
        ((GOOD, OPEN), Verdict.INCONCLUSIVE, "c: expected x, observed nothing"),
        ((OPEN, BAD, GOOD), Verdict.FAILED, "b: expected x, observed y (it broke)"),
        ((LEFT_OUT,), Verdict.INCONCLUSIVE, "nothing could be looked at"),
        ((), Verdict.INCONCLUSIVE, "nothing could be looked at"),
    ],
)
def test_the_worst_part_speaks(parts: tuple[Part, ...], verdict: Verdict, reason: str) -> None:
    check = judged("name", parts, expected="x")
    assert (check.verdict, check.reason, check.parts) == (verdict, reason, parts)
