"""A region is lost: primary, standby and the first bucket are gone, and the other region brings it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dataops.evidence.verdict import Verdict
from dataops.failover.canary import running, schema
from dataops.failover.canary.ledger import Ledger
from dataops.failover.job import Job
from dataops.failover.region.preflight import refusals
from dataops.failover.region.recovering import recover
from dataops.failover.scenario import Load
from dataops.failover.topology import Node, Role, Topology
from dataops.postgres import connect

from tests.integration.failover.cell import DATABASE, RED, Cell

LOAD = Load(sessions=2, rate=50, readers=0, steady=timedelta(seconds=1))
RUN = "20261128T120000Z-abcdef"


def lose_the_first_bucket(cell: Cell) -> None:
    """Nothing that could bring the database back is left in it."""
    for prefix in ("backups/", "proofs/"):
        cell.store.delete([each.key for each in cell.store.list(prefix)])
    assert not list(cell.store.list("backups/"))


def seen(cell: Cell) -> Topology:
    """The cluster, as far as the look before a lost region cares."""
    lsn = int(cell.execute("alpha", "SELECT pg_current_wal_lsn() - '0/0'")[0][0])
    return Topology("native", (Node("alpha", Role.PRIMARY, "", lsn=lsn),), "alpha", datetime.now(UTC))


def acknowledged(ledger: Ledger) -> set[int]:
    return {write.id for write in ledger.acknowledged}


def test_the_database_comes_back_from_the_other_regions_bucket(
    make_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    cell = make_cell(archive=True, segment_mb=1, proven=False)
    cell.serve_backups()
    backup_id = cell.back_up(verify=False)
    promised = {"rto": "120s", "rpo": "30s"}
    cell.write_scenario("region", mode="region_loss", objectives=promised)
    job, said = Job(cell.platform, "region", lambda line: None), list[str]()
    with closing(connect(cell.connections["cell_alpha"], dbname=DATABASE)) as session:
        schema.prepare(session)
    with running.start(cell.connections["cell_route"], LOAD, run=RUN, folder=tmp_path / "ledger") as canary:
        canary.wait_until_steady(1, within=30)
        assert not [check for check in refusals(job, seen(cell)) if check.verdict in RED]
        fault = time.monotonic()
        for node in ("alpha", "beta"):
            cell.kill(node)
        lose_the_first_bucket(cell)
        recovery = recover(
            job, run=RUN, load=LOAD, ledger=canary.ledger, fault=fault, folder=tmp_path, say=said.append
        )
        ledger = canary.stop()

    assert not [check for check in recovery.checks if check.verdict in RED], recovery.checks
    assert recovery.backup_id == backup_id
    assert recovery.rto is not None
    assert recovery.rto > sum(recovery.phases.values()) > 0
    # The truth: the lost server's own disk, which the test can look at and a real disaster would not leave.
    cell.start("alpha")
    there = {row[0] for row in cell.execute("alpha", "SELECT id FROM dataops_canary.writes")}
    assert acknowledged(ledger) <= there
    account = recovery.account
    assert account is not None
    assert account.kept
    came_back = {write.id for write in account.kept}
    assert acknowledged(ledger) - came_back == {write.id for write in account.lost}
    assert all(write.id > max(came_back) - 2 * LOAD.sessions for write in account.lost)

    # What lies in the other region is damaged as well: red, said why, and nothing is left of the attempt.
    cell.replica.delete([each.key for each in cell.replica.list("backups/cell/repository/backup/cell/20")])
    again = recover(
        job,
        run=RUN,
        load=LOAD,
        ledger=lambda: ledger,
        fault=fault,
        folder=tmp_path / "again",
        say=said.append,
    )
    assert {check.name: check.verdict for check in again.checks} == {
        "first bucket not used": Verdict.PASSED,
        "recovery carried through": Verdict.FAILED,
        "nothing of the restore left": Verdict.PASSED,
    }
    assert again.rto is None
