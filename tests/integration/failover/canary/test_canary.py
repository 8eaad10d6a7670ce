"""The canary against real servers: what it is told is what its ledger says, whatever the server does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import psycopg2
import pytest
from dataops.connections import Connection
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import recounting, running
from dataops.failover.canary.accounting import account
from dataops.failover.canary.address import addresses
from dataops.failover.canary.client import Client, Refused, Unanswered
from dataops.failover.canary.errors import CanaryFailed, LedgerUntrusted, NotSteady
from dataops.failover.canary.ledger import read
from dataops.failover.canary.nonce import Taken, one_writable_primary, write_everywhere
from dataops.failover.canary.schema import (
    Row,
    Surviving,
    clear,
    cleared,
    prepare,
    published_for_all,
    surviving,
)
from dataops.failover.canary.staleness import staleness
from dataops.failover.canary.timing import timing
from dataops.failover.canary.write import Outcome, Write
from dataops.failover.marks import Marks
from dataops.failover.scenario import Load, Promise
from dataops.postgres import connect
from dataops.postgres.connecting import parameters

from sandbox.deadline import wait_until
from tests.integration.failover.cell import Cell

only_torture = pytest.mark.skipif(
    not os.environ.get("DATAOPS_TORTURE"), reason="a minute of it: make torture"
)
LOAD = Load(sessions=2, rate=100, readers=1, patience=timedelta(seconds=0.4))


@pytest.fixture
def run() -> str:
    return "20261128T180000Z-abc123"


@contextmanager
def writing(
    cell: Cell, run: str, folder: Path, *, route: Connection | None = None, load: Load = LOAD
) -> Generator[running.Canary]:
    with closing(connect(cell.connections["cell_alpha"], dbname="shop")) as conn:
        prepare(conn)
    with running.start(
        route or cell.connections["cell_route"],
        load,
        run=run,
        folder=folder / "ledger",
        readers={"beta": cell.connections["cell_beta"]},
        dbname="shop",
    ) as canary:
        yield canary


def start_again(cell: Cell, node: str) -> None:
    """Start a killed node, once init has reaped its postmaster."""
    pid = int((cell.cluster(node).data / "postmaster.pid").read_text().split()[0])
    assert wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=20)
    cell.start(node)


def libpq_route(cell: Cell) -> Connection:
    """As clients connect that name every node: they find the writable one by themselves."""
    nodes = [cell.connections[f"cell_{node}"] for node in ("alpha", "beta")]
    return replace(
        nodes[0],
        host=",".join(node.host for node in nodes),
        extra={
            "ports": ",".join(str(node.port) for node in nodes),
            "target_session_attrs": "read-write",
        },
    )


def keys(of: Iterable[Row | Write]) -> set[tuple[int, int]]:
    return {(each.session, each.n) for each in of}


def rows(cell: Cell, node: str, run: str) -> Surviving:
    with closing(connect(cell.connections[f"cell_{node}"], dbname="shop")) as conn:
        return surviving(conn, run)


def test_a_canary_writes_reads_and_accounts_for_every_row(
    shared_cell: Cell, run: str, tmp_path: Path
) -> None:
    with writing(shared_cell, run, tmp_path) as canary:
        begun = canary.wait_until_steady(0.5, within=20)
        assert time.monotonic() - begun >= 0.5
        assert canary.alive and canary.unavailable < 1
        midway = rows(shared_cell, "alpha", run)
        so_far = account(canary.ledger(), midway)
        ledger = canary.stop()
    after = rows(shared_cell, "alpha", run)
    found = account(ledger, after)
    assert not so_far.lost and not so_far.phantoms and so_far.acknowledged
    assert ledger.ended
    assert found.acknowledged == len(after.rows) > 20
    assert not found.lost and not found.phantoms and not found.in_flight and not found.pending
    assert {check.verdict for check in found.checks(Promise())} == {Verdict.PASSED}
    port = shared_cell.cluster("alpha").port
    assert {write.server.rpartition(":")[2] for write in ledger.acknowledged} == {str(port)}
    assert {write.timeline for write in ledger.acknowledged} == {1}
    seen = staleness(ledger)
    assert seen.looks and seen.check(Promise()).verdict is Verdict.PASSED
    assert all(look.in_recovery for look in ledger.looks if not look.reason)


def test_a_server_that_hangs_does_not_hang_the_canary(shared_cell: Cell, run: str, tmp_path: Path) -> None:
    with writing(shared_cell, run, tmp_path) as canary:
        canary.wait_until_steady(0.2, within=20)
        stopped = shared_cell.processes("alpha")
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert wait_until(lambda: canary.unavailable > 1.2, seconds=20)
            alpha = {"alpha": shared_cell.connections["cell_alpha"]}
            (silent,) = write_everywhere(alpha, patience=0.2, dbname="shop")
            assert silent.taken is Taken.UNREACHABLE
            assert one_writable_primary([silent]).verdict is Verdict.INCONCLUSIVE
            assert canary.alive
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        canary.wait_until_steady(0.2, within=20, since=time.monotonic())
        ledger = canary.stop()
    unanswered = [write for write in ledger.writes if write.outcome is Outcome.UNKNOWN]
    assert {write.session for write in unanswered} == {1, 2}
    assert not account(ledger, rows(shared_cell, "alpha", run)).lost


def test_a_primary_is_killed_under_load_and_the_ledger_says_how_long_and_what_was_lost(
    cell: Cell, run: str, tmp_path: Path
) -> None:
    marks = Marks()
    with writing(cell, run, tmp_path, route=libpq_route(cell)) as canary:
        canary.wait_until_steady(0.3, within=20)
        marks.fault = time.monotonic()
        cell.kill("alpha")
        marks.detected = marks.fenced = time.monotonic()
        cell.execute("beta", "SELECT pg_promote()")
        marks.promoted = marks.routed = time.monotonic()
        canary.wait_until_steady(0.5, within=30, since=marks.promoted)
        ledger = canary.stop()
    found = account(ledger, rows(cell, "beta", run))
    assert not found.phantoms
    took = timing(ledger, marks, steady=0.5)
    assert took.felt and took.rto is not None and took.rto > 0
    assert took.restored is not None and took.restored >= marks.fault
    assert {write.timeline for write in ledger.acknowledged} == {1, 2}

    start_again(cell, "alpha")  # a primary again, on its old timeline: what must never be
    nodes = {node: cell.connections[f"cell_{node}"] for node in ("alpha", "beta")}
    both = write_everywhere(nodes, dbname="shop")
    assert {write.taken for write in both} == {Taken.ACKNOWLEDGED}
    assert one_writable_primary(both).verdict is Verdict.FAILED

    written, kept = (keys(rows(cell, node, run).rows) for node in ("alpha", "beta"))
    assert keys(found.lost) == (written - kept) & keys(ledger.acknowledged), "as both data directories say"


def test_writes_wait_for_a_dead_standby_few_at_a_time_and_one_that_is_cancelled_is_lost_behind_a_warning(
    make_cell: Callable[..., Cell], run: str, tmp_path: Path
) -> None:
    cell = make_cell(synchronous=True)
    hasty = Load(sessions=1, rate=50, readers=0, patience=timedelta(seconds=0.1))
    with writing(cell, run, tmp_path, load=hasty) as canary:
        canary.wait_until_steady(0.3, within=20)
        cell.kill("beta")
        assert wait_until(lambda: canary.unavailable > 1.5, seconds=20)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        held = cell.execute("alpha", waiting)[0][0]
        most = 3 + canary.unavailable / (5 * 0.1)  # three, then one every five times `patience`
        assert 1 <= held <= most + 2, "each is a connection that others may need"
        cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

        def warned() -> bool:
            cell.execute("alpha", cancel)
            return any(write.warnings for write in canary.ledger().writes)

        assert wait_until(warned, seconds=20, interval=0.02)
        cell.kill("alpha")
        ledger = canary.stop()
    start_again(cell, "beta")
    cell.execute("beta", "SELECT pg_promote()")
    found = account(ledger, rows(cell, "beta", run))
    assert found.hidden_by_warning == found.lost != ()
    assert "canceling wait for synchronous replication" in found.lost[0].warnings[0]
    assert found.checks(Promise())[0].verdict is Verdict.FAILED


CHAOS = """
SELECT count(CASE WHEN random() < 0.5 THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END)
FROM pg_stat_activity WHERE application_name = 'dataops canary' AND random() < 0.5
"""


@pytest.mark.parametrize("seconds", [1.5, pytest.param(60, marks=[pytest.mark.torture, only_torture])])
def test_whatever_is_cancelled_or_ended_a_no_is_a_no_and_a_yes_a_yes(
    shared_cell: Cell, run: str, tmp_path: Path, seconds: float
) -> None:
    busy = Load(sessions=4, rate=1000, readers=0, patience=timedelta(seconds=5))
    with writing(shared_cell, run, tmp_path, load=busy) as canary:
        canary.wait_until_steady(0.1, within=20)
        with closing(psycopg2.connect(shared_cell.dsn("alpha"))) as session:
            session.autocommit = True
            cursor = session.cursor()
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                cursor.execute(CHAOS)
        ledger = canary.stop()
    found = account(ledger, rows(shared_cell, "alpha", run))
    assert not found.lost and not found.phantoms and not found.in_flight and not found.pending
    assert found.acknowledged and found.failed, "sessions were cancelled"
    assert found.unknown_present or found.unknown_absent, "sessions were ended"


def test_a_ledger_that_was_touched_is_not_believed(shared_cell: Cell, run: str, tmp_path: Path) -> None:
    with writing(shared_cell, run, tmp_path) as canary:
        canary.wait_until_steady(0.2, within=20)
        canary.stop()
        heads = canary.heads
    file = canary.folder / "writer-1.ledger"
    assert read(canary.folder, heads).ended
    file.write_bytes(file.read_bytes().replace(b'"acknowledged"', b'"failed"', 1))
    with pytest.raises(LedgerUntrusted, match=r"writer-1\.ledger:2 "):
        read(canary.folder, heads)


def test_the_canary_keeps_the_password_out_of_arguments_and_ledger(
    shared_cell: Cell, run: str, tmp_path: Path
) -> None:
    password = shared_cell.connections["cell_route"].password.encode()
    with writing(shared_cell, run, tmp_path) as canary:
        canary.wait_until_steady(0.2, within=20)
        assert password not in Path(f"/proc/{canary.pid}/cmdline").read_bytes()
        assert canary.folder.stat().st_mode & 0o077 == 0
    assert all(password not in file.read_bytes() for file in canary.folder.iterdir())


def test_a_canary_that_is_killed_is_no_longer_alive_and_its_ledger_counts_up_to_there(
    shared_cell: Cell, run: str, tmp_path: Path
) -> None:
    with writing(shared_cell, run, tmp_path) as canary:
        canary.wait_until_steady(0.2, within=20)
        os.kill(canary.pid, signal.SIGKILL)
        assert wait_until(lambda: not canary.alive, seconds=5)
        with pytest.raises(CanaryFailed, match="ended by itself"):
            canary.wait_until_steady(0.2, within=5, since=time.monotonic())
        ledger = canary.ledger()
    assert not ledger.ended
    found = account(ledger, rows(shared_cell, "alpha", run))
    assert not found.lost and not found.phantoms and len(found.in_flight) <= LOAD.sessions


COORDINATOR = """
import sys, time
from pathlib import Path
from dataops.connections import from_environment
from dataops.failover.canary import recounting, running
from dataops.failover.scenario import Load
canary = running.start(
    from_environment("cell_route"), Load(), run=sys.argv[1], folder=Path(sys.argv[2]), dbname="shop"
)
canary.wait_until_steady(0.2, within=20)
print(canary.pid, flush=True)
time.sleep(60)
"""


def test_the_canary_dies_with_its_coordinator_and_what_it_wrote_can_still_be_counted(
    shared_cell: Cell,
    run: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(connect(shared_cell.connections["cell_alpha"], dbname="shop")) as conn:
        prepare(conn)
    folder = tmp_path / "ledger"
    command = [sys.executable, "-c", COORDINATOR, run, str(folder)]
    environment = {**os.environ, **shared_cell.environment(), "PYTHONPATH": "plugins"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as coordinator:
        assert coordinator.stdout is not None
        pid = int(coordinator.stdout.readline())
        coordinator.kill()
    last = folder / "writer-1.ledger"
    assert wait_until(lambda: b'"kind":"end"' in last.read_bytes(), seconds=5), "it ends in an orderly way"
    assert wait_until(lambda: not Path(f"/proc/{pid}/exe").exists(), seconds=5)
    for name, value in shared_cell.environment().items():
        monkeypatch.setenv(name, value)
    assert recounting.main([str(folder), "--from", "cell_alpha", "--database", "shop"]) == 0
    assert "rpo rows: 0 rows" in capsys.readouterr().out


def test_a_client_tells_a_no_from_not_knowing_and_goes_on_after_both(shared_cell: Cell) -> None:
    client = Client(addresses(parameters(shared_cell.connections["cell_alpha"], "shop")), patience=5)
    try:
        with pytest.raises(Refused, match="division by zero") as no:
            client.ask("SELECT 1 / 0")
        assert no.value.sqlstate == "22012"
        assert client.ask("SELECT %s", 7).row == (7,)
        with pytest.raises(Unanswered, match="administrator command"):
            client.ask("SELECT pg_terminate_backend(pg_backend_pid())")
        assert client.ask("SELECT 8").row == (8,)
        with pytest.raises(Unanswered, match="lost the server"):  # as a pooler may say
            client.ask("DO $$ BEGIN RAISE 'lost the server' USING ERRCODE = '58000'; END $$")
        assert client.ask("SELECT 9").row == (9,)
    finally:
        client.close()


def test_a_route_that_leads_nowhere_is_not_steady_and_says_why(
    shared_cell: Cell, run: str, tmp_path: Path
) -> None:
    nowhere = Connection(id="nowhere", host="127.0.0.1", port=1, login="x", schema="shop")
    with writing(shared_cell, run, tmp_path, route=nowhere) as canary:
        with pytest.raises(NotSteady, match=r"session 1: 127\.0\.0\.1:1: Connection refused"):
            canary.wait_until_steady(0.2, within=1)
        ledger = canary.stop()
    assert {write.outcome for write in ledger.writes} == {Outcome.FAILED}
    assert len(ledger.writes) < 2 * 300, "tries are paced"


def test_the_role_does_the_whole_job_and_nothing_else(shared_cell: Cell, run: str, tmp_path: Path) -> None:
    shared_cell.execute("alpha", "DROP SCHEMA IF EXISTS dataops_canary CASCADE")
    script = files("dataops.failover.canary").joinpath("sql/roles/canary.sql").read_text()
    with closing(psycopg2.connect(shared_cell.dsn("alpha"))) as session, session, session.cursor() as cursor:
        cursor.execute(script)
        cursor.execute(script)  # a second database's turn
        cursor.execute("ALTER ROLE dataops_canary PASSWORD 'only for this test'")
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        role = {"login": "dataops_canary", "password": "only for this test"}
        alpha = replace(shared_cell.connections["cell_alpha"], **role)
        with closing(connect(alpha, dbname="shop")) as conn:
            prepare(conn)
            prepare(conn)
            prepare(conn, fresh=False)
        with running.start(alpha, LOAD, run=run, folder=tmp_path / "ledger", dbname="shop") as canary:
            canary.wait_until_steady(0.2, within=20)
            ledger = canary.stop()
        nodes = {"alpha": alpha, "beta": replace(shared_cell.connections["cell_beta"], **role)}
        assert shared_cell.caught_up("beta")
        asked = write_everywhere(nodes, dbname="shop")
        assert one_writable_primary(asked, expected="alpha").verdict is Verdict.PASSED
        assert [write.taken for write in asked] == [Taken.ACKNOWLEDGED, Taken.READ_ONLY]
        with closing(connect(alpha, dbname="shop")) as conn:
            prepare(conn, fresh=False)
            assert not account(ledger, surviving(conn, run)).lost, (
                "a second canary leaves the first one's rows"
            )
            assert not cleared(conn)
            clear(conn)
            clear(conn)
            assert cleared(conn)
            assert shared_cell.caught_up("beta")
            asked = write_everywhere(nodes, dbname="shop")
            assert [write.taken for write in asked] == [Taken.UNCLEAR, Taken.READ_ONLY], (
                "a table that is missing"
            )
            assert surviving(conn, run).rows == (), "a table that was lost has lost all its rows"
            with pytest.raises(psycopg2.errors.InsufficientPrivilege), conn.cursor() as cursor:
                cursor.execute("SELECT * FROM orders")
    finally:
        shared_cell.execute("alpha", "DROP SCHEMA dataops_canary CASCADE")
        shared_cell.execute("alpha", "DROP ROLE dataops_canary")


def test_a_host_that_hangs_is_passed_over_for_the_next_one(shared_cell: Cell) -> None:
    alpha = addresses(parameters(shared_cell.connections["cell_alpha"], "shop"))[0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = {**alpha, "host": "127.0.0.1", "port": str(silent.getsockname()[1])}
        client = Client([hangs, alpha], patience=0.3)
        assert client.ask("SELECT inet_server_port()").row == (shared_cell.cluster("alpha").port,)
        client.close()


def test_a_publication_for_all_tables_is_named(shared_cell: Cell) -> None:
    shared_cell.execute("alpha", "CREATE PUBLICATION everything FOR ALL TABLES")
    try:
        with closing(connect(shared_cell.connections["cell_alpha"], dbname="shop")) as conn:
            assert published_for_all(conn) == ("everything",)
    finally:
        shared_cell.execute("alpha", "DROP PUBLICATION everything")
