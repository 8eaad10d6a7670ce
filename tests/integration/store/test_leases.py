"""One holder at a time, and the others know who it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pytest
from dataops.store import LeaseHeld, LeaseLost, ObjectStore, lease
from dataops.store.leases import Held

from tests.integration.store.faulty_store import FaultyStore


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def is_lost(held: Held) -> bool:
    try:
        held.check()
    except LeaseLost:
        return True
    return False


def test_a_second_holder_is_refused_and_told_who_holds_it(store: ObjectStore) -> None:
    with lease(store, "backup/one", holder="first run on host-a") as held:
        held.check()
        sentence = r"'backup/one' is held by first run on host-a since \d{4}-"
        with pytest.raises(LeaseHeld, match=sentence), lease(store, "backup/one", holder="second"):
            pytest.fail("two holders")
        assert held.fence == 1
    with lease(store, "backup/one", holder="second") as held:
        assert held.fence == 2


def test_of_many_at_once_one_holds(store: ObjectStore) -> None:
    holding, refused = [], []
    gate, done = threading.Barrier(10), threading.Event()

    def attempt(name: str) -> None:
        gate.wait()
        try:
            with lease(store, "backup/race", holder=name) as held:
                holding.append((name, held.fence))
                done.wait(60)
        except LeaseHeld:
            refused.append(name)
        if len(refused) == 9:
            done.set()

    threads = [threading.Thread(target=attempt, args=(f"runner {n}",)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(holding) == 1
    assert len(refused) == 9


def test_a_lease_is_renewed_while_it_is_held(store: ObjectStore) -> None:
    def expiry() -> str:
        return str(json.loads(store.get("leases/backup/renewed.json"))["expires"])

    with lease(store, "backup/renewed", holder="long run", seconds=9) as held:
        first = expiry()
        until(lambda: expiry() > first)
        held.check()
    assert json.loads(store.get("leases/backup/renewed.json"))["released"] is True


def test_an_expired_lease_is_taken_over_and_the_old_holder_notices(store: ObjectStore) -> None:
    with lease(store, "backup/expired", holder="frozen", seconds=6) as frozen:
        frozen._ending.set()  # its renewals stop, as in a process that was paused

        def taken() -> bool:
            try:
                with lease(store, "backup/expired", holder="next") as held:
                    return held.fence == frozen.fence + 1
            except LeaseHeld:
                return False

        until(taken)
        assert is_lost(frozen)


def test_a_lease_taken_by_another_is_noticed_by_its_renewal(store: ObjectStore) -> None:
    with lease(store, "backup/stolen", holder="victim", seconds=6) as victim:
        store.put("leases/backup/stolen.json", "{}")
        until(lambda: bool(victim._lost))
        with pytest.raises(LeaseLost, match="somebody else took it over"):
            victim.check()
    assert store.get("leases/backup/stolen.json") == b"{}"


def test_a_store_that_stays_away_costs_the_lease(
    through: Callable[..., ObjectStore], faulty: FaultyStore
) -> None:
    with lease(through(), "backup/cut-off", holder="cut off", seconds=4) as held:
        faulty.fail(1_000_000, "reset")
        until(lambda: is_lost(held))
        with pytest.raises(LeaseLost, match="could not be renewed in time"):
            held.check()


def test_a_retry_inherits_from_its_dead_first_try(store: ObjectStore) -> None:
    with lease(store, "backup/retried", holder="run 7") as first:
        with pytest.raises(LeaseHeld), lease(store, "backup/retried", holder="run 8", inherit=True):
            pytest.fail("not its lease")
        with lease(store, "backup/retried", holder="run 7", inherit=True) as second:
            assert second.fence == first.fence + 1
