"""What must not end in a failover: a cut link, clients cut off, a standby that lags, fills or dies."""

from __future__ import annotations

import os
import signal

from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from tests.integration.failover.catalogue.repeated import MakeCell, row
from tests.integration.failover.cell import Cell
from tests.integration.failover.round.rounds import check_of, figure, red, rehearse, verdicts, watched


def endures(cell: Cell, fault: str, **scenario: object) -> dict[str, Verdict]:
    """The round passes and nobody was promoted; the verdict of each check."""
    mode = "partition" if fault.startswith("cut") else "crash"
    cell.write_scenario("drill", mode=mode, fault=fault, **scenario)
    with watched(cell) as pager:
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert verdicts(outcome)["one line of history"] is Verdict.PASSED
    assert cell.execute("alpha", "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)") == [("00000001",)]
    assert pager.pages == []
    return verdicts(outcome)


def refused(cell: Cell, name: str) -> None:
    """The preflight refuses by this name alone, and nothing was touched."""
    cell.write_scenario("drill", mode="crash", objectives={"rpo": "5s"})
    before = {node: set(cell.processes(node)) for node in cell.clusters}
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == [name, "approve", "test"]
    assert verdicts(outcome)[name] is Verdict.FAILED
    assert "preflight was red" in check_of(outcome, "test").reason
    assert cell.primaries() == ["alpha"]
    assert cell.execute("alpha", "SELECT to_regnamespace('dataops_canary') IS NULL") == [(True,)]
    postmasters = {node: cell.cluster(node).pid for node in cell.clusters}
    assert all(postmasters[node] in before[node] for node in cell.clusters)


@row()
def test_a_cut_replication_link_alarms_and_fails_nobody_over(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(server={"failover": {"lag": "1MB"}})
    found = endures(cell, "cut_replication")
    assert found["lag noticed"] is Verdict.PASSED
    assert found["clients served meanwhile"] is Verdict.PASSED


@row()
def test_clients_that_are_cut_off_count_as_downtime(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", mode="partition", fault="cut_clients")
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert verdicts(outcome)["counted as downtime"] is Verdict.PASSED
    assert figure(outcome, "rto") > 1


@row()
def test_a_standby_that_lags_above_the_limit_is_refused(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(server={"failover": {"lag": "1MB"}})
    receiver = int(cell.execute("beta", "SELECT pid FROM pg_stat_wal_receiver")[0][0])
    os.kill(receiver, signal.SIGSTOP)
    try:
        # More than the kernel's socket buffers take.
        cell.execute(
            "alpha",
            "CREATE TABLE ballast AS SELECT repeat(md5(g::text), 50) FROM generate_series(1, 20000) g",
        )
        refused(cell, "standby is not behind")
    finally:
        os.kill(receiver, signal.SIGCONT)
    assert cell.caught_up()


@row()
def test_a_synchronous_standby_that_dies_stalls_writes_as_declared(make_cell: MakeCell, attempt: int) -> None:
    found = endures(make_cell(synchronous=True), "kill_standby")
    assert found["writes wait or go on as declared"] is Verdict.PASSED


@row()
def test_an_asynchronous_standby_that_dies_stalls_nobody(cell: Cell, attempt: int) -> None:
    found = endures(cell, "kill_standby")
    assert found["writes wait or go on as declared"] is Verdict.PASSED


@row()
def test_a_standby_without_room_on_its_disk_is_refused(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(standby_disk_mb=400)
    filler = cell.cluster("beta").folder.parent / "filler"
    free = os.statvfs(filler.parent)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - (8 << 20))
    refused(cell, "room on the disks")


@row()
def test_a_primary_that_could_not_be_rewound_is_refused(make_cell: MakeCell, attempt: int) -> None:
    refused(make_cell(checksums=False, hints=False), "old primary can be rewound")


@row()
def test_a_standby_that_dies_while_it_is_promoted_ends_cleanly(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", mode="crash", fault="kill_standby_while_promoting", objectives={"rpo": "5s"})
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert verdicts(outcome)["promotion ended cleanly"] is Verdict.PASSED
    assert red(outcome) == []
    assert wait_until(lambda: len(cell.primaries()) == 1, seconds=10)
    assert "fenced" in str(check_of(outcome, "promotion ended cleanly").expected)
