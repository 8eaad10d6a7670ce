"""What was done is taken back in reverse, and one thing that cannot be does not keep the others."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import Driver, DriverFailed, OutcomeUnknown
from dataops.failover.journal import Undo
from dataops.failover.undoing import undo_all


class Recorder:
    """A driver that only notes what it was told, and fails where it shall."""

    def __init__(self, **failing: Exception) -> None:
        self.told: list[tuple[str, ...]] = []
        self.failing = failing

    def __getattr__(self, action: str) -> Any:
        def act(*arguments: str) -> None:
            self.told.append((action, *arguments))
            if action in self.failing:
                raise self.failing[action]

        return act

    def as_driver(self) -> Driver:
        driver: Any = self
        return driver


UNDO = (
    Undo("route", "alpha"),
    Undo("start", "alpha", "stop"),
    Undo("unfence", "alpha"),
    Undo("heal", "alpha", "cut_node"),
)


def test_the_last_thing_is_taken_back_first() -> None:
    driver, said = Recorder(), []
    checks = undo_all(driver.as_driver(), UNDO, said.append)
    assert driver.told == [
        ("heal", "cut_node", "alpha"),
        ("unfence", "alpha"),
        ("heal", "stop", "alpha"),
        ("route", "alpha"),
    ]
    assert [each.name for each in checks] == [
        "heal cut_node of alpha",
        "take the fence from alpha",
        "start alpha",
        "lead the route to alpha",
    ]
    assert {each.verdict for each in checks} == {Verdict.PASSED}
    assert len(said) == len(UNDO)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DriverFailed("alpha does not start"), Verdict.FAILED),
        (OutcomeUnknown("nobody answered"), Verdict.INCONCLUSIVE),
    ],
)
def test_one_that_fails_is_red_and_the_others_are_taken_back_all_the_same(
    error: Exception, verdict: Verdict
) -> None:
    driver = Recorder(unfence=error)
    checks = undo_all(driver.as_driver(), UNDO, lambda _: None)
    assert len(driver.told) == len(UNDO)
    assert [each.verdict for each in checks] == [Verdict.PASSED, verdict, Verdict.PASSED, Verdict.PASSED]
    assert checks[1].reason == str(error)
