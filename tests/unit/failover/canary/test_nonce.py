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


def test_each_node_is_told_in_words() -> None:
    writes = [answer("alpha", TAKES), answer("beta", READS), answer("gamma", AWAY)]
    check = one_writable_primary(writes, proven_down=("gamma",))
    assert [part.observed for part in check.parts] == [
        "acknowledged on timeline 2",
        "read only",
        "unreachable, proven down",
    ]
    assert (check.expected, check.observed) == ("one node takes a write, no other does", "alpha (timeline 2)")
    named = one_writable_primary([answer("alpha", READS)], expected="alpha")
    assert (named.expected, named.observed) == ("alpha takes a write, no other does", "none")
    silent = one_writable_primary([answer("alpha", TAKES), answer("beta", AWAY)])
    assert [part.verdict for part in silent.parts] == [Verdict.PASSED, Verdict.INCONCLUSIVE]


def test_a_split_brain_names_the_nodes() -> None:
    check = one_writable_primary([answer("alpha", TAKES), answer("beta", TAKES)])
    assert "alpha (timeline 2), beta (timeline 2)" in check.reason
    assert {part.verdict for part in check.parts} == {Verdict.FAILED}
