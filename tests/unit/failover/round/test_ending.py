"""Whatever ends a round early, the cluster is brought to an end once, at once, and the error goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Verdict
from dataops.failover.round import ending
from dataops.failover.round.ending import brought_to_an_end, carried_through

from tests.unit.failover.round.staging import Told, staged

Ended = list[BaseException]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Ended:
    found: Ended = []

    def end(stage: Any, error: BaseException) -> bool:
        found.append(error)
        return False

    monkeypatch.setattr(ending, "end_early", end)
    return found


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(ending, "_measure", lambda stage, leg: found.append(leg.name))
    return found


def test_what_goes_well_is_left_alone(ended: Ended, measured: list[str]) -> None:
    stage, leg = staged(Told())

    with brought_to_an_end(stage, leg):
        pass

    assert not ended
    assert not measured


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_it_is_ended_once_by_the_innermost_while_clients_still_write(
    ended: Ended, measured: list[str]
) -> None:
    stage, leg = staged(Told())
    error = DataOpsError("no")

    with pytest.raises(DataOpsError), brought_to_an_end(stage), brought_to_an_end(stage, leg):
        raising(error)()

    assert ended == [error]
    assert measured == ["failover"]
    assert stage.orderly is False


def test_an_interruption_leaves_no_time_for_measuring(ended: Ended, measured: list[str]) -> None:
    stage, leg = staged(Told())

    with pytest.raises(KeyboardInterrupt), brought_to_an_end(stage, leg):
        raising(KeyboardInterrupt())()

    assert len(ended) == 1
    assert not measured


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (None, Verdict.PASSED, ""),
        (DataOpsError("The node refused."), Verdict.FAILED, "The node refused."),
        (InconclusiveError("Nobody knows."), Verdict.INCONCLUSIVE, "Nobody knows."),
        (ZeroDivisionError("secret"), Verdict.INCONCLUSIVE, "ZeroDivisionError: see the log"),
        (SystemExit(143), Verdict.INCONCLUSIVE, "the process was told to end (SystemExit)"),
    ],
)
def test_a_round_that_ended_early_is_red_and_says_why(
    error: BaseException | None, verdict: Verdict, reason: str
) -> None:
    found = carried_through(error)

    assert (found.verdict, found.reason) == (verdict, reason)
