"""Configuration outside of the data directory, as Debian's packages lay it out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.native.driver import NativeDriver

from sandbox import os_user
from tests.integration.failover.cell import Cell

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="a cell of its own: make torture"),
]
FILES = ("postgresql.conf", "sandbox.conf", "pg_hba.conf", "pg_ident.conf")


def move_configuration(cell: Cell, node: str) -> None:
    """The node's files lie in a folder of their own, and its machine's connection says so."""
    cluster = cell.cluster(node)
    folder = os_user.own_folder(cluster.folder / "etc")
    for name in FILES:
        (cluster.data / name).rename(folder / name)
    with (folder / "postgresql.conf").open("a") as file:
        file.write(f"data_directory = '{cluster.data}'\n")
        file.write(f"hba_file = '{folder}/pg_hba.conf'\nident_file = '{folder}/pg_ident.conf'\n")
    machine = cell.connections[f"cell_{node}_host"]
    extra = {**machine.extra, "config": str(folder / "postgresql.conf")}
    cell.connections[machine.id] = replace(machine, extra=extra)


def test_a_failover_a_rewind_and_a_rebuild_where_the_configuration_is_elsewhere(
    make_cell: Callable[..., Cell],
) -> None:
    cell = make_cell()
    (server,) = cell.platform.inventory.servers
    for node in ("beta", "alpha"):
        with NativeDriver.of(server, cell.platform.connection) as before:
            before.inject("stop", node)
        move_configuration(cell, node)
        with NativeDriver.of(server, cell.platform.connection) as after:
            after.heal("stop", node)
    with NativeDriver.of(server, cell.platform.connection) as driver:
        driver.inject("stop", "beta")
        cell.execute("alpha", "CREATE TABLE lost AS SELECT 1")
        driver.inject("kill", "alpha")
        assert driver.fence("alpha").verdict is Verdict.PASSED
        driver.heal("stop", "beta")
        driver.promote("beta")
        back = driver.rejoin("alpha", "beta")
        assert (back.how, back.reason) == ("rewind", "")
        assert cell.caught_up("alpha")
        driver.switch("beta", "alpha")
        assert driver.rejoin("beta", "alpha", rebuild=True).how == "rebuild"
        assert cell.caught_up("beta")
        assert driver.observe().node("beta").streaming
