"""Staleness and reissued numbers, from the ledger alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import reissued
from dataops.failover.canary.staleness import staleness
from dataops.failover.canary.write import Look
from dataops.failover.scenario import Promise

from tests.unit.failover.canary.builders import ledger, session, write


def look(sent: float, *seen: int, reader: int = 1, reason: str = "") -> Look:
    return Look(
        reader, 1, "beta", sent, sent + 0.001, "w", seen=dict(enumerate(seen, start=1)), reason=reason
    )


def test_a_reader_that_sees_everything_is_not_stale() -> None:
    found = staleness(ledger(session("aaaa"), looks=[look(0.45, 4)]))
    assert (found.worst, found.looks) == (0.0, 1)
    assert found.check(Promise()).verdict is Verdict.PASSED


def test_what_a_reader_sees_is_as_old_as_the_oldest_write_that_it_misses() -> None:
    found = staleness(ledger(session("aaaa"), session("aaaa", number=2), looks=[look(0.45, 4, 2)]))
    assert found.worst == pytest.approx(0.15)
    assert found.where == "beta"


def test_a_write_that_was_acknowledged_only_after_the_look_is_not_missed() -> None:
    assert staleness(ledger(session("aaaa"), looks=[look(0.25, 2)])).worst == pytest.approx(0)


def test_only_acknowledged_writes_can_be_missed() -> None:
    assert staleness(ledger(session("aauf"), looks=[look(0.9, 2)])).worst == pytest.approx(0)


def test_too_old_is_red_and_no_look_leaves_it_open() -> None:
    promise = Promise(staleness=timedelta(seconds=0.1))
    assert staleness(ledger(session("aaaa"), looks=[look(0.45, 1)])).check(promise).verdict is Verdict.FAILED
    failed = staleness(ledger(session("aaaa"), looks=[look(0.45, reason="refused")]))
    assert failed.check(promise).verdict is Verdict.INCONCLUSIVE
    assert (failed.failed, failed.figures()) == (1, ())


def test_the_worst_look_and_the_usual_one_are_told() -> None:
    looks = [look(0.45, 4), look(0.45, 3), look(0.45, 1, reader=2), look(0.5, reason="refused")]
    found = staleness(ledger(session("aaaa"), looks=looks))
    assert (found.worst, found.median) == (pytest.approx(0.25), pytest.approx(0.05))
    assert found.check(Promise()).observed == {
        "worst seconds": 0.25,
        "median seconds": 0.05,
        "looks": 3,
        "unanswered": 1,
        "backwards": 1,
    }
    assert [each.value for each in found.figures()] == [pytest.approx(0.25), pytest.approx(0.05)]


def test_a_reader_that_sees_no_more_than_before_is_well() -> None:
    looks = [look(0.1, 0), look(0.3, 3), look(0.4, 3)]
    assert staleness(ledger(session("aaa"), looks=looks)).backwards == 0


def test_a_reader_that_sees_less_than_before_is_counted() -> None:
    looks = [look(0.3, 3), look(0.4, 2), look(0.5, 5), look(0.5, 1, reader=2)]
    assert staleness(ledger(session("aaaaa"), looks=looks)).backwards == 1


def test_a_number_that_two_writes_were_given_is_named() -> None:
    first, again = write(1, id=7), write(2, id=7, session=2, timeline=2)
    found = reissued.reissued(ledger([first], [again]))
    assert [(each.id, each.first, each.again) for each in found] == [(7, first, again)]
    check = reissued.check(found, lost=1)
    assert check.verdict is Verdict.FAILED
    assert "7: session 1 on timeline 1, session 2 on timeline 2" in str(check.observed)


def test_a_number_given_twice_in_two_ledgers_of_a_round_is_named() -> None:
    there, back = write(1, id=7), write(1, id=7)
    assert reissued.reissued(ledger([there]), ledger([back]))[0].id == 7


def test_numbers_that_differ_are_well() -> None:
    assert reissued.check(reissued.reissued(ledger(session("aaa"))), lost=0).verdict is Verdict.PASSED
