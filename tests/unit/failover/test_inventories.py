"""What a failover lost beside rows is seen by comparing what a node held before and after."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.inventories import (
    DatabaseHoldings,
    Holdings,
    Prepared,
    Sequence,
    Slot,
    compare,
    no_stale_slot,
)


def sequence(last: int | None, **changes: Any) -> Sequence:
    return Sequence.model_validate({
        "name": "public.orders_id_seq",
        "last": last,
        "step": 1,
        "cycles": False,
        "seen": True,
        **changes,
    })


def holdings(database: DatabaseHoldings | None = None, **changes: Any) -> Holdings:
    shop = database or DatabaseHoldings(sequences=(sequence(100),), publications=("sales",))
    made = Holdings(
        in_recovery=False,
        slots=(Slot(name="cdc", kind="logical", database="shop", active=True, holds=1),),
        prepared=(Prepared(gid="x1", database="shop"),),
        roles={"app": "inherit login limit -1"},
        settings={"fsync": "on", "max_connections": "100", "work_mem": "4096 kB"},
        databases={"shop": shop},
    )
    return made.model_copy(update=changes)


def check(name: str, before: Holdings, after: Holdings) -> Check:
    return {each.name: each for each in compare(before, after)}[name]


def test_the_same_is_passed() -> None:
    assert {each.verdict for each in compare(holdings(), holdings())} == {Verdict.PASSED}


def test_a_server_that_holds_none_of_it_is_not_asked_for_it() -> None:
    bare = Holdings(in_recovery=False)
    left_out = [each.name for each in compare(bare, bare) if each.verdict is Verdict.NOT_APPLICABLE]
    assert left_out == [
        "logical slots survived",
        "prepared transactions survived",
        "publications and subscriptions survived",
    ]


@pytest.mark.parametrize(
    ("after", "name", "said"),
    [
        (holdings(slots=()), "logical slots survived", "consumers of cdc lose changes"),
        (holdings(prepared=()), "prepared transactions survived", "ask their coordinator"),
        (holdings(roles={}), "roles survived", ""),
        (holdings(roles={"app": "login superuser"}), "roles survived", ""),
        (
            holdings(settings={"fsync": "off", "max_connections": "100"}),
            "settings that matter are the same",
            "",
        ),
        (
            holdings(settings={"fsync": "on", "max_connections": "50"}),
            "settings that matter are the same",
            "",
        ),
        (
            holdings(DatabaseHoldings(sequences=(sequence(99),), publications=("sales",))),
            "sequences of all databases ahead",
            "numbers that clients already hold",
        ),
        (
            holdings(DatabaseHoldings(sequences=(sequence(None),), publications=("sales",))),
            "sequences of all databases ahead",
            "numbers that clients already hold",
        ),
        (holdings(DatabaseHoldings()), "sequences of all databases ahead", "numbers"),
        (
            holdings(DatabaseHoldings(sequences=(sequence(100),))),
            "publications and subscriptions survived",
            "miss changes",
        ),
        (holdings(databases={}), "sequences of all databases ahead", "numbers"),
    ],
)
def test_what_is_gone_is_failed_by_its_name(after: Holdings, name: str, said: str) -> None:
    found = check(name, holdings(), after)
    assert found.verdict is Verdict.FAILED
    assert said in found.reason


def test_a_slot_that_nobody_used_is_told_and_no_failure() -> None:
    unused = holdings(slots=(Slot(name="old", kind="logical", database="shop"),))
    found = check("logical slots survived", unused, holdings(slots=()))
    assert found.verdict is Verdict.PASSED
    assert found.observed == ["old of shop: gone"]


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        (sequence(100), sequence(132), Verdict.PASSED),
        (sequence(None), sequence(None), Verdict.PASSED),
        (sequence(-5, step=-1), sequence(-37, step=-1), Verdict.PASSED),
        (sequence(-5, step=-1), sequence(-4, step=-1), Verdict.FAILED),
        (sequence(100, cycles=True), sequence(3, cycles=True), Verdict.PASSED),
        (sequence(None, seen=False), sequence(None), Verdict.INCONCLUSIVE),
    ],
)
def test_a_sequence_may_jump_ahead_and_never_back(was: Sequence, now: Sequence, verdict: Verdict) -> None:
    before, after = (holdings(DatabaseHoldings(sequences=(each,))) for each in (was, now))
    assert check("sequences of all databases ahead", before, after).verdict is verdict


def test_a_database_that_nobody_could_look_into_is_inconclusive() -> None:
    unseen = holdings(unseen={"hr": "permission denied"})
    for before, after in ((unseen, holdings()), (holdings(), unseen)):
        assert check("sequences of all databases ahead", before, after).verdict is Verdict.INCONCLUSIVE


def test_a_slot_that_keeps_wal_for_nobody_is_stale() -> None:
    assert no_stale_slot(holdings()).verdict is Verdict.PASSED
    stale = holdings(slots=(Slot(name="beta", kind="physical", holds=7),))
    assert no_stale_slot(stale).observed == ["beta (physical)"]
    assert no_stale_slot(stale).verdict is Verdict.FAILED
    assert no_stale_slot(holdings(slots=(Slot(name="new", kind="physical"),))).verdict is Verdict.PASSED
