"""A check always leaves a verdict, and what could not run never counts as passed."""

from __future__ import annotations

import pytest
from dataops.errors import DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict, overall, reason


def test_what_was_seen_decides():
    assert checked("a", "on", lambda: Seen(True, "on")).verdict is Verdict.PASSED
    red = checked("a", "on", lambda: Seen(False, "off", "somebody switched it off"))
    assert (red.verdict, red.expected, red.observed) == (Verdict.FAILED, "on", "off")
    assert red.reason == "somebody switched it off"


def test_nothing_to_look_at_stands_outside_the_verdict():
    assert checked("a", "on", lambda: None).verdict is Verdict.NOT_APPLICABLE


def test_a_look_that_fails_is_inconclusive_and_says_why():
    def look() -> Seen:
        raise DataOpsError("The store does not answer.")

    check = checked("a", "on", look)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.reason == "could not run: The store does not answer."


def test_a_look_that_breaks_is_inconclusive_and_tells_no_secret():
    def look() -> Seen:
        raise ValueError("password=canary")

    check = checked("a", "on", look)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "canary" not in check.model_dump_json()


P, F, I, N = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE  # ruff: ignore[ambiguous-variable-name]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], I),
        ([N], I),
        ([P], P),
        ([P, N], P),
        ([P, I], I),
        ([I, F, P], F),
        ([F, N], F),
    ],
)
def test_the_verdict_of_a_run_is_its_worst_check(verdicts: list[Verdict], expected: Verdict):
    assert overall(Check(name="c", verdict=verdict) for verdict in verdicts) is expected


def test_the_reason_names_the_worst_red_check_and_counts_the_others():
    checks = [
        Check(name="archiver", verdict=I, reason="could not run"),
        Check(name="rows", verdict=F, expected=3, observed=2),
        Check(name="size", verdict=P),
    ]
    assert reason(checks) == "rows: expected 3, observed 2 (1 more of 3 checks are red)."
    assert reason([Check(name="size", verdict=P)]) == "All 1 checks passed."
    assert reason([]) == "No check ran, so nothing is proven."


def test_exit_codes_are_those_of_the_contract():
    assert [verdict.exit_code for verdict in (P, F, I)] == [0, 1, 3]
