"""Timing: the client's own time without service, of the worst session, cut at the marks."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.canary.timing import Split, Timing, timing, timings
from dataops.failover.marks import Marks
from dataops.failover.scenario import Promise
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.canary.builders import ledger, session

STEADY = 0.25
"""Three acknowledgements in a row, in steps of a tenth."""


def test_time_without_service_is_from_the_last_acknowledgement_to_the_first_lasting_one() -> None:
    found = timing(ledger(session("aaauffaaaa")), Marks(fault=0.35), steady=STEADY)
    assert (found.last, found.restored) == (pytest.approx(0.3), pytest.approx(0.7))
    assert found.rto == pytest.approx(0.4)
    assert found.felt


def test_an_acknowledgement_that_does_not_last_is_no_service() -> None:
    found = timing(ledger(session("aaafafafaaaa")), Marks(fault=0.35), steady=STEADY)
    assert found.rto == pytest.approx(0.9 - 0.3)


def test_a_write_that_the_old_primary_took_after_the_mark_counts_as_before_the_fault() -> None:
    found = timing(ledger(session("aaaafffaaaa")), Marks(fault=0.31), steady=STEADY)
    assert (found.last, found.restored) == (pytest.approx(0.4), pytest.approx(0.8))


def test_the_worst_session_counts() -> None:
    quick, slow = session("aaafaaaaaaa"), session("aaafffaaaaa", number=2)
    found = timing(ledger(quick, slow), Marks(fault=0.35), steady=STEADY)
    assert found.session == 2
    assert [each.rto for each in timings(ledger(quick, slow), Marks(fault=0.35), steady=STEADY)] == [
        pytest.approx(0.2),
        pytest.approx(0.4),
    ]


def test_a_session_without_service_is_worse_than_any() -> None:
    found = timing(
        ledger(session("aaaffffffaaaa"), session("aaaff", number=2)), Marks(fault=0.35), steady=STEADY
    )
    assert (found.session, found.rto) == (2, None)
    assert found.check(Promise()).verdict is Verdict.FAILED
    assert not found.figures()


def test_a_ledger_that_breaks_off_in_the_outage_leaves_it_open() -> None:
    broken = timing(ledger(session("aaaff"), ended=False), Marks(fault=0.35), steady=STEADY)
    assert broken.check(Promise()).verdict is Verdict.INCONCLUSIVE


def test_service_that_was_not_watched_for_long_enough_leaves_it_open() -> None:
    found = timing(ledger(session("aaaffaa")), Marks(fault=0.35), steady=STEADY)
    assert found.rto is None
    assert found.check(Promise()).verdict is Verdict.INCONCLUSIVE


def test_a_later_disturbance_belongs_to_the_later_time() -> None:
    whole = session("aaafaaaaafffaaaa")
    first = timing(ledger(whole), Marks(fault=0.35), steady=STEADY, until=0.9)
    second = timing(ledger(whole), Marks(fault=0.95), steady=STEADY)
    assert first.rto == pytest.approx(0.2)
    assert second.rto == pytest.approx(0.4)


def test_a_fault_that_no_write_felt_still_has_its_longest_pause() -> None:
    found = timing(ledger(session("aaa..aaaaa")), Marks(fault=0.35), steady=STEADY)
    assert not found.felt
    assert found.rto == pytest.approx(0.3)


def test_a_write_that_only_took_long_counts_where_it_is_worse_than_any_failure() -> None:
    found = timing(ledger(session("aaa.....aafaaaaa")), Marks(fault=0.35), steady=STEADY)
    assert found.felt
    assert (found.last, found.restored) == (pytest.approx(0.3), pytest.approx(0.9))


def test_a_write_that_took_long_once_service_was_restored_is_not_the_faults() -> None:
    found = timing(ledger(session("aaafaaaa......aaaa")), Marks(fault=0.35), steady=STEADY)
    assert (found.last, found.restored) == (pytest.approx(0.3), pytest.approx(0.5))


def test_a_canary_that_stopped_with_the_fault_measured_nothing() -> None:
    found = timing(ledger(session("aaa")), Marks(fault=0.35), steady=STEADY)
    assert found.rto is None
    assert found.check(Promise()).verdict is not Verdict.PASSED


def test_the_time_is_cut_at_the_marks() -> None:
    marks = Marks(fault=0.35, detected=0.4, fenced=0.45, promoted=0.6, routed=0.65)
    found = timing(ledger(session("aaaufffaaaa")), marks, steady=STEADY)
    assert found.split is not None
    assert astuple(found.split) == pytest.approx((0.1, 0.05, 0.15, 0.05, 0.15))


def test_a_client_that_still_writes_while_the_failure_is_detected_has_not_lost_that_time() -> None:
    marks = Marks(fault=0.05, detected=0.2, fenced=0.35, promoted=0.5, routed=None)
    found = timing(ledger(session("aaafffaaaa")), marks, steady=STEADY)
    assert found.split is not None
    assert astuple(found.split) == pytest.approx((0.0, 0.05, 0.15, 0.0, 0.2))


def test_the_figures_are_the_time_and_its_parts() -> None:
    marks = Marks(fault=0.35, detected=0.4, fenced=0.45, promoted=0.6, routed=0.65)
    found = timing(ledger(session("aaaufffaaaa")), marks, steady=STEADY)
    assert [(each.name, each.value) for each in found.figures()] == [
        ("rto", 0.5),
        ("detect", 0.1),
        ("fence", 0.05),
        ("promote", 0.15),
        ("route", 0.05),
        ("reconnect", 0.15),
    ]
    assert {each.unit for each in found.figures()} == {"seconds"}


def test_a_fault_that_was_not_felt_must_be_watched_for_long_enough_too() -> None:
    found = timing(ledger(session("aaaaa")), Marks(fault=0.35), steady=STEADY)
    assert (found.rto, found.well_for) == (None, pytest.approx(0.15))
    check = found.check(Promise())
    assert (check.verdict, check.observed) == (Verdict.INCONCLUSIVE, "not restored")
    assert "watched for 0.150 s only" in check.reason


def test_of_two_sessions_without_service_the_one_that_was_well_for_the_shortest_is_told() -> None:
    long, short = session("aaaffffaaa"), session("aaaffffffa", number=2)
    assert timing(ledger(long, short), Marks(fault=0.35), steady=STEADY).session == 2
    assert timing(ledger(short, long), Marks(fault=0.35), steady=STEADY).well_for == pytest.approx(0)


def test_a_promise_that_is_just_kept_is_kept() -> None:
    found = Timing(1, 0.0, 0.5, True, 3.0, Split(0.5, 0.0, 0.0, 0.0, 0.0))
    check = found.check(Promise(rto=timedelta(seconds=0.5)))
    assert (check.verdict, check.observed) == (Verdict.PASSED, "0.500 s")


def test_the_promise_is_held_against_it() -> None:
    found = timing(ledger(session("aaaffaaaa")), Marks(fault=0.35), steady=STEADY)
    assert found.check(Promise(rto=timedelta(seconds=0.31))).verdict is Verdict.PASSED
    late = found.check(Promise(rto=timedelta(seconds=0.29)))
    assert late.verdict is Verdict.FAILED
    assert "Longest was reconnect" in late.reason


def test_without_a_fault_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="fault"):
        timing(ledger(session("aaa")), Marks(), steady=STEADY)


moments = st.one_of(st.none(), st.floats(0, 4))


@given(st.text("afu.", min_size=1, max_size=40), st.floats(0, 3), moments, moments, moments, moments)
def test_the_parts_always_add_up_to_the_whole(outcomes, fault, detected, fenced, promoted, routed) -> None:  # type: ignore[no-untyped-def]
    marks = Marks(fault, detected, fenced, promoted, routed)
    for found in timings(ledger(session("aa" + outcomes), session(outcomes, number=2)), marks, steady=STEADY):
        assert (found.rto is None) == (found.split is None)
        if found.rto is not None and found.split is not None:
            assert found.rto >= 0
            assert sum(astuple(found.split)) == pytest.approx(found.rto)
            assert min(astuple(found.split)) >= 0


@given(st.lists(st.text("afu.", min_size=1, max_size=40), min_size=1, max_size=4))
def test_no_session_fared_worse_than_the_worst(outcomes: list[str]) -> None:
    sessions = [
        session("aaa" + each + "aaaa", number=n, interval=0.1 + n / 300) for n, each in enumerate(outcomes, 1)
    ]
    marks = Marks(fault=0.35)
    worst = timing(ledger(*sessions), marks, steady=STEADY)
    every = [each.rto for each in timings(ledger(*sessions), marks, steady=STEADY)]
    assert worst.rto == (None if None in every else max(each for each in every if each is not None))


@given(st.text("afu", min_size=1, max_size=30))
def test_more_trouble_never_makes_it_better(outcomes: str) -> None:
    calm = session("aaa" + "a" * len(outcomes) + "aaaa")
    troubled = session("aaa" + outcomes + "aaaa")
    marks = Marks(fault=0.35)
    before, after = (timing(ledger(each), marks, steady=STEADY).rto for each in (calm, troubled))
    assert before is not None and after is not None
    assert after >= before - 1e-9
