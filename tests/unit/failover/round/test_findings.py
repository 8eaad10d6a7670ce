"""What a round found: nothing is taken back, and a question that could not be asked stands there by name."""

from __future__ import annotations

import pytest
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.round.findings import Findings


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def findings(said: list[str]) -> Findings:
    return Findings(said.append)


def check(verdict: Verdict, name: str = "a") -> Check:
    return Check(name=name, verdict=verdict, reason="" if verdict is Verdict.PASSED else "why")


def test_checks_are_kept_in_their_order_and_told(findings: Findings, said: list[str]) -> None:
    findings.add(check(Verdict.PASSED, "a"), check(Verdict.FAILED, "b"))
    assert [each.name for each in findings.checks] == ["a", "b"]
    assert said == ["passed: a", "failed: b: why"]


def test_a_question_that_cannot_be_asked_is_open_by_name(findings: Findings) -> None:
    def question() -> Check:
        raise DataOpsError("the node is gone")

    findings.ask("same rows", question, expected="the same")
    (found,) = findings.checks
    assert (found.name, found.verdict, found.expected) == ("same rows", Verdict.INCONCLUSIVE, "the same")
    assert found.reason == "could not run: the node is gone"


def test_a_bug_is_no_answer_and_ends_no_round(findings: Findings) -> None:
    findings.ask("a", lambda: check(Verdict.PASSED) if 1 // 0 else ())
    findings.ask("b", lambda: check(Verdict.PASSED))

    assert [each.verdict for each in findings.checks] == [Verdict.INCONCLUSIVE, Verdict.PASSED]
    assert findings.checks[0].reason == "could not run: ZeroDivisionError: see the log"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DataOpsError("no"), Verdict.FAILED),
        (InconclusiveError("who knows"), Verdict.INCONCLUSIVE),
        (RuntimeError("a bug"), Verdict.INCONCLUSIVE),
        (KeyboardInterrupt(), Verdict.INCONCLUSIVE),
    ],
)
def test_a_part_that_is_cut_short_is_red_and_lets_the_error_through(
    findings: Findings, error: BaseException, verdict: Verdict
) -> None:
    with pytest.raises(type(error)), findings.part("promote"):
        findings.add(check(Verdict.PASSED))
        raise error
    (part,) = findings.parts
    assert (part.name, part.verdict) == ("promote", verdict)
    assert part.started <= part.finished


def test_a_part_has_the_verdict_of_its_own_checks(findings: Findings) -> None:
    findings.add(check(Verdict.FAILED))
    with findings.part("one"):
        findings.add(check(Verdict.PASSED), check(Verdict.NOT_APPLICABLE))
    with findings.part("two"):
        pass
    assert [part.verdict for part in findings.parts] == [Verdict.PASSED, Verdict.NOT_APPLICABLE]


def test_the_first_red_check_is_a_failed_one_where_there_is_one(findings: Findings) -> None:
    assert findings.red is None
    findings.add(check(Verdict.INCONCLUSIVE, "open"), check(Verdict.FAILED, "bad"))
    assert findings.red is not None and findings.red.name == "bad"


def test_only_what_was_measured_is_a_figure(findings: Findings) -> None:
    findings.measure("rto", None, "seconds")
    findings.measure("rpo", 0.123456, "seconds")
    assert [(each.name, each.value) for each in findings.figures] == [("rpo", 0.1235)]
