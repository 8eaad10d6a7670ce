"""The watch: what ends a round before its time, and what may not end it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast

import pytest
from dataops.failover.lever import Lever, Stopped
from dataops.failover.round.watch import NotInTime, RoundStopped, Watch
from dataops.failover.scenario import Stop
from dataops.store import Held, LeaseLost, ObjectMissing, ObjectStore, StoreError

from sandbox.deadline import wait_until

PULLED = json.dumps(asdict(Lever(True, "ada", "an incident", "2026-11-28T18:00:00Z"))).encode()


class Store:
    """A store with a lever, or without, or down."""

    patience = 1.0

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked = 0

    def patient_for(self, seconds: float) -> Store:
        return self

    def get(self, key: str) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Lease:
    """A lease that is ours until it is lost."""

    def __init__(self) -> None:
        self.lost = False

    def check(self) -> None:
        if self.lost:
            raise LeaseLost("the lease was lost")


def watch(answer: bytes | Exception | None = None, **stop: Any) -> tuple[Watch, Store, Lease]:
    store, lease = Store(answer or ObjectMissing("no lever")), Lease()
    made = Watch(cast(ObjectStore, store), cast(Held, lease), Stop(**stop), every=0.01)
    return made, store, lease


def test_while_all_is_well_the_round_goes_on() -> None:
    made, store, _ = watch()
    with made:
        assert wait_until(lambda: store.asked > 3, seconds=5)
        made.check()


@pytest.mark.parametrize("lever", [PULLED, b"not JSON"])
def test_a_lever_that_is_pulled_or_cannot_be_read_ends_it(lever: bytes) -> None:
    made, store, _ = watch(lever)
    with made:
        assert wait_until(lambda: store.asked > 0, seconds=5)
        with pytest.raises(Stopped):
            made.until(lambda: False, within=5, what="anything")


def test_a_store_that_is_down_ends_nothing_by_itself() -> None:
    made, store, _ = watch(StoreError("down"))
    with made:
        assert wait_until(lambda: store.asked > 3, seconds=5)
        made.check()


def test_a_lost_lease_ends_it_also_where_it_may_not_be_left() -> None:
    made, _, lease = watch()
    lease.lost = True
    with pytest.raises(LeaseLost):
        made.check()
    with pytest.raises(LeaseLost):
        made.until(lambda: False, within=5, what="anything", free=True)


def test_clients_without_service_for_too_long_end_it() -> None:
    made, _, _ = watch(unavailable=timedelta(seconds=10))
    made.unavailable = lambda: 11.0
    with pytest.raises(RoundStopped, match=r"stop\.unavailable"):
        made.check()


def test_a_round_that_takes_too_long_ends() -> None:
    made, _, _ = watch(longest=timedelta(seconds=10))
    made.begun -= 11
    assert made.left == pytest.approx(0)
    with pytest.raises(RoundStopped, match=r"stop\.longest"):
        made.check()


def test_what_must_be_gone_through_with_is_not_ended_by_lever_or_time() -> None:
    made, store, _ = watch(PULLED, longest=timedelta(seconds=10))
    made.begun -= 11
    answers = iter([False, False, True])
    with made:
        assert wait_until(lambda: store.asked > 0, seconds=5)
        made.until(lambda: next(answers), within=5, what="the promotion", every=0.001, free=True)


def test_what_does_not_come_about_is_named() -> None:
    made, _, _ = watch()
    with pytest.raises(NotInTime, match="beta follows alpha: not within"):
        made.until(lambda: False, within=0.02, what="beta follows alpha", every=0.001)
