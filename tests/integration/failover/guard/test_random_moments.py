"""A whole round, its coordinator killed at a random moment, the guard a service of its own: twenty times.

Each test says what it measured (``-s`` shows it): seconds from the kill until the cluster was in order and a
person was paged. The lease is the scenario's; nothing is promised sooner than it runs out.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from dataops.evidence import listing
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict
from dataops.failover import journaling
from dataops.failover.bringing_back import Wish, bring_back
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.guard import heartbeat
from dataops.failover.journal import Phase
from dataops.failover.journaling import Entry
from dataops.failover.topology import Role
from dataops.inventory import Server

from tests.integration.failover.cell import ENVIRONMENT, Cell
from tests.integration.failover.guard.pager import FakePager, listening
from tests.integration.failover.guard.witness import Witness

ROUNDS = 20 if os.environ.get("DATAOPS_TORTURE") else 0
SEED = int(os.environ.get("DATAOPS_SEED", "20261128"))
LEASE = 6
LONGEST = 7.0
"""Seconds of a whole round, about: every other moment is drawn from these, after the journal was opened."""
SLOWER = 3.0
"""The same of faults that must first be noticed by somebody who waits for an answer."""
OTHERS: dict[str, dict[str, Any]] = {
    "switchover": {"mode": "switchover"},
    "hang": {"fault": "hang"},
    "cut": {"mode": "partition", "fault": "cut_node"},
    "link": {"mode": "partition", "fault": "cut_replication"},
}
"""Scenarios whose coordinator is killed as well, by name: what differs from a crash."""
CRITICAL = 0.5
"""Seconds from the journal's word that something is about to break until the new primary serves, about: the
other moments are drawn from these, or most would fall into the long rejoin."""


@dataclass(frozen=True)
class Moment:
    """So many seconds after the round of a scenario entered a phase."""

    scenario: str
    after: Phase
    seconds: float

    def __str__(self) -> str:
        return f"{self.scenario} {self.seconds:.2f} s after {self.after}"


def moments() -> list[Moment]:
    """Of a crash half of them anywhere in the round, half in its critical section; then those of others."""
    drawn = random.Random(SEED)
    windows = [("crash", Phase.PREPARED, LONGEST), ("crash", Phase.BREAKING, CRITICAL)] * (ROUNDS // 2)
    others = [(name, Phase.BREAKING, SLOWER) for name in OTHERS] * (ROUNDS // 10)
    return [Moment(name, after, drawn.uniform(0, width)) for name, after, width in windows + others]


@dataclass
class Arena:
    """A cell with its guard as a service, and a pager."""

    cell: Cell
    pager: FakePager

    def entry(self) -> Entry | None:
        return journaling.read(self.cell.store, "cell")

    @contextmanager
    def round(self, scenario: str) -> Generator[subprocess.Popen[bytes]]:
        """``dataops failover run``, once its journal stands open."""
        before = self.entry()
        log = (self.cell.folder / "round.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "dataops.cli", "failover", "run", scenario],
            env=self.cell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: self.began(before) or process.poll() is not None, "the round begins")
            assert process.poll() is None, (self.cell.folder / "round.log").read_text()[-3000:]
            yield process
        finally:
            process.kill()
            process.wait()
            log.close()

    def phase(self) -> Phase | None:
        found = self.entry()
        return found.round.phase if found is not None else None

    def began(self, before: Entry | None) -> bool:
        found = self.entry()
        return found is not None and (before is None or found.round.run != before.round.run)

    def make_whole(self) -> None:
        """What is left to a person: whoever does not follow comes back, and alpha is primary again."""
        server = self.cell.platform.inventory.subject("cell")
        assert isinstance(server, Server)
        driver = driver_of(self.cell.platform, server, lambda line: None)
        try:
            primary = self.cell.primary
            for node in driver.observe().nodes:
                if node.name != primary and not (node.role is Role.STANDBY and node.streaming):
                    wish = Wish("cell", node.name, "carol")
                    record, _ = bring_back(self.cell.platform, wish, say=lambda line: None)
                    assert record.verdict is Verdict.PASSED, record.reason
            if primary != "alpha":
                driver.switch(primary, "alpha")
                driver.route("alpha")
                driver.rejoin(primary, "alpha")
        finally:
            driver.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def arena(shared_cell: Cell) -> Iterator[Arena]:
    with listening() as pager:
        shared_cell.connections["dataops_pager"] = pager.connection()
        for name, fields in {"crash": {}, **OTHERS}.items():
            shared_cell.write_scenario(name, stop={"lease": f"{LEASE}s"}, **fields)
        with shared_cell.guard():
            wait_for(lambda: watched(shared_cell), "the guard is ready")
            yield Arena(shared_cell, pager)


def watched(cell: Cell) -> bool:
    return any(dict(each.reaches) == {"cell": ""} for each in heartbeat.alive(cell.store, ENVIRONMENT))


@pytest.mark.torture
@pytest.mark.timeout(240)
@pytest.mark.parametrize("moment", moments(), ids=str)
def test_a_coordinator_killed_at_a_random_moment_leaves_a_cluster_that_is_healed_or_fenced(
    arena: Arena, moment: Moment
) -> None:
    arena.pager.requests.clear()
    cell = arena.cell
    assert cell.primary == "alpha"
    with Witness(cell) as witness:
        with arena.round(moment.scenario) as process:
            if moment.after is Phase.BREAKING:
                wait_for(lambda: arena.phase() is not Phase.PREPARED, "something is about to break")
            ended = wait_until(lambda: process.poll() is not None, moment.seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed = time.monotonic()
        if ended:
            pytest.skip("the round was over before")
        wait_for(lambda: is_closed(arena), "the guard closes the round", seconds=90)
        closed = time.monotonic() - killed
        entry = arena.entry()
        assert entry is not None
        told = entry.round
        before = [each.phase for each in entry.trail if not each.holder.startswith("guard")][-1]
        if before is Phase.FINISHED:
            pytest.skip("the round was over in its very last moment")
        serving = told.primary if before in {Phase.PREPARED, Phase.BREAKING} else told.candidate
        now = time.monotonic()
        wait_for(lambda: witness.took(serving, now), f"{serving} takes writes")
        wait_for(lambda: bool(arena.pager.pages), "somebody is paged")
        paged = time.monotonic() - killed
    leg, end = told.facts.get("leg", "failover"), told.facts["ended by"].rpartition(": ")[2]
    print(
        f"killed {moment}, as {before} ({leg}): {end}; in order after {closed:.1f} s, "
        f"paged after {paged:.1f} s, lease {LEASE} s"
    )
    assert witness.split_brains() == []
    assert cell.primaries() == [serving]
    assert all("NOT in order" not in each["text"] for each in arena.pager.pages), arena.pager.pages
    wait_for(lambda: told.run in runs_on_record(cell), "the guard leaves evidence")
    newest = runs_on_record(cell)[told.run]
    assert [each.name for each in newest.checks if each.verdict is not Verdict.PASSED] == [
        "the coordinator lives"
    ]
    arena.make_whole()
    wait_for(lambda: cell.caught_up("beta"), "all are in their place")


def runs_on_record(cell: Cell) -> dict[str, Record]:
    """The guard's evidence by the round that it is about."""
    found = [
        listing.show(cell.store, each.key) for each in listing.records(cell.store, "failover_guard", "cell")
    ]
    return {str(each.details["run"]): each for each in found}


def is_closed(arena: Arena) -> bool:
    found = arena.entry()
    return found is not None and not found.is_open


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    assert wait_until(condition, seconds), what
