"""A primary dies, a standby takes its place, and the old one comes back as a standby: on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.drivers.native.driver import NativeDriver
from dataops.failover.topology import Role

from sandbox.deadline import wait_until
from tests.integration.failover.cell import Cell


@pytest.fixture
def driver(cell: Cell) -> Iterator[NativeDriver]:
    (server,) = cell.platform.inventory.servers
    with NativeDriver.of(server, cell.platform.connection) as made:
        yield made


def streams(cell: Cell, node: str) -> bool:
    return cell.execute(node, "SELECT status FROM pg_stat_wal_receiver") == [("streaming",)]


def test_a_killed_primary_is_succeeded_and_follows_its_successor_and_roles_can_be_changed_back(
    cell: Cell, driver: NativeDriver
) -> None:
    seen = driver.observe()
    assert [node.role for node in seen.nodes] == [Role.PRIMARY, Role.STANDBY]
    assert seen.routed == "alpha"
    assert seen.node("beta").streaming
    assert seen.node("beta").sync_state == "async"
    assert seen.lag("beta") is not None
    driver.prepare("beta")
    assert cell.caught_up()
    assert not driver.dead("alpha")

    driver.inject("kill", "alpha")
    assert driver.effect("kill", "alpha").verdict is Verdict.PASSED
    assert driver.dead("alpha")
    assert driver.fence("alpha").verdict is Verdict.PASSED
    assert driver.observe().node("alpha").role is Role.DOWN
    driver.promote("beta")
    driver.route("beta")
    cell.execute("beta", "INSERT INTO orders (account, amount) VALUES (1, 0.77)")
    assert driver.observe().routed == "beta"

    driver.heal("kill", "alpha")  # somebody starts it behind the fence: it takes no write
    assert cell.execute("alpha", "SELECT pg_is_in_recovery()") == [(True,)]

    with pytest.raises(DriverFailed, match="alpha is no primary"):
        driver.rejoin("beta", "alpha")
    back = driver.rejoin("alpha", "beta")
    assert back.how in {"rewind", "restart"}
    seen = driver.observe()
    assert seen.node("alpha").streaming
    assert seen.node("alpha").timeline == seen.node("beta").timeline == 2
    assert cell.caught_up("alpha")
    assert cell.execute("alpha", "SELECT count(*) FROM orders WHERE amount = 0.77") == [(1,)]
    assert cell.execute("alpha", "SHOW port") == [(str(cell.cluster("alpha").port),)]
    assert cell.execute("alpha", "SELECT count(*) FROM pg_replication_slots") == [(0,)]
    assert cell.execute("beta", "SELECT slot_name, active FROM pg_replication_slots") == [("alpha", True)]

    driver.switch("beta", "alpha")
    driver.route("alpha")
    assert cell.execute("alpha", "SELECT count(*) FROM orders WHERE amount = 0.77") == [(1,)]
    assert driver.rejoin("beta", "alpha").how == "restart"
    assert wait_until(lambda: streams(cell, "beta"), seconds=10)
    seen = driver.observe()
    assert seen.routed == "alpha"
    assert seen.node("beta").timeline == 3


def move_on(cell: Cell, node: str) -> None:
    """WAL of before is recycled, as far as nothing holds it."""
    for _ in range(3):
        cell.execute(node, "INSERT INTO orders (account, amount) VALUES (1, 1)")
        cell.execute(node, "SELECT pg_switch_wal()")
        cell.execute(node, "CHECKPOINT")


def test_the_wal_that_a_node_needs_to_come_back_is_held_and_without_it_the_node_is_rebuilt(
    make_cell: Callable[..., Cell],
) -> None:
    cell = make_cell(segment_mb=1, settings={"wal_keep_size": "0", "min_wal_size": "2MB"})
    (server,) = cell.platform.inventory.servers
    with NativeDriver.of(server, cell.platform.connection) as driver:
        driver.inject("kill", "alpha")
        driver.fence("alpha")
        driver.promote("beta")
        held = "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'dataops_%%'"
        assert wait_until(lambda: cell.execute("beta", held) == [("dataops_rejoin_alpha",)], seconds=10)
        move_on(cell, "beta")
        assert driver.rejoin("alpha", "beta").how in {"rewind", "restart"}
        assert cell.execute("beta", held) == []

        driver.inject("kill", "beta")
        driver.fence("beta")
        driver.promote("alpha")
        assert wait_until(lambda: cell.execute("alpha", held) == [("dataops_rejoin_beta",)], seconds=10)
        cell.execute("alpha", "SELECT pg_drop_replication_slot('dataops_rejoin_beta')")
        move_on(cell, "alpha")
        back = driver.rejoin("beta", "alpha")
        assert back.how == "rebuild"
        assert "no longer has the WAL of" in back.reason
        assert back.kept.startswith(str(cell.cluster("beta").data) + ".before-")
        assert cell.caught_up("beta")
        assert cell.execute("beta", "SHOW port") == [(str(cell.cluster("beta").port),)]
