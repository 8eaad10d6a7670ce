"""A cluster that Patroni runs: seen, switched, crashed, fenced and brought back, each time for real."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.automatic import AnotherPromoted
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.patroni.driver import PatroniDriver
from dataops.failover.topology import Role, Topology

from sandbox.deadline import wait_until
from tests.integration.failover.drivers.patroni.conftest import resolver
from tests.integration.failover.drivers.patroni.formation import Formation
from tests.integration.failover.drivers.torture import torture

THIRD = "gamma"


def roles(formation: Formation) -> tuple[str, str]:
    """The present leader and the one that may succeed it, once all others follow."""
    assert wait_until(lambda: bool(formation.leader()), seconds=40)
    leader = formation.leader()
    others = [name for name in formation.names if name != leader]
    for name in others:
        assert wait_until(lambda name=name: formation.streams(name), seconds=40), formation.words(name)  # type: ignore[misc]
    return leader, next(name for name in others if name != THIRD)


def settled(driver: PatroniDriver, node: str) -> Topology:
    """The cluster once the node streams: Patroni may let its receiver connect anew a moment after."""
    assert wait_until(lambda: driver.observe().node(node).streaming, seconds=20)
    return driver.observe()


@contextmanager
def lock_expiring(formation: Formation) -> Generator[None]:
    """The dead leader's lock runs out half a second from now, and not only after its ttl of 20 s."""
    timer = threading.Timer(0.5, formation.expire_lock)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_it_sees_who_leads_who_follows_and_where_clients_arrive(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    seen = driver.observe()
    assert [each.name for each in seen.primaries] == [leader]
    assert seen.node(other).streaming
    assert seen.node(other).sync_state == "async"
    assert seen.routed == leader
    assert seen.node(leader).settings["patroni.role"] == "leader"
    assert seen.node(leader).system_identifier == seen.node(other).system_identifier
    assert not driver.supports("kill")
    assert "knows" in driver.supports("cut_node")


def test_a_switchover_loses_nothing_and_the_proxy_follows_the_leader(formation: Formation) -> None:
    leader, other = roles(formation)
    formation.start_proxy()
    route = {"kind": "endpoint", "connection": "shop_proxy"}
    driver = PatroniDriver.of(formation.server(route=route), resolver(formation))
    driver.route(leader)
    formation.execute(leader, "CREATE TABLE IF NOT EXISTS kept (at timestamptz)")
    formation.execute(leader, "INSERT INTO kept VALUES (now())")
    before = formation.execute(leader, "SELECT count(*) FROM kept")
    driver.switch(leader, other)
    driver.route(other)
    assert driver.rejoin(leader, other).how == "automatic"
    seen = settled(driver, leader)
    assert [each.name for each in seen.primaries] == [other]
    assert seen.routed == other
    assert formation.execute(other, "SELECT count(*) FROM kept") == before
    driver.switch(leader, other)  # a second time: nothing changes
    assert formation.leader() == other
    driver.close()


def test_a_switchover_that_patroni_refuses_is_told_with_its_reason(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, _ = roles(formation)
    with pytest.raises(DriverFailed, match="no good candidates"):
        driver.switch(leader, THIRD)
    assert formation.leader() == leader


def test_a_dead_leader_is_succeeded_fenced_and_comes_back_by_patroni(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    timeline = driver.observe().node(leader).timeline
    driver.inject("kill", leader)
    assert driver.effect("kill", leader).verdict is Verdict.PASSED
    assert driver.observe().node(leader).role is Role.DOWN
    with lock_expiring(formation), pytest.raises(AnotherPromoted, match="nofailover") as raised:
        driver.promote(THIRD)
    assert raised.value.node == other
    driver.promote(other)
    fenced = driver.fence(leader)
    assert fenced.verdict is Verdict.PASSED, fenced
    driver.route(other)
    formation.execute(other, "CREATE TABLE IF NOT EXISTS after_the_crash (id int)")
    came = driver.rejoin(leader, other)
    assert came.how == "automatic"
    seen = settled(driver, leader)
    assert [each.name for each in seen.primaries] == [other]
    assert seen.node(leader).timeline == seen.node(other).timeline == timeline + 1
    assert driver.rejoin(leader, other).seconds == 0


@torture
def test_a_hung_leader_is_succeeded_and_its_fence_ends_what_stood_still(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    driver.inject("hang", leader)
    assert driver.effect("hang", leader).verdict is Verdict.PASSED
    assert driver.observe().node(leader).role is Role.UNKNOWN
    with lock_expiring(formation):
        driver.promote(other)
    assert driver.fence(leader).verdict is Verdict.PASSED
    assert driver.dead(leader)
    came = driver.rejoin(leader, other, rebuild=True)
    assert came.how == "rebuild"
    assert Path(came.kept, "PG_VERSION").exists()
    assert roles(formation) == (other, leader)
    followed = driver.fence(leader)
    assert followed.observed == f"it follows {other}, in recovery"
    assert formation.streams(leader)


@torture
def test_a_paused_cluster_is_refused_and_led_on_where_it_was_paused_midway(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    formation.set(pause=True)
    assert wait_until(
        lambda: all(formation.status(each).get("pause") for each in formation.names), seconds=20
    )
    try:
        assert "paused" in driver.supports("kill")
        assert driver.observe().node(leader).settings["patroni.pause"] == "on"
        driver.inject("kill", leader)
        with lock_expiring(formation):
            pass
        driver.promote(other)
        assert formation.leader() == other
    finally:
        formation.set(pause=None)
    driver.heal("kill", leader)
    assert roles(formation) == (other, leader)


@torture
def test_a_fence_before_anything_was_promoted_can_be_taken_back(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, _ = roles(formation)
    assert driver.fence(leader).verdict is Verdict.PASSED
    assert formation.status(leader) == {}
    driver.unfence(leader)
    leader, _ = roles(formation)
    driver.inject("hang", leader)
    driver.heal("hang", leader)
    roles(formation)
    assert len(driver.observe().primaries) == 1


def test_a_standby_that_stands_still_lags_until_it_is_healed(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    driver.inject("lagging_standby", other)
    assert driver.effect("lagging_standby", other).verdict is Verdict.PASSED
    formation.execute(leader, "SELECT pg_logical_emit_message(true, 'test', repeat('x', 200000))")
    assert (driver.observe().lag(other) or 0) >= 100000
    driver.heal("lagging_standby", other)
    assert driver.effect("lagging_standby", other).verdict is Verdict.INCONCLUSIVE
    assert wait_until(lambda: driver.observe().lag(other) == 0, seconds=20)


def test_a_cut_of_replication_makes_patroni_promote_nobody(
    formation: Formation, driver: PatroniDriver
) -> None:
    leader, other = roles(formation)
    trouble = driver.supports("cut_replication")
    if trouble and os.geteuid() != 0:
        pytest.skip(trouble)
    assert not trouble
    driver.inject("cut_replication", leader)
    try:
        formation.execute(leader, "SELECT pg_logical_emit_message(true, 'test', repeat('x', 200000))")
        assert driver.effect("cut_replication", leader).verdict is Verdict.PASSED
        seen = driver.observe()
        assert [each.name for each in seen.primaries] == [leader]
        assert (seen.lag(other) or 0) >= 100000
    finally:
        driver.heal("cut_replication", leader)
    assert roles(formation) == (leader, other)
    assert wait_until(lambda: driver.observe().lag(other) == 0, seconds=20)


def test_wrong_connections_are_refused_by_name(formation: Formation) -> None:
    known = resolver(formation)

    def changed(connection_id: str) -> Connection:
        found = known(connection_id)
        return replace(found, password="wrong") if connection_id == "shop_api" else found

    leader, other = roles(formation)
    stranger = PatroniDriver.of(formation.server(), changed)
    with pytest.raises(ConfigurationError, match=r"shop_api.*login"):
        stranger.switch(leader, other)
    assert formation.leader() == leader
    elsewhere = PatroniDriver.of(formation.server(cluster="other"), known)
    assert "and not to 'other'" in elsewhere.observe().node(leader).reason
    stranger.close()
    elsewhere.close()


@torture
def test_a_dead_machine_is_succeeded_within_the_ttl(formation: Formation, driver: PatroniDriver) -> None:
    for _ in range(3):
        leader, other = roles(formation)
        driver.inject("kill", leader)
        driver.promote(other)
        assert driver.fence(leader).verdict is Verdict.PASSED
        driver.rejoin(leader, other)
        assert len(driver.observe().primaries) == 1
