"""The role of failover.sql suffices for a whole round, and is no superuser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.native.driver import NativeDriver

from sandbox import os_user
from tests.integration.failover.cell import Cell

ROLE = Path("plugins/dataops/failover/drivers/native/sql/roles/failover.sql")


@contextmanager
def driven_by_the_role(cell: Cell) -> Generator[NativeDriver]:
    """The driver, whose connections to the nodes log in as the role."""
    (server,) = cell.platform.inventory.servers
    cell.execute("alpha", ROLE.read_text(), dbname="postgres")
    cell.execute("alpha", "ALTER ROLE dataops_failover PASSWORD 'let:me\\in'", dbname="postgres")
    for name in cell.clusters:
        if name != "alpha":
            assert cell.caught_up(name)
        cell.connections[f"cell_{name}"] = replace(
            cell.connections[f"cell_{name}"], login="dataops_failover", password="let:me\\in"
        )
    with NativeDriver.of(server, cell.platform.connection) as made:
        yield made


@pytest.fixture
def driver(cell: Cell) -> Iterator[NativeDriver]:
    with driven_by_the_role(cell) as made:
        yield made


def test_the_role_of_the_guide_suffices_for_a_failover_a_rewind_and_a_rebuild(
    cell: Cell, driver: NativeDriver
) -> None:
    seen = driver.observe()
    assert seen.node("alpha").data_directory == str(cell.cluster("alpha").data)
    assert seen.node("beta").streaming
    driver.inject("stop", "beta")
    cell.execute("alpha", "CREATE TABLE lost AS SELECT 1")
    driver.inject("hang", "alpha")
    assert driver.fence("alpha").verdict is Verdict.PASSED
    driver.heal("hang", "alpha")
    assert driver.dead("alpha")
    driver.heal("stop", "beta")
    driver.promote("beta")
    back = driver.rejoin("alpha", "beta")
    assert (back.how, back.kept) == ("rewind", "")
    assert cell.caught_up("alpha")
    assert cell.execute("alpha", "SELECT to_regclass('lost')") == [(None,)]
    no_password_is_shown(cell)
    driver.switch("beta", "alpha")
    wal = with_wal_elsewhere(cell.cluster("beta").data)
    assert driver.rejoin("beta", "alpha", rebuild=True).how == "rebuild"
    now = (cell.cluster("beta").data / "pg_wal").readlink()
    assert now.parent == wal.parent
    assert now != wal
    assert cell.caught_up("beta")
    assert driver.effect("kill", "alpha").verdict is Verdict.INCONCLUSIVE
    assert cell.execute("alpha", "SELECT rolsuper FROM pg_roles WHERE rolname = 'dataops_failover'") == [
        (False,)
    ]


@pytest.mark.torture
@pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="a cell of three nodes: make torture")
def test_of_three_nodes_all_follow_the_new_primary_and_no_slot_is_left_over(
    make_cell: Callable[..., Cell],
) -> None:
    cell = make_cell(standbys=2, route="libpq")
    slots = "SELECT slot_name FROM pg_replication_slots WHERE active ORDER BY 1"
    idle = "SELECT slot_name FROM pg_replication_slots WHERE NOT active"
    with driven_by_the_role(cell) as driver:
        driver.inject("kill", "alpha")
        driver.fence("alpha")
        driver.promote("beta")
        driver.route("beta")
        assert driver.rejoin("gamma", "beta").how == "restart"
        assert driver.rejoin("alpha", "beta").how in {"rewind", "restart"}
        seen = driver.observe()
        assert [node.streaming for node in seen.nodes] == [True, False, True]
        assert seen.routed == "beta"
        assert cell.execute("beta", slots) == [("alpha",), ("gamma",)]
        assert [cell.execute(name, idle) for name in cell.clusters] == [[], [], []]
        driver.switch("beta", "alpha")
        driver.route("alpha")
        for name in ("gamma", "beta"):
            assert driver.rejoin(name, "alpha").how == "restart"
            assert cell.caught_up(name)
        assert cell.execute("alpha", slots) == [("beta",), ("gamma",)]
        assert [cell.execute(name, idle) for name in cell.clusters] == [[], [], []]


def with_wal_elsewhere(data: Path) -> Path:
    """WAL lies in a folder of its own, as on a disk of its own."""
    folder = data.parent / "wal"
    (data / "pg_wal").rename(folder)
    (data / "pg_wal").symlink_to(folder)
    shutil.chown(folder, os_user.database_user())
    return folder


def no_password_is_shown(cell: Cell) -> None:
    """It stands in a file of PostgreSQL's user, in no argument and in no configuration."""
    data = cell.cluster("alpha").data
    assert "let" not in (data / "postgresql.auto.conf").read_text()
    (passfile,) = data.parent.glob(".data.beta.pgpass")
    assert passfile.stat().st_mode & 0o777 == 0o600
    assert passfile.read_text().endswith(":dataops_failover:let\\:me\\\\in\n")
    shown = cell.execute("alpha", "SELECT setting FROM pg_settings WHERE name = 'primary_conninfo'")
    assert "let" not in shown[0][0]
