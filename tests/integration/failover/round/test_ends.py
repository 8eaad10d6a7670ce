"""A round that cannot go on: healed before its commit point, brought forward after it, never reverted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataops.evidence.steps import Say, StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import journaling, lever
from dataops.failover.drivers.native import build
from dataops.failover.job import Job
from dataops.failover.journal import Phase
from dataops.failover.journaling import Journal
from dataops.failover.run import carry_out
from dataops.inventory import Server
from dataops.platform import Platform

from tests.integration.failover.cell import SERVER, Cell
from tests.integration.failover.guard.pager import FakePager
from tests.integration.failover.round.rounds import check_of, red, rehearse, watched


@pytest.fixture(scope="module")
def pager(shared_cell: Cell) -> Iterator[FakePager]:
    shared_cell.write_scenario("crash", failback=False, load={"sessions": 1, "rate": 50, "steady": "1s"})
    with watched(shared_cell) as pager:
        yield pager


class Bent:
    """The cell's own driver, but for what a test does instead."""

    def __init__(self, **instead: Any) -> None:
        self.instead = instead
        self.calls: list[str] = []
        self.real: Any = None

    def build(self, platform: Platform, server: Server, say: Say) -> Any:
        self.real = build(platform, server, say)
        return self

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.real, name)
        if name not in self.instead:
            return real

        def bent(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            return self.instead[name](real, *arguments, **named)

        return bent


def journal_phase(cell: Cell) -> Phase:
    entry = journaling.read(cell.store, SERVER)
    assert entry is not None
    return entry.round.phase


def is_whole(cell: Cell) -> bool:
    return cell.primaries() == ["alpha"] and cell.caught_up("beta")


def test_a_fault_without_effect_proves_nothing_and_leaves_nothing(
    shared_cell: Cell, pager: FakePager
) -> None:
    bent = Bent(inject=lambda real, fault, node: None)

    outcome = rehearse(shared_cell, build=bent.build)

    assert outcome.record.verdict is Verdict.INCONCLUSIVE
    assert check_of(outcome, "fault took effect").verdict is Verdict.INCONCLUSIVE
    assert is_whole(shared_cell)
    assert journal_phase(shared_cell) is Phase.FINISHED


def test_the_lever_ends_a_round_before_its_commit_point(shared_cell: Cell, pager: FakePager) -> None:
    def pulled(real: Any, node: str) -> bool:
        """The node hangs, and somebody has seen enough before it is given up."""
        lever.pull(shared_cell.store, who="tester", why="enough")
        return False

    load = {"sessions": 1, "rate": 50, "patience": "20s", "steady": "1s"}
    shared_cell.write_scenario("patient", fault="hang", failback=False, load=load)
    try:
        outcome = rehearse(shared_cell, "patient", build=Bent(dead=pulled).build)
    finally:
        lever.release(shared_cell.store, who="tester", why="done")

    assert "round carried through" in red(outcome)
    assert "kill lever" in check_of(outcome, "round carried through").reason
    assert is_whole(shared_cell)
    assert journal_phase(shared_cell) is Phase.FINISHED


def test_an_interruption_heals_first(shared_cell: Cell, pager: FakePager) -> None:
    def interrupted(real: Any, fault: str, node: str) -> Check:
        raise KeyboardInterrupt

    bent = Bent(effect=interrupted)
    reports: list[StepReport] = []
    job = Job(shared_cell.platform, "crash", print, build=bent.build)

    with pytest.raises(KeyboardInterrupt):
        carry_out(job, "", told=reports.append)

    assert [check.name for check in reports[0].checks if check.verdict is Verdict.INCONCLUSIVE] == [
        "round carried through"
    ]
    assert is_whole(shared_cell)
    assert journal_phase(shared_cell) is Phase.FINISHED


def test_past_the_commit_point_the_only_way_is_forward(
    shared_cell: Cell, pager: FakePager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted while the commit point was on its way: nothing is done on a guess, the store decides."""
    advance = Journal.advance

    def interrupted(journal: Journal, phase: Phase, **more: Any) -> Any:
        before = journal.entry
        told = advance(journal, phase, **more)
        if phase is Phase.COMMITTED:
            journal.entry = before  # the answer never came
            raise KeyboardInterrupt
        return told

    monkeypatch.setattr(Journal, "advance", interrupted)
    reports: list[StepReport] = []

    with pytest.raises(KeyboardInterrupt):
        carry_out(Job(shared_cell.platform, "crash", print), "", told=reports.append)

    found = {check.name: check.verdict for check in reports[0].checks}
    assert found["the new primary serves"] is Verdict.PASSED
    assert found["one writable primary"] is Verdict.PASSED
    assert shared_cell.primaries() == ["beta"]
    assert any("ended early" in title for title in pager.titles)
    assert journal_phase(shared_cell) is Phase.FINISHED
