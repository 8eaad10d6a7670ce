"""A store that fails during a backup: tried again within limits, then told, and nothing half-published."""

from __future__ import annotations

import os
import random
import threading
import time

import pytest

from sandbox.deadline import wait_until
from tests.integration.store.faulty_store import Fault, FaultyStore
from tests.torture.conftest import Backups

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
ROUNDS = int(os.environ.get("DATAOPS_ROUNDS", "60")) if TORTURE else 1
ENDURED: list[Fault] = [503, 500, "reset", "mute", "short"]
FATAL: list[Fault] = [503, 507, "reset", "mute"]


def is_piece(method: str, path: str) -> bool:
    """Whether this request sends a part of the dump."""
    return method == "PUT" and "/pieces/" in path


def passes_again(backups: Backups) -> None:
    """The next run passes as soon as no dead run's lease stands, and then nothing unfinished is left."""
    backups.heal()
    known, told = backups.published(), len(backups.answers)
    assert wait_until(lambda: backups.run()[0] == 0, seconds=60, interval=0.5), backups.answers[-1]
    assert backups.answers[-1]["verdict"] == "passed"
    # A run that only the dead run's lease kept from expiring is red and has a backup all the same.
    theirs = {answer["backup_id"] for answer in backups.answers[told:]}
    assert {*known, backups.answers[-1]["backup_id"]} <= set(backups.published()) <= {*known, *theirs}
    backups.sweep()


@pytest.mark.torture
@pytest.mark.parametrize("fault", [503, "reset"] if TORTURE else ["reset"])
def test_five_bad_seconds_are_endured(backups: Backups, fault: Fault) -> None:
    begun: list[float] = []

    def decide(method: str, path: str) -> Fault:
        if is_piece(method, path) and not begun:
            begun.append(time.monotonic())
        return fault if begun and time.monotonic() < begun[0] + 5 else None

    backups.faulty.decide = decide
    code, answer = backups.run()
    assert begun
    assert (code, answer["verdict"]) == (0, "passed"), answer
    assert backups.published() == [answer["backup_id"]]
    backups.sweep()


@pytest.mark.torture
@pytest.mark.parametrize(
    ("fault", "words"),
    [(507, "no room left"), (503, "gave up after"), ("reset", "gave up after")][: None if TORTURE else 1],
)
def test_a_store_that_stays_bad_fails_the_run_with_its_reason(
    backups: Backups, impatient: None, fault: Fault, words: str
) -> None:
    backups.faulty.decide = lambda method, path: fault if is_piece(method, path) else None
    code, answer = backups.run()
    assert (code, answer["verdict"]) == (1, "failed"), answer["reason"]
    assert words in answer["reason"]
    assert not answer["spooled"]
    assert backups.published() == []
    passes_again(backups)


@pytest.mark.torture
def test_a_store_that_goes_away_leaves_the_evidence_to_the_next_run(
    backups: Backups, impatient: None
) -> None:
    gone = threading.Event()

    def decide(method: str, path: str) -> Fault:
        if is_piece(method, path):
            gone.set()
        return 503 if gone.is_set() else None

    backups.faulty.decide = decide
    code, answer = backups.run()
    assert (code, answer["verdict"], answer["spooled"]) == (1, "failed", True), answer["reason"]
    assert not backups.store.exists(answer["evidence"])
    assert backups.published() == []
    passes_again(backups)
    assert backups.store.exists(answer["evidence"])


def from_then_on(faulty: FaultyStore, fault: Fault, first: int, length: int | None) -> None:
    """After so many requests the fault: for ``length`` of them, or for good."""
    lock, count = threading.Lock(), [0]

    def decide(method: str, path: str) -> Fault:
        with lock:
            count[0] += 1
            return fault if first < count[0] <= (first + length if length else float("inf")) else None

    faulty.decide = decide


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_faults_at_random_moments(backups: Backups, impatient: None) -> None:
    seed = int(os.environ.get("DATAOPS_SEED") or random.randrange(1 << 32))
    chance = random.Random(seed)
    backups.faulty.requests.clear()
    code, answer = backups.run()
    assert code == 0, answer["reason"]
    length = len(backups.faulty.requests)
    verdicts: dict[str, int] = {}
    for number in range(ROUNDS):
        lasting = chance.random() < 0.5
        fault = chance.choice(FATAL if lasting else ENDURED)
        first = chance.randrange(length)
        case = f"seed {seed}, round {number}: {fault} {'for good' if lasting else 'once'} after {first}"
        known = set(backups.published())
        from_then_on(backups.faulty, fault, first, None if lasting else 1)
        code, answer = backups.run()
        backups.heal()
        now = set(backups.published())
        assert known <= now, case
        assert (code == 0) == (answer["verdict"] == "passed" and not answer["spooled"]), case
        assert code in {0, 1, 3}, (case, answer)
        if code == 0:
            assert now == known | {answer["backup_id"]}, case
        if not lasting:
            assert code == 0, (case, answer)
        verdict = f"{fault} {'for good' if lasting else 'once'}: {answer['verdict']}"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        passes_again(backups)
    print(f"\nseed {seed}, {length} requests a run, {ROUNDS} rounds:", *sorted(verdicts.items()), sep="\n  ")
