"""Running a whole round on a cell, with a guard that watches and a pager that listens."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard import heartbeat
from dataops.failover.guard.service import Guard
from dataops.failover.job import Build, Job
from dataops.failover.run import Outcome, run

from sandbox.deadline import wait_until
from tests.integration.failover.cell import ENVIRONMENT, SERVER, Cell
from tests.integration.failover.guard.pager import FakePager, listening

RED = {Verdict.FAILED, Verdict.INCONCLUSIVE}


@contextmanager
def watched(cell: Cell) -> Generator[FakePager]:
    """A guard in this process and the pager that it rings, until the block ends."""
    with listening() as pager:
        cell.connections["dataops_pager"] = pager.connection()
        ending = threading.Event()
        guard = Guard(cell.platform, say=lambda line: None)
        thread = threading.Thread(target=guard.run, args=(ending,), daemon=True)
        thread.start()
        try:
            assert wait_until(lambda: _could_act(cell), seconds=20, interval=0.05), "no guard could act"
            yield pager
        finally:
            ending.set()
            thread.join(20)


def _could_act(cell: Cell) -> bool:
    guards = heartbeat.alive(cell.store, ENVIRONMENT)
    return any(not each.reaches.get(SERVER, "unknown") for each in guards)


def rehearse(cell: Cell, scenario: str = "crash", *, build: Build | None = None, say: bool = True) -> Outcome:
    """The whole test, from preflight to evidence."""
    tell = print if say else (lambda line: None)
    outcome = run(Job(cell.platform, scenario, tell, build=build))
    for check in outcome.record.checks:
        if check.verdict in RED:
            print(f"RED {check.name}: {check.verdict}: {check.reason or check.observed}")
    return outcome


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    """Every check by its name."""
    return {check.name: check.verdict for check in outcome.record.checks}


def red(outcome: Outcome) -> list[str]:
    """The names of the red checks."""
    return [check.name for check in outcome.record.checks if check.verdict in RED]


def check_of(outcome: Outcome, name: str) -> Check:
    """The check of this name."""
    return next(check for check in outcome.record.checks if check.name == name)


def figure(outcome: Outcome, name: str) -> float:
    """The figure of this name."""
    return next(each.value for each in outcome.record.figures if each.name == name)
