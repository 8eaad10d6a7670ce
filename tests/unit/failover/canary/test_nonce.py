"""One writable primary: two answers are a split brain, and silence is not a no."""

from __future__ import annotations

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.canary.nonce import NonceWrite, Taken, one_writable_primary


def answer(node: str, taken: Taken) -> NonceWrite:
    return NonceWrite(node, taken, "abc", timeline=2 if taken is Taken.ACKNOWLEDGED else 0)


TAKES, READS, AWAY, UNCLEAR = Taken.ACKNOWLEDGED, Taken.READ_ONLY, Taken.UNREACHABLE, Taken.UNCLEAR


@pytest.mark.parametrize(
    ("taken", "down", "expected", "verdict"),
    [
        ((TAKES, READS), (), None, Verdict.PASSED),
        ((TAKES, READS), (), "alpha", Verdict.PASSED),
        ((TAKES, READS), (), "beta", Verdict.FAILED),
        ((TAKES, TAKES), (), None, Verdict.FAILED),
        ((TAKES, TAKES), ("beta",), None, Verdict.FAILED),
        ((TAKES, AWAY), (), None, Verdict.INCONCLUSIVE),
        ((TAKES, AWAY), ("beta",), "alpha", Verdict.PASSED),
        ((TAKES, UNCLEAR), (), None, Verdict.INCONCLUSIVE),
        ((TAKES, UNCLEAR), ("beta",), None, Verdict.PASSED),
        ((READS, READS), (), None, Verdict.FAILED),
        ((READS, AWAY), ("beta",), None, Verdict.FAILED),
        ((AWAY, AWAY), (), None, Verdict.INCONCLUSIVE),
        ((TAKES, TAKES, AWAY), (), None, Verdict.FAILED),
    ],
)
def test_exactly_one_node_takes_writes_and_all_others_are_known_not_to(
    taken: tuple[Taken, ...], down: tuple[str, ...], expected: str | None, verdict: Verdict
) -> None:
    writes = [answer(node, each) for node, each in zip(("alpha", "beta", "gamma"), taken, strict=False)]
    check = one_writable_primary(writes, proven_down=down, expected=expected)
    assert check.verdict is verdict
    assert check.name == "one writable primary"
    assert (not check.reason) == (verdict is Verdict.PASSED)


def test_a_split_brain_names_the_nodes() -> None:
    check = one_writable_primary([answer("alpha", TAKES), answer("beta", TAKES)])
    assert "alpha (timeline 2), beta (timeline 2)" in check.reason
    assert {part.verdict for part in check.parts} == {Verdict.FAILED}
