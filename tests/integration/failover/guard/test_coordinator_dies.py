"""The coordinator of a round is killed, at every point of it, on real servers under load.

Before the commit point the cluster is as it was, after it the old primary is fenced and the new one serves; a
person is paged; and at no moment two nodes took writes.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from dataops.evidence import listing
from dataops.evidence.verdict import Verdict
from dataops.failover import journaling
from dataops.failover.bringing_back import Wish, bring_back
from dataops.failover.guard import heartbeat
from dataops.failover.guard import watch as watching
from dataops.failover.guard.course import Course, Decision
from dataops.failover.guard.service import Guard
from dataops.failover.guard.watch import Acted

from tests.integration.failover.cell import Cell
from tests.integration.failover.guard.coordinator import LEASE, POINTS
from tests.integration.failover.guard.pager import FakePager, listening
from tests.integration.failover.guard.witness import Witness

BEFORE_COMMIT = POINTS[: POINTS.index("committed")]
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
DYING = POINTS if TORTURE else ("committed",)
SLEEPING = ("broken", "committed", "fenced", "promoted") if TORTURE else ("broken",)


@dataclass
class Lead:
    """Who leads a round, from which node to which."""

    process: subprocess.Popen[str]
    old: str
    new: str

    def wake(self) -> str:
        """Let it go on where it slept; how it ended."""
        self.process.send_signal(signal.SIGCONT)
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        assert self.process.wait(30) != 0
        return said


@dataclass
class Ring:
    """A cell whose rounds go to and fro, and what is around it."""

    cell: Cell
    pager: FakePager
    said: list[str]

    @contextmanager
    def led_to(self, point: str, end: str) -> Generator[Lead]:
        """A round, led up to the point by a process that halts there."""
        old = self.cell.primary
        new = next(name for name in self.cell.clusters if name != old)
        run = f"20260101T000000Z-{secrets.token_hex(3)}"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.failover.guard.coordinator", run, old, new, point, end],
            env=self.cell.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None and process.stderr is not None
            if process.stdout.readline() != f"at {point}\n":
                raise AssertionError(process.stderr.read())
            try:
                yield Lead(process, old, new)
            finally:
                process.kill()

    def abandon(self, point: str) -> Lead:
        """A round whose coordinator was killed at the point."""
        with self.led_to(point, "dies") as lead:
            pass
        return lead

    def guard_acts(self, guard: Guard) -> Acted:
        """Look until the guard has acted: once the lease has run out, and not before."""
        deadline = time.monotonic() + LEASE + 20
        while time.monotonic() < deadline:
            for acted in guard.tick():
                return acted
            time.sleep(0.1)
        raise AssertionError(f"the guard did nothing: {guard.troubles} {self.said}")

    def bring_back(self, node: str) -> None:
        """What is left to a person past the commit point."""
        record, _ = bring_back(self.cell.platform, Wish("cell", node, "carol"), say=self.said.append)
        assert record.verdict is Verdict.PASSED, record.reason


@pytest.fixture(scope="module")
def ring(shared_cell: Cell) -> Iterator[Ring]:
    with listening() as pager:
        shared_cell.connections["dataops_pager"] = pager.connection()
        yield Ring(shared_cell, pager, [])


@pytest.fixture
def guard(ring: Ring) -> Guard:
    ring.pager.requests.clear()
    ring.said.clear()
    return Guard(ring.cell.platform, say=ring.said.append, patience=20)


@pytest.mark.torture
@pytest.mark.parametrize("point", DYING)
def test_wherever_the_coordinator_is_killed_one_primary_serves_and_a_person_knows(
    ring: Ring, guard: Guard, point: str
) -> None:
    with Witness(ring.cell) as witness:
        lead = ring.abandon(point)
        acted = ring.guard_acts(guard)
        assert acted.settled, [each for each in acted.record.checks if each.verdict is not Verdict.PASSED]
        serving = lead.old if point in BEFORE_COMMIT else lead.new
        now = time.monotonic()
        wait_for(lambda: witness.took(serving, now), "the primary takes writes")
    assert witness.split_brains() == []
    assert ring.cell.primaries() == [serving]
    assert acted.course is expected_course(point)

    (page,) = ring.pager.pages
    assert page["details"]["led by"] == "a coordinator that will be killed"
    record = listing.show(ring.cell.store, acted.published.key if acted.published else "")
    assert record.verdict is Verdict.FAILED
    red = [each.name for each in record.checks if each.verdict is not Verdict.PASSED]
    assert red == ["the coordinator lives"]
    entry = journaling.read(ring.cell.store, "cell")
    assert entry is not None and not entry.is_open

    if serving == lead.new and point != "rejoined":
        assert ring.cell.processes(lead.old) == []
        ring.bring_back(lead.old)
    wait_for(lambda: ring.cell.caught_up(lead.old if serving == lead.new else lead.new), "it follows")


@pytest.mark.torture
@pytest.mark.parametrize("point", SLEEPING)
def test_a_coordinator_that_only_slept_cannot_go_on_once_it_wakes(
    ring: Ring, guard: Guard, point: str
) -> None:
    with Witness(ring.cell) as witness, ring.led_to(point, "sleeps") as lead:
        acted = ring.guard_acts(guard)
        assert acted.settled
        said = lead.wake()
        serving = lead.old if point in BEFORE_COMMIT else lead.new
        now = time.monotonic()
        wait_for(lambda: witness.took(serving, now), "the primary takes writes")
    assert "LeaseLost" in said or "JournalTaken" in said
    assert witness.split_brains() == []
    assert ring.cell.primaries() == [serving]
    if serving == lead.new:
        ring.bring_back(lead.old)


@pytest.mark.skipif(not TORTURE, reason="make torture asks whether the witness can be trusted")
def test_a_guard_that_forgets_the_commit_point_is_caught(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old primary started beside the new one: what these tests are there to see."""
    monkeypatch.setattr(watching, "decide", lambda *_, **__: Decision(Course.HEAL, "it forgot"))
    with Witness(ring.cell) as witness:
        lead = ring.abandon("routed")
        start_without_fence(ring.cell, lead.old)
        acted = ring.guard_acts(Guard(ring.cell.platform, say=ring.said.append, patience=1))
        wait_for(lambda: bool(witness.split_brains()), "the old primary takes writes too")
    assert not acted.settled
    found = {each.name: each for each in acted.record.checks}["one writable primary"]
    assert found.verdict is Verdict.FAILED
    assert "Split brain" in found.reason
    monkeypatch.undo()
    acted = ring.guard_acts(Guard(ring.cell.platform, say=ring.said.append, patience=20))
    assert acted.settled
    assert ring.cell.primaries() == [lead.new]
    ring.bring_back(lead.old)


