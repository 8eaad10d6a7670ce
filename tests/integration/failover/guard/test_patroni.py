"""The coordinator dies while Patroni acts by itself: the guard waits for Patroni, and fences what it left."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.bringing_back import Wish, bring_back
from dataops.failover.drivers.patroni.driver import PatroniDriver
from dataops.failover.guard.course import Course
from dataops.failover.guard.service import Guard
from dataops.failover.guard.watch import Acted
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.journaling import Journal, lease_name
from dataops.inventory import Inventory
from dataops.platform import Platform
from dataops.store import ObjectStore, lease

from sandbox.deadline import wait_until
from tests.integration.failover.drivers.patroni.conftest import start_formation
from tests.integration.failover.drivers.patroni.formation import Formation
from tests.integration.failover.guard.pager import FakePager

__all__ = ["start_formation"]


@pytest.fixture(scope="module")
def formation(start_formation: Callable[..., Formation]) -> Formation:
    """Two members, of which either may lead."""
    return start_formation(names=("alpha", "beta"), never=frozenset())


@pytest.fixture
def platform(
    formation: Formation,
    store: ObjectStore,
    pager: FakePager,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Platform:
    monkeypatch.setenv("DATAOPS_BUCKET", store.bucket)
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path))
    known = {
        **formation.connections(),
        "dataops_store": store.connection,
        "dataops_pager": pager.connection(),
    }

    def resolve(connection_id: str) -> Connection:
        if connection_id not in known:
            raise ConfigurationError(f"no {connection_id}")
        return known[connection_id]

    return Platform("test", Inventory(servers=(formation.server(),)), resolve)


@pytest.fixture
def driver(formation: Formation, platform: Platform) -> Iterator[PatroniDriver]:
    made = PatroniDriver.of(formation.server(), platform.resolve)
    yield made
    made.close()


@pytest.mark.torture
@pytest.mark.timeout(280)
@pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="waits long for Patroni: make torture")
@pytest.mark.parametrize("phase", [Phase.BREAKING, Phase.COMMITTED])
def test_one_leader_serves_and_a_person_knows(
    formation: Formation, platform: Platform, driver: PatroniDriver, pager: FakePager, phase: Phase
) -> None:
    assert wait_until(lambda: bool(formation.leader()), seconds=40)
    leader = formation.leader()
    other = next(name for name in formation.names if name != leader)
    assert wait_until(lambda: formation.streams(other), seconds=40)
    formation.execute(leader, "CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS id")
    abandon(platform, driver, leader, other, phase)
    driver.inject("kill", leader)
    threading.Timer(0.5, formation.expire_lock).start()
    said: list[str] = []
    acted = act(Guard(platform, say=said.append, patience=60))
    assert acted.settled, (said, acted.record.checks)
    assert acted.course is (Course.HEAL if phase is Phase.BREAKING else Course.FORWARD)
    seen = driver.observe()
    (serving,) = seen.primaries
    assert seen.routed == serving.name
    assert len(pager.pages) == 1
    if phase is Phase.COMMITTED:
        assert serving.name == other
        record, _ = bring_back(platform, Wish("shop", leader, "carol"), say=said.append)
        assert record.verdict is Verdict.PASSED, record.reason


def abandon(platform: Platform, driver: PatroniDriver, leader: str, other: str, phase: Phase) -> None:
    """A round that its coordinator left in this phase."""
    identifier = driver.observe().node(leader).system_identifier
    begun = Round(
        scenario="crash",
        run="20261128T060000Z-abc123",
        server="shop",
        system_identifier=identifier,
        plan="0" * 64,
        holder="coordinator",
        phase=Phase.PREPARED,
        primary=leader,
        candidate=other,
    )
    with lease(platform.store, lease_name(identifier), holder="coordinator", seconds=15) as held:
        journal = Journal.open(platform.store, begun, held=held, lease=15, longest=900)
        journal.advance(phase, undo=[Undo("heal", leader, "kill")])


def act(guard: Guard) -> Acted:
    done: list[Acted] = []
    assert wait_until(lambda: bool(done.extend(guard.tick()) or done), seconds=30)
    return done[0]
