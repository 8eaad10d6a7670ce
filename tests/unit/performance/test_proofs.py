"""Which proof stands beside which advice, and on which day it is tried."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dataops.performance.finding import Advice, Cause, Finding, Proof, Severity
from dataops.performance.night import Night
from dataops.performance.proofs import is_due, untried, with_proofs
from dataops.performance.proving.judging import BY_HYPOPG

TONIGHT = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
ADVICE = Advice(sentence="Index it.", sql="CREATE INDEX CONCURRENTLY ON orders (a);", statement="SELECT $1")
TRIED = ADVICE.model_copy(
    update={"proof": Proof(by="scratch server", helps=True, sentence="812 ms before, 3 ms after.")}
)
WITHDRAWN = ADVICE.model_copy(
    update={"proof": Proof(by="scratch server", helps=False, sentence="812 ms before, 815 ms after.")}
)


def finding(advice: Advice | None = ADVICE, code: str = "slow-statement") -> Finding:
    return Finding(
        code=code,
        object="orders",
        severity=Severity.WARNING,
        cause=Cause.GREW,
        sentence="It got slower.",
        advice=advice,
    )


def night(days: int, *findings: Finding) -> Night:
    return Night(until=TONIGHT - timedelta(days=days), findings=findings)


def test_what_was_tried_tonight_stands_beside_its_finding() -> None:
    (found,) = with_proofs([finding()], {"slow-statement:orders": TRIED}, [night(1, finding(WITHDRAWN))])
    assert found.advice == TRIED


def test_advice_that_did_not_help_last_week_stays_withdrawn() -> None:
    nights = [night(1, finding()), night(6, finding(WITHDRAWN)), night(13, finding(TRIED))]
    (found,) = with_proofs([finding()], {}, nights)
    assert found.advice == WITHDRAWN


def test_an_earlier_proof_of_another_statement_or_finding_is_none() -> None:
    other = WITHDRAWN.model_copy(update={"statement": "SELECT 2"})
    nights = [night(1, finding(other), finding(WITHDRAWN, code="missing-index"))]
    (found,) = with_proofs([finding()], {}, nights)
    assert found.advice == ADVICE


def test_a_proof_grows_old() -> None:
    (found,) = with_proofs([finding()], {}, [night(1), night(40, finding(TRIED))])
    assert found.advice == ADVICE


def test_what_the_planner_said_is_asked_again() -> None:
    planned = ADVICE.model_copy(update={"proof": Proof(by=BY_HYPOPG, helps=True, sentence="Cheaper.")})
    (found,) = with_proofs([finding()], {}, [night(1, finding(planned))])
    assert found.advice == ADVICE
    assert untried([found]) == (found,)
    assert untried([finding(TRIED), finding(None)]) == ()


def test_every_database_has_one_day_of_the_week() -> None:
    week = [date(2026, 11, 23) + timedelta(days=number) for number in range(7)]
    for name in ("orders", "flights", "customers"):
        assert sum(is_due(name, day) for day in week) == 1