def start_without_fence(cell: Cell, node: str) -> None:
    """Start a fenced node as a primary, as only somebody who takes its fence away can."""
    data = cell.cluster(node).data
    postmaster = Path(f"/proc/{(data / 'postmaster.pid').read_text().split()[0]}")
    wait_for(lambda: not postmaster.exists(), "the killed postmaster is reaped")
    (data / "standby.signal").unlink()
    cell.start(node)


def test_two_guards_run_as_services_and_one_of_them_acts(ring: Ring) -> None:
    ring.pager.requests.clear()
    store = ring.cell.store
    before = len(list(listing.records(store, "failover_guard", "cell")))

    def ready(count: int) -> bool:
        found = heartbeat.alive(store, ring.cell.platform.environment)
        return len(found) == count and all(dict(each.reaches) == {"cell": ""} for each in found)

    with ring.cell.guard() as first, ring.cell.guard() as second:
        wait_for(lambda: ready(2), "both are alive and reach the server")
        lead = ring.abandon("broken")
        wait_for(lambda: bool(ring.pager.pages), "somebody is paged")
        wait_for(lambda: len(list(listing.records(store, "failover_guard", "cell"))) > before, "evidence")
        assert ring.cell.primaries() == [lead.old]
        first.terminate()
        assert first.wait(20) == 143
        wait_for(lambda: ready(1), "the one that ended is no longer told")
        second.terminate()
        assert second.wait(20) == 143
    assert heartbeat.alive(store, ring.cell.platform.environment) == ()
    assert len(ring.pager.pages) == 1
    assert len(list(listing.records(store, "failover_guard", "cell"))) == before + 1


def expected_course(point: str) -> Course:
    if point in BEFORE_COMMIT:
        return Course.HEAL
    return Course.SETTLE if point == "rejoined" else Course.FORWARD


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
