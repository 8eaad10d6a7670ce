"""Whatever ends a round early, the cluster is brought to an end once, at once, and the error goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard.acting import Acting
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.journaling import Journal, JournalTaken
from dataops.failover.round import ending
from dataops.failover.round.ending import brought_to_an_end, carried_through, end_early
from dataops.store import LeaseLost, StoreError

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


# Which of it is still ours to do.


def opened(told: Told, phase: Phase, monkeypatch: pytest.MonkeyPatch, taken: object = None) -> Any:
    """A stage in this phase; ``taken`` is what reading the journal again gives, or raises."""
    stage, _ = staged(told)
    begun = Round(
        **{"scenario": "crash", "run": "r", "server": "cell", "system_identifier": "1", "plan": "p"},
        **{"holder": "us", "primary": "alpha", "candidate": "beta"},
        phase=phase,
        undo=(Undo("heal", "alpha", "hang"),),
    )
    made: Any = stage
    made.journal = SimpleNamespace(round=begun, advance=told.advance, note=lambda **_: None)
    made.phase = phase
    made.committed = phase not in {Phase.PREPARED, Phase.BREAKING}
    made.job = SimpleNamespace(platform=SimpleNamespace(store=None), server=SimpleNamespace(name="cell"))

    def take_over(store: object, server: str, *, held: object) -> object:
        if isinstance(taken, Exception):
            raise taken
        return taken

    monkeypatch.setattr(Journal, "take_over", take_over)
    proven = Check(name="one writable primary", verdict=Verdict.PASSED)
    monkeypatch.setattr(ending, "Acting", partial(Acting, prove=lambda *_: proven))
    return made


def test_while_nobody_can_read_the_journal_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    stage = opened(told, Phase.BREAKING, monkeypatch, StoreError("the store is down"))

    assert end_early(stage, StoreError("the store is down")) is False
    assert told.acts == []
    assert stage.findings.checks[-1].observed == "left to the guard"


def test_before_the_commit_point_our_own_fault_is_healed_also_where_the_guard_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told()
    stage = opened(told, Phase.BREAKING, monkeypatch)

    assert end_early(stage, LeaseLost("the guard was faster")) is False
    assert told.acts == ["heal alpha"]


def test_past_it_nothing_more_is_done_where_the_guard_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    stage = opened(told, Phase.COMMITTED, monkeypatch)

    assert end_early(stage, JournalTaken("the guard was faster")) is False
    assert told.acts == []


def test_what_is_ours_is_healed_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    stage = opened(told, Phase.BREAKING, monkeypatch)

    assert end_early(stage, DataOpsError("no")) is True
    assert told.acts == ["heal alpha"]
