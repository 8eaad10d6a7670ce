"""Every fault does what its name says, says so, and leaves nothing behind when it is taken away."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native.driver import NativeDriver
from dataops.failover.topology import Role

from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from tests.integration.failover.cell import Cell

TORTURE = pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="a cell of its own: make torture")


def driver_of(cell: Cell) -> NativeDriver:
    (server,) = cell.platform.inventory.servers
    return NativeDriver.of(server, cell.platform.connection)


@pytest.fixture
def driver(shared_cell: Cell) -> Iterator[NativeDriver]:
    with driver_of(shared_cell) as made:
        yield made


@pytest.fixture
def needs_nft(driver: NativeDriver) -> None:
    trouble = driver.supports("cut_node")
    if trouble and os.geteuid() != 0:
        pytest.skip(trouble)
    assert not trouble


def is_passed(driver: NativeDriver, fault: str, node: str) -> bool:
    return driver.effect(fault, node).verdict is Verdict.PASSED


def written(cell: Cell, seconds: float = 5) -> bool:
    """Whether a row written on the primary arrives on the standby."""
    (row,) = cell.execute("alpha", "INSERT INTO orders (account, amount) VALUES (1, 1) RETURNING id")
    there = "SELECT count(*) FROM orders WHERE id = %s"
    return wait_until(lambda: cell.execute("beta", there, row[0]) == [(1,)], seconds=seconds, interval=0.02)


def test_a_hung_primary_is_not_taken_for_dead(shared_cell: Cell, driver: NativeDriver) -> None:
    driver.observe()
    driver.inject("hang", "alpha")
    try:
        assert is_passed(driver, "hang", "alpha")
        assert not driver.dead("alpha")
        node = driver.observe().node("alpha")
        assert node.role is Role.UNKNOWN
        assert "No answer within" in node.reason
    finally:
        driver.heal("hang", "alpha")
    assert not is_passed(driver, "hang", "alpha")
    assert driver.observe().node("alpha").role is Role.PRIMARY
    assert written(shared_cell)


def test_a_hung_postmaster_lets_open_sessions_write(shared_cell: Cell, driver: NativeDriver) -> None:
    with closing(psycopg2.connect(shared_cell.dsn("alpha"))) as session, session.cursor() as cursor:
        driver.inject("hang_postmaster", "alpha")
        try:
            assert is_passed(driver, "hang_postmaster", "alpha")
            cursor.execute("INSERT INTO orders (account, amount) VALUES (1, 2)")
            session.commit()
        finally:
            driver.heal("hang_postmaster", "alpha")
    assert written(shared_cell)


def test_a_standby_whose_receiver_stands_still_falls_behind(shared_cell: Cell, driver: NativeDriver) -> None:
    driver.inject("lagging_standby", "beta")
    try:
        assert is_passed(driver, "lagging_standby", "beta")
        assert not written(shared_cell, seconds=0.5)
    finally:
        driver.heal("lagging_standby", "beta")
    assert written(shared_cell)
    with pytest.raises(DriverFailed, match="no WAL receiver"):
        driver.inject("lagging_standby", "alpha")


def test_a_fence_is_taken_away_where_the_node_never_lost_its_role(
    shared_cell: Cell, driver: NativeDriver
) -> None:
    driver.inject("kill", "alpha")
    for _ in range(2):
        assert driver.fence("alpha").verdict is Verdict.PASSED
    driver.unfence("alpha")
    driver.heal("kill", "alpha")
    assert shared_cell.primaries() == ["alpha"]
    assert written(shared_cell, seconds=10)


@pytest.mark.usefixtures("needs_nft")
def test_a_node_that_is_cut_from_all_is_silent_though_it_lives(
    shared_cell: Cell, driver: NativeDriver
) -> None:
    cluster = shared_cell.cluster("alpha")
    assert not is_passed(driver, "cut_node", "alpha")
    driver.inject("cut_node", "alpha")
    try:
        assert is_passed(driver, "cut_node", "alpha")
        assert not driver.dead("alpha")
        with pytest.raises(TimeoutError):
            socket.create_connection((cluster.address, cluster.port), timeout=0.2)
        assert shared_cell.execute("beta", "SELECT 1") == [(1,)]
    finally:
        driver.heal("cut_node", "alpha")
    driver.heal("cut_node", "alpha")
    assert not is_passed(driver, "cut_node", "alpha")
    assert written(shared_cell)


@pytest.mark.usefixtures("needs_nft")
def test_replication_is_cut_while_clients_go_on(shared_cell: Cell, driver: NativeDriver) -> None:
    driver.inject("cut_replication", "alpha")
    try:
        assert not written(shared_cell, seconds=1)
        assert is_passed(driver, "cut_replication", "alpha")
        assert shared_cell.execute("beta", "SELECT 1") == [(1,)]
    finally:
        driver.heal("cut_replication", "alpha")
    assert written(shared_cell, seconds=30)


@pytest.mark.usefixtures("needs_nft")
def test_clients_are_cut_while_replication_goes_on(shared_cell: Cell, driver: NativeDriver) -> None:
    (before,) = shared_cell.execute("beta", "SELECT latest_end_time FROM pg_stat_wal_receiver")
    driver.inject("cut_clients", "alpha")
    try:
        assert is_passed(driver, "cut_clients", "alpha")
        with pytest.raises(psycopg2.OperationalError, match="timeout expired"):
            psycopg2.connect(shared_cell.dsn("alpha"), connect_timeout=2)
        (after,) = shared_cell.execute("beta", "SELECT latest_end_time FROM pg_stat_wal_receiver")
        assert shared_cell.execute("beta", "SELECT status FROM pg_stat_wal_receiver") == [("streaming",)]
        assert after >= before
    finally:
        driver.heal("cut_clients", "alpha")
    assert written(shared_cell)


def test_no_disk_is_filled_that_others_need(shared_cell: Cell, driver: NativeDriver) -> None:
    assert "as well" in driver.supports("wal_disk_full")
    with pytest.raises(DriverFailed, match="is not filled"):
        driver.inject("wal_disk_full", "alpha")


@pytest.mark.torture
@TORTURE
def test_a_primary_whose_wal_disk_is_full_stops_writing(make_cell: Callable[..., Cell]) -> None:
    cell = make_cell(wal_disk_mb=48, segment_mb=1, settings={"max_wal_size": "16MB", "wal_keep_size": "0"})
    with driver_of(cell) as driver:
        assert not driver.supports("wal_disk_full")
        driver.inject("wal_disk_full", "alpha")
        assert is_passed(driver, "wal_disk_full", "alpha")
        with pytest.raises(ServiceFailed):
            cell.execute("alpha", "CREATE TABLE more AS SELECT generate_series(1, 100000)")
        driver.heal("wal_disk_full", "alpha")
        assert cell.primaries() == ["alpha"]
        assert not is_passed(driver, "wal_disk_full", "alpha")


@pytest.mark.torture
@TORTURE
def test_a_standby_that_dies_while_it_is_promoted_is_said_to_have_died(
    make_cell: Callable[..., Cell],
) -> None:
    cell = make_cell()
    with driver_of(cell) as driver:
        driver.inject("kill_standby_while_promoting", "alpha")
        assert is_passed(driver, "kill_standby_while_promoting", "alpha")
        assert driver.fence("alpha").verdict is Verdict.PASSED
        with pytest.raises(DriverFailed, match="died while it was promoted"):
            driver.promote("beta")
        assert driver.dead("beta")
