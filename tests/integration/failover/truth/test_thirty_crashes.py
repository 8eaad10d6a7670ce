"""Primaries are killed under load, again and again: what was lost is told exactly, by both disks."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import running, schema
from dataops.failover.canary.accounting import Account, account
from dataops.failover.canary.ledger import Ledger
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.scenario import Load
from dataops.postgres import connect

from sandbox.deadline import wait_until
from tests.integration.failover.cell import DATABASE, Cell
from tests.integration.failover.truth.both_disks import Truth

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
CRASHES = int(os.environ.get("DATAOPS_ROUNDS", "30"))
LOAD = Load(sessions=4, rate=200, readers=0, steady=timedelta(seconds=1))


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="thirty crashes: make torture")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("synchronous", [True, False], ids=["synchronous", "asynchronous"])
def test_primaries_killed_under_load(
    make_cell: Callable[..., Cell], tmp_path: Path, synchronous: bool
) -> None:
    cell, chance = make_cell(), random.Random(20261128)
    (server,) = cell.platform.inventory.servers
    driver: Any = driver_of(cell.platform, server, lambda line: None)
    told: list[str] = []
    with closing(driver):
        for number in range(CRASHES):
            old, new = ("alpha", "beta") if cell.primary == "alpha" else ("beta", "alpha")
            _wait_for(cell, old, new, synchronous=synchronous)
            held = chance.random() < 0.5
            ledger, counted = _crash(cell, driver, old, new, tmp_path / str(number), held=held, chance=chance)
            truth = Truth.of(cell, ledger, old=old, new=new)
            truth.assert_told(counted)
            if synchronous:
                assert not truth.lost, f"crash {number}: {sorted(truth.lost)}"
            told.append(
                f"{number}: {len(truth.acknowledged)} acknowledged, {len(truth.lost)} lost, "
                f"{len(truth.unknown)} unknown, {len(counted.unknown_present)} of them there"
                f"{', WAL held back' if held else ''}"
            )
            driver.rejoin(old, new)
            assert cell.caught_up(old)
    print("", "synchronous" if synchronous else "asynchronous", *told, sep="\n  ")


def _wait_for(cell: Cell, primary: str, standby: str, *, synchronous: bool) -> None:
    """The primary waits for its standby's disk, and no standby waits for anybody; or none does."""
    cell.execute(standby, "ALTER SYSTEM RESET synchronous_standby_names")
    names = f"'{standby}'" if synchronous else "''"
    cell.execute(primary, f"ALTER SYSTEM SET synchronous_standby_names = {names}")
    for node in (primary, standby):
        cell.execute(node, "SELECT pg_reload_conf()")
    state = [("sync" if synchronous else "async",)]
    asked = "SELECT sync_state FROM pg_stat_replication"
    assert wait_until(lambda: cell.execute(primary, asked) == state, seconds=20, interval=0.02)


def _crash(
    cell: Cell, driver: Any, old: str, new: str, folder: Path, *, held: bool, chance: random.Random
) -> tuple[Ledger, Account]:
    """One crash at a random moment. ``held``: its WAL senders stand still for a moment before."""
    run = f"crash-{folder.name}"
    driver.observe()
    driver.prepare(new)
    with closing(connect(cell.connections[f"cell_{old}"], dbname=DATABASE)) as session:
        schema.prepare(session)
    with running.start(
        cell.connections["cell_route"], LOAD, run=run, folder=folder, dbname=DATABASE
    ) as canary:
        canary.wait_until_steady(0.5, within=30)
        senders = [int(row[0]) for row in cell.execute(old, "SELECT pid FROM pg_stat_replication")]
        for sender in senders if held else ():
            os.kill(sender, signal.SIGSTOP)
        threading.Event().wait(chance.random() * 0.2)
        driver.inject("kill", old)
        assert driver.fence(old).verdict is Verdict.PASSED
        driver.promote(new)
        driver.route(new)
        canary.wait_until_steady(0.3, within=60, since=time.monotonic())
        ledger = canary.stop()
    with closing(connect(cell.connections[f"cell_{new}"], dbname=DATABASE)) as session:
        counted = account(ledger, schema.surviving(session, run))
    shutil.rmtree(folder)
    return ledger, counted
