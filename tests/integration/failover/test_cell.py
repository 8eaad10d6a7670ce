"""The cell itself: what the other tests of failover stand on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from dataops.backup import catalog
from dataops.postgres import connect

from tests.integration.failover.catalogue.repeated import TORTURE
from tests.integration.failover.cell import Cell

MakeCell = Callable[..., Cell]


def asks(cell: Cell, connection_id: str, question: str) -> Any:
    with closing(connect(cell.platform.connection(connection_id))) as session, session.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


def test_a_cell_is_a_primary_a_standby_and_a_route_that_the_platform_knows(cell: Cell) -> None:
    assert cell.primaries() == ["alpha"]
    assert cell.caught_up()
    assert cell.execute("beta", "SELECT count(*) FROM orders") == [(2000,)]
    answered = asks(cell, "cell_route", "SELECT host(inet_server_addr()), current_database()")
    assert answered == (cell.cluster("alpha").address, "shop")
    (server,) = cell.platform.inventory.servers
    assert server.failover
    assert set(server.failover.nodes) == {"alpha", "beta"}
    assert set(cell.connections["failover_targets"].extra) == {cell.system_identifier}
    assert catalog.newest(cell.store, "cell").backups[0].proven


def test_a_killed_primary_is_gone_and_its_standby_can_be_promoted(make_cell: MakeCell) -> None:
    cell = make_cell(route="libpq", checksums=False, segment_mb=1)
    cell.kill("alpha")
    assert not cell.processes("alpha")
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(cell.dsn("alpha"))
    assert cell.execute("beta", "SELECT pg_promote()") == [(True,)]
    assert cell.primary == "beta"
    assert asks(cell, "cell_route", "SHOW data_checksums") == ("off",)
    assert asks(cell, "cell_route", "SHOW wal_segment_size") == ("1MB",)
    assert asks(cell, "cell_route", "SELECT host(inet_server_addr())") == (cell.cluster("beta").address,)


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="the rows of the catalogue stand on it: make torture")
def test_a_cell_may_be_synchronous_have_two_standbys_and_small_disks(make_cell: MakeCell) -> None:
    cell = make_cell(standbys=2, synchronous=True, segment_mb=1, wal_disk_mb=48, standby_disk_mb=300)
    states = cell.execute("alpha", "SELECT sync_state FROM pg_stat_replication ORDER BY 1")
    assert states == [("async",), ("sync",)]
    sizes = [os.statvfs(cell.cluster("alpha").data / "pg_wal"), os.statvfs(cell.cluster("beta").data)]
    assert [size.f_blocks * size.f_frsize >> 20 for size in sizes] == [48, 300]
    assert cell.caught_up("beta")
    assert cell.caught_up("gamma")
