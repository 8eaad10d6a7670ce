"""Waiting and asking beside it, without a cluster."""

from __future__ import annotations

import threading

import pytest
from dataops.failover.drivers.automatic import Asked, wait_until
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown


def test_a_condition_is_asked_at_least_once_and_not_beyond_its_time() -> None:
    asked = []

    def never() -> bool:
        asked.append(1)
        return False

    assert not wait_until(never, seconds=0, every=1)
    assert len(asked) == 1
    assert wait_until(lambda: len(asked) > 2 or never(), seconds=5, every=0.001)


@pytest.mark.parametrize(
    ("error", "raised"), [(DriverFailed("no"), True), (OutcomeUnknown("?"), False), (None, False)]
)
def test_only_a_refusal_is_an_answer(error: Exception | None, *, raised: bool) -> None:
    answered = threading.Event()

    def question() -> None:
        answered.set()
        if error is not None:
            raise error

    asked = Asked(question)
    assert answered.wait(5)

    def refused() -> bool:
        try:
            asked.refuse()
        except DriverFailed:
            return True
        return False

    assert wait_until(refused, seconds=5 if raised else 0.05, every=0.01) is raised
    Asked().refuse()
