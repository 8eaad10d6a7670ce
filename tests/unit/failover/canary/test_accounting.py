"""Accounting: every write and every row in exactly one place, and a loss said as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.canary.accounting import Account, account, still_there
from dataops.failover.canary.schema import Row, Surviving
from dataops.failover.scenario import Promise
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.canary.builders import ledger, rows, session, write


def check_of(found: Account, name: str, promise: Promise | None = None) -> Check:
    return {check.name: check for check in found.checks(promise or Promise())}[name]


def test_nothing_is_lost_where_every_acknowledged_write_is_there() -> None:
    writes = session("aaaa")
    found = account(ledger(writes), rows(*writes))
    assert (found.acknowledged, found.rpo_rows, found.rpo_seconds, found.rpo_bytes) == (4, 0, 0.0, 0)
    assert {check.verdict for check in found.checks(Promise())} == {Verdict.PASSED}


def test_an_acknowledged_write_that_is_gone_is_lost_and_named() -> None:
    writes = session("aaaaa")
    found = account(ledger(writes), rows(*writes[:3]))
    assert [lost.id for lost in found.lost] == [1004, 1005]
    assert found.rpo_seconds == pytest.approx(0.101)
    assert found.rpo_bytes == 500 - 300
    check = check_of(found, "no acknowledged write lost")
    assert check.verdict is Verdict.FAILED
    assert isinstance(check.observed, dict) and check.observed["ids"] == [1004, 1005]


def test_without_a_fork_the_bytes_count_from_the_last_row_that_was_kept_before_the_first_lost_one() -> None:
    writes = session("aaaaaa")
    assert account(ledger(writes), rows(writes[0], writes[1], writes[4])).rpo_bytes == 600 - 200
    other = write(2, id=77, timeline=3)
    assert account(ledger([write(1, timeline=3), other]), rows()).rpo_bytes == 100


def test_what_is_allowed_is_said_in_the_scenarios_own_numbers() -> None:
    found = account(ledger(session("aa")), rows(*session("aa")))
    assert check_of(found, "no acknowledged write lost").expected == "no acknowledged write lost"
    some = Promise(rpo=timedelta(seconds=5), rpo_rows=3)
    assert check_of(found, "no acknowledged write lost", some).expected == (
        "acknowledged writes of at most 5 s lost and at most 3 acknowledged writes lost"
    )


def test_the_bytes_that_are_lost_count_from_the_fork_where_it_is_known() -> None:
    writes = session("aaaaa")
    assert account(ledger(writes), rows(*writes[:3]), fork=350).rpo_bytes == 150


def test_a_row_with_another_number_is_not_the_one_that_was_acknowledged() -> None:
    (only,) = writes = session("a")
    found = account(ledger(writes), Surviving(1000.0, (Row(1, 1, 9999),)))
    assert found.lost == (only,)
    assert found.phantoms == (Row(1, 1, 9999),)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (Row(1, 2, 5), "its writer was told that it failed"),
        (Row(1, 9, 5), "nobody sent it"),
        (Row(7, 1, 5), "there is no such session"),
        (Row(1, 1, 1001), "it is there twice"),
    ],
)
def test_a_row_that_should_not_be_there_is_a_phantom(extra: Row, why: str) -> None:
    writes = session("afa")
    surviving = rows(writes[0], writes[2])
    found = account(ledger(writes), replace(surviving, rows=(*surviving.rows, extra)))
    assert found.phantoms == (extra,), why
    assert check_of(found, "no phantom write").verdict is Verdict.FAILED


def test_an_unanswered_write_may_be_there_or_not() -> None:
    writes = session("auua")
    found = account(ledger(writes), rows(writes[0], writes[1], writes[3]))
    assert [each.n for each in found.unknown_present] == [2]
    assert [each.n for each in found.unknown_absent] == [3]
    assert {check.verdict for check in found.checks(Promise())} == {Verdict.PASSED}


def test_a_loss_behind_a_warning_is_named_as_such() -> None:
    hidden = write(2, warnings=("WARNING:  canceling wait for synchronous replication due to user request",))
    found = account(ledger([write(1), hidden]), rows(write(1)))
    assert found.hidden_by_warning == (hidden,)
    observed = check_of(found, "no acknowledged write lost").observed
    assert isinstance(observed, dict) and "hidden by a warning" in observed


def test_of_a_write_that_was_answered_after_the_rows_were_read_nothing_is_said() -> None:
    writes = session("aaa")
    found = account(ledger(writes, ended=False), rows(writes[0], read_at=0.15))
    assert found.pending == writes[1:]
    assert not found.lost


def test_a_row_under_way_when_the_ledger_was_read_is_not_a_phantom() -> None:
    writes = session("aa")
    surviving = Surviving(1000.0, (*rows(*writes).rows, Row(1, 3, 77)))
    assert account(ledger(writes, ended=False), surviving).in_flight == (Row(1, 3, 77),)
    assert account(ledger(writes, ended=True), surviving).phantoms == (Row(1, 3, 77),)


def test_everything_is_told_in_words_and_figures() -> None:
    writes = session("aaufuaa")
    found = account(ledger(writes), rows(*writes[:4], *writes[5:6]), fork=450)
    assert [(each.name, each.value) for each in found.figures()] == [
        ("rpo", 0.001),
        ("rpo rows", 1),
        ("rpo bytes", 250),
        ("acknowledged writes", 4),
        ("failed writes", 1),
        ("unknown writes", 2),
    ]
    loss, phantom, unknown = found.checks(Promise(rpo_rows=1))
    assert loss.observed == {"acknowledged": 4, "lost": 1, "seconds": 0.001, "bytes": 250, "ids": [1007]}
    assert loss.reason == "1 acknowledged writes are gone, from 0.001 s, which the scenario allows."
    assert (phantom.observed, phantom.reason) == (
        ["session 1, write 4, id 1004"],
        "1 rows are there that should not be.",
    )
    assert unknown.observed == {"there": ["1/3"], "not there": 1, "under way at the end": 0}
    assert unknown.reason.startswith("1 of 2 unanswered writes are there")


def test_where_all_is_well_nothing_is_said_of_it() -> None:
    writes = session("aa")
    checks = account(ledger(writes), rows(*writes)).checks(Promise())
    assert [check.reason for check in checks] == ["", "", ""]
    assert checks[1].observed == "none"


def test_a_loss_that_is_just_allowed_is_allowed() -> None:
    writes = session("aaa")
    found = account(ledger(writes), rows(*writes[:2]))
    exactly = Promise(rpo=timedelta(microseconds=round(found.rpo_seconds * 1e6) + 1))
    assert check_of(found, "no acknowledged write lost", exactly).verdict is Verdict.PASSED


def test_a_canary_that_was_acknowledged_nothing_proves_nothing() -> None:
    found = account(ledger(session("fff")), rows())
    assert check_of(found, "no acknowledged write lost").verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("promise", "verdict"),
    [
        (Promise(), Verdict.FAILED),
        (Promise(rpo_rows=1), Verdict.FAILED),
        (Promise(rpo_rows=2), Verdict.PASSED),
        (Promise(rpo=timedelta(seconds=5)), Verdict.PASSED),
        (Promise(rpo=timedelta(seconds=0.1)), Verdict.FAILED),
        (Promise(rpo=timedelta(seconds=5), rpo_rows=1), Verdict.FAILED),
        (Promise(rpo=timedelta(seconds=5), rpo_rows=0), Verdict.FAILED),
    ],
)
def test_a_loss_is_judged_by_every_limit_that_the_scenario_states(promise: Promise, verdict: Verdict) -> None:
    writes = session("aaaaa")
    found = account(ledger(writes), rows(*writes[:3]))
    assert check_of(found, "no acknowledged write lost", promise).verdict is verdict


def test_a_row_that_the_way_back_lost_is_named_and_one_that_was_lost_before_is_not() -> None:
    writes = session("aauaa")
    before = account(ledger(writes), rows(*writes[:4]))
    assert still_there(before, rows(*writes[:4])).verdict is Verdict.PASSED
    check = still_there(before, rows(*writes[1:]))
    assert check.verdict is Verdict.FAILED
    assert check.reason == "1 rows are gone: session 1, write 1"
    assert (check.expected, check.observed) == ("all 4 rows that were there before it", "3 of them")
    nothing = account(ledger(session("f")), rows())
    assert still_there(nothing, rows()).verdict is Verdict.INCONCLUSIVE


@given(
    st.lists(st.text("afu", max_size=12), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_every_write_and_every_row_stands_in_exactly_one_place(outcomes, random, ended) -> None:  # type: ignore[no-untyped-def]
    sessions = [session(each, number=number) for number, each in enumerate(outcomes, start=1)]
    every = [each for writes in sessions for each in writes]
    there = [each for each in every if random.random() < 0.5]
    strange = [
        Row(random.randint(1, 5), random.randint(1, 20), 10**6 + at) for at in range(random.randint(0, 3))
    ]
    surviving = Surviving(random.random() * 2, (*rows(*there).rows, *strange))
    found = account(ledger(*sessions, ended=ended), surviving)
    places = [
        *found.kept,
        *found.lost,
        *found.failed,
        *found.unknown_present,
        *found.unknown_absent,
        *found.pending,
    ]
    assert sorted((each.session, each.n) for each in places) == sorted(
        (each.session, each.n) for each in every
    )
    assert len(found.kept) + len(found.unknown_present) + len(found.phantoms) + len(found.in_flight) == len(
        surviving.rows
    )
    assert found.rpo_seconds >= 0 and found.rpo_bytes >= 0
    assert bool(found.lost) == (found.rpo_seconds > 0)
    acknowledged = {(each.session, each.n): each.id for each in every if each.acknowledged}
    exactly_there = {
        (row.session, row.n) for row in surviving.rows if acknowledged.get((row.session, row.n)) == row.id
    }
    assert {(each.session, each.n) for each in found.kept} <= exactly_there


@given(st.text("afu", min_size=1, max_size=20), st.data())
def test_deleting_an_acknowledged_row_is_always_red(outcomes: str, data: st.DataObject) -> None:
    writes = session("a" + outcomes)
    there = [each for each in writes if each.acknowledged]
    taken = data.draw(st.sampled_from(there))
    found = account(ledger(writes), rows(*(each for each in there if each is not taken)))
    assert found.lost == (taken,)
    assert check_of(found, "no acknowledged write lost").verdict is Verdict.FAILED
