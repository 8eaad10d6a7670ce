"""A killed primary: time without service as a client sees it, against a bare script that promotes at once.

Both on the same cell (a primary, a standby, HAProxy) in turns, both watched by the same canary, and both
measured from its ledger: last acknowledgement before the kill to the first lasting one after it, of the worst
session. The script knows beforehand what happens: it kills, promotes and redirects without looking, asking
or writing anything down, and fences nobody. The tested round has a guard, a lease and a journal.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import running, schema
from dataops.failover.canary.timing import timing
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.marks import Marks
from dataops.failover.scenario import Load
from dataops.postgres import connect

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import LOOPBACK
from tests.benchmarks.ratio import Ratio
from tests.conftest import ObjectStoreServer
from tests.integration.failover.cell import DATABASE, Cell, Shape
from tests.integration.failover.conftest import running_cell
from tests.integration.failover.round.rounds import figure, red, rehearse, watched

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
LOAD = Load(sessions=2, rate=50, readers=0, steady=timedelta(seconds=1))
SPLIT = ("detect", "fence", "promote", "route", "reconnect")
BAR, MEDIAN_MS, WHOLE_ROUND = 1.5, 500.0, 60.0


def measure() -> Iterable[Ratio]:
    """Three ratios: against the bare script, against half a second, and the whole round against a minute."""
    with _store() as (folder, store), running_cell(folder, store, Shape()) as cell, watched(cell):
        load = {"sessions": LOAD.sessions, "rate": LOAD.rate, "readers": 0, "steady": "1s"}
        cell.write_scenario("crash", mode="crash", load=load, objectives={"rpo": "5s"})
        rounds = [(_ours(cell), _bare(cell)) for _ in range(ROUNDS)]
    ours, bare = median(each["rto"] for each, _ in rounds), median(each for _, each in rounds)
    parts: dict[str, float | str] = {name: median(each[name] for each, _ in rounds) * 1000 for name in SPLIT}
    parts["ours"] = " ".join(f"{each['rto'] * 1000:.0f}" for each, _ in rounds)
    parts["bare"] = " ".join(f"{each * 1000:.0f}" for _, each in rounds)
    name = "killed primary, time without service"
    yield Ratio(f"{name} against a bare script", ours * 1000, bare * 1000, BAR, "ms", parts=parts)
    yield Ratio(f"{name} against half a second", ours * 1000, MEDIAN_MS, 1.0, "ms")
    whole = median(each["round"] for each, _ in rounds)
    yield Ratio("whole round: crash, rejoin, failback, verified, against a minute", whole, WHOLE_ROUND, 1.0)


def _ours(cell: Cell) -> dict[str, float]:
    """A whole round, which must pass; its figures in seconds."""
    begun = time.monotonic()
    outcome = rehearse(cell, "crash", say=False)
    whole = time.monotonic() - begun
    if outcome.record.verdict is not Verdict.PASSED:
        raise SystemExit(
            f"The round was {outcome.record.verdict}, so there is no time to tell: {red(outcome)}"
        )
    return {**{name: figure(outcome, name) for name in ("rto", *SPLIT)}, "round": whole}


def _bare(cell: Cell) -> float:
    """The bare script's time without service; afterwards the cell is as before."""
    (server,) = cell.platform.inventory.servers
    driver: Any = driver_of(cell.platform, server, lambda line: None)
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-"))
    driver.observe()
    with closing(connect(cell.connections["cell_alpha"], dbname=DATABASE)) as session:
        schema.prepare(session)
    with (
        closing(driver),
        closing(psycopg2.connect(cell.dsn("beta"))) as standby,
        closing(socket.create_connection((LOOPBACK, cell.ports["control"]))) as haproxy,
        running.start(
            cell.connections["cell_route"], LOAD, run="bare", folder=folder / "ledger", dbname=DATABASE
        ) as canary,
    ):
        standby.autocommit = True
        canary.wait_until_steady(1, within=30)
        marks = Marks(fault=time.monotonic())
        _script(cell, standby, haproxy)
        canary.wait_until_steady(1, within=60, since=marks.fault)
        seconds = timing(canary.stop(), marks, steady=1).rto
        _restore(cell, driver)
    shutil.rmtree(folder, ignore_errors=True)
    assert seconds is not None
    return seconds


def _script(cell: Cell, standby: Any, haproxy: socket.socket) -> None:
    for pid in cell.processes("alpha"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with standby.cursor() as cursor:
        cursor.execute("SELECT pg_promote()")
    haproxy.sendall(
        b"set server primary/alpha state maint;shutdown sessions server primary/alpha;"
        b"set server primary/beta state ready\n"
    )
    haproxy.recv(100)


def _restore(cell: Cell, driver: Any) -> None:
    """The old primary follows, and is primary again."""
    assert driver.fence("alpha").verdict is Verdict.PASSED
    driver.rejoin("alpha", "beta")
    assert cell.caught_up("alpha")
    driver.switch("beta", "alpha")
    driver.route("alpha")
    driver.rejoin("beta", "alpha")
    assert cell.caught_up("beta")


@contextmanager
def _store() -> Generator[tuple[Path, ObjectStoreServer]]:
    """A folder and an S3 store, as the tests have them."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-", dir="/tmp"))
    folder.chmod(0o711)
    server = StoreServer(folder / "store", choose_ports(), (Credentials("admin", "admin", "s" * 32),))
    process = server.start()
    try:
        yield folder, ObjectStoreServer(server)
    finally:
        children.stop(process, seconds=1)
        server.clear_leftovers()
        shutil.rmtree(folder, ignore_errors=True)
