"""What a failover may take beside rows, such as slots and numbers; and how an old primary comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.round import proving

from sandbox import os_user
from sandbox.deadline import wait_until
from sandbox.postgresql import programs
from tests.integration.failover.bent import bent
from tests.integration.failover.catalogue.repeated import MakeCell, row
from tests.integration.failover.cell import Cell
from tests.integration.failover.round.rounds import check_of, figure, red, rehearse, verdicts, watched

CRASH: dict[str, Any] = {"mode": "crash", "objectives": {"rpo": "30s"}}


def written(cell: Cell) -> int:
    """How many rows of the canary the primary has."""
    return int(cell.execute("alpha", "SELECT count(*) FROM dataops_canary.writes")[0][0])


def losing(cell: Cell, rows: int) -> Callable[..., None]:
    """An injection that lets the standby miss so many writes before the primary is killed."""

    def inject(real: Any, fault: str, node: str) -> None:
        cell.kill("beta")
        enough = written(cell) + rows
        assert wait_until(lambda: written(cell) >= enough, seconds=30, interval=0.02)
        real.inject(fault, node)
        cell.start("beta")

    return inject


@contextmanager
def consuming(cell: Cell, slot: str) -> Generator[None]:
    """Somebody reads the changes of the database through a logical slot, until the block ends."""
    cell.execute("alpha", "SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", slot)
    reader = [programs() / "pg_recvlogical", "-d", cell.dsn("alpha"), "-S", slot, "--start", "-f", "-", "-n"]
    with subprocess.Popen(reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        active = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
        assert wait_until(lambda: cell.execute("alpha", active, slot) == [(True,)], seconds=10)
        try:
            yield
        finally:
            process.kill()


@row()
def test_a_logical_slot_with_a_consumer_that_is_lost_is_a_failure(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", failback=False, **CRASH)
    with consuming(cell, "orders_feed"), watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == ["logical slots survived"]
    assert "orders_feed" in str(check_of(outcome, "logical slots survived"))
    assert outcome.record.verdict is Verdict.FAILED


@row()
def test_slots_are_made_on_the_new_primary_and_none_keeps_wal_for_nobody(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", failback=False, **CRASH)
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    slots = "SELECT slot_name::text, active FROM pg_replication_slots"
    assert wait_until(lambda: cell.execute("beta", slots) == [("alpha", True)], seconds=10)
    assert cell.execute("alpha", slots) == []


@row()
def test_numbers_that_were_handed_out_twice_are_listed_with_the_writes_that_were_lost(
    cell: Cell, attempt: int
) -> None:
    cell.write_scenario("drill", failback=False, **CRASH, load={"sessions": 2, "rate": 100, "steady": "1s"})
    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(inject=losing(cell, 150)))
    assert figure(outcome, "rows lost") >= 100
    lost = check_of(outcome, "no acknowledged write lost")
    assert lost.verdict is Verdict.PASSED  # within what was promised
    assert len(lost.observed["ids"]) > 0  # type: ignore[index, call-overload]
    again = check_of(outcome, "no number issued twice")
    assert again.verdict is Verdict.FAILED
    assert red(outcome) == ["no number issued twice"]


@row()
def test_sequences_stay_ahead_of_the_rows_where_nothing_was_lost(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", mode="switchover", failback=False)
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert verdicts(outcome)["sequences of all databases ahead"] is Verdict.PASSED
    assert cell.execute("beta", "SELECT nextval('orders_id_seq') > max(id) FROM orders") == [(True,)]


@row()
def test_unlogged_tables_are_told_beforehand_and_empty_afterwards(cell: Cell, attempt: int) -> None:
    cell.execute("alpha", "CREATE UNLOGGED TABLE basket AS SELECT 1 AS item")
    assert cell.caught_up()
    cell.write_scenario("drill", failback=False, **CRASH)
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert "basket" in str(check_of(outcome, "unlogged tables").observed)
    assert red(outcome) == []
    assert cell.execute("beta", "SELECT count(*) FROM basket") == [(0,)]


@row()
def test_a_prepared_transaction_survives(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(settings={"max_prepared_transactions": "5"})
    session = psycopg2.connect(cell.dsn("alpha"))
    with session.cursor() as cursor:
        cursor.execute("INSERT INTO orders (account, amount) VALUES (1, 1); PREPARE TRANSACTION 'half'")
    session.close()
    assert cell.caught_up()
    cell.write_scenario("drill", **CRASH)
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert cell.execute("alpha", "SELECT gid FROM pg_prepared_xacts") == [("half",)]
    cell.execute("alpha", "COMMIT PREPARED 'half'")


@row()
def test_wal_that_was_recycled_makes_a_base_backup_and_keeps_the_old_directory(
    cell: Cell, attempt: int
) -> None:
    cell.write_scenario("drill", failback=False, **CRASH)
    data = cell.cluster("alpha").data

    def rejoin(real: Any, node: str, upstream: str, *, rebuild: bool = False) -> Any:
        segments = sorted(path for path in (data / "pg_wal").iterdir() if len(path.name) == 24)
        for path in segments[:-1]:
            path.unlink()  # what a busy server would have recycled
        return real.rejoin(node, upstream, rebuild=rebuild)

    cell.execute("alpha", "CREATE TABLE filler AS SELECT g, md5(g::text) FROM generate_series(1, 300000) g")
    assert cell.caught_up()
    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(rejoin=rejoin))
    assert red(outcome) == []
    kept = [path for path in data.parent.iterdir() if path.name.startswith("data") and path != data]
    assert [path for path in kept if (path / "PG_VERSION").exists()]
    assert cell.caught_up("alpha")


@row()
def test_a_rewind_before_the_checkpoint_is_caught(
    cell: Cell, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_rewind then says that nothing is to be done, and leaves rows that only the old primary has."""
    monkeypatch.setattr(proving, "CATCH_UP", 10.0)
    cell.write_scenario("drill", failback=False, **CRASH)

    def rejoin(real: Any, node: str, upstream: str, *, rebuild: bool = False) -> Any:
        from dataops.failover.drivers.driver import Rejoined

        old, new = cell.cluster(node), cell.cluster(upstream)
        (old.data / "standby.signal").unlink(missing_ok=True)
        rewind = [programs() / "pg_rewind", "-D", old.data, f"--source-server={new.dsn()}", "--no-sync"]
        print(os_user.run(rewind))
        os_user.own_file(old.data / "standby.signal", "")
        cell.execute(upstream, "SELECT pg_create_physical_replication_slot('alpha')")
        cell.start(node)
        return Rejoined("rewind", 0.1)

    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(inject=losing(cell, 50), rejoin=rejoin))
    assert "old primary rejoined" in red(outcome)
    assert verdicts(outcome)["old primary rejoined"] is not Verdict.PASSED
    assert outcome.record.verdict is not Verdict.PASSED


@row()
def test_a_route_that_still_leads_to_the_old_primary_is_a_failure(cell: Cell, attempt: int) -> None:
    promised = {"rto": "8s", "rpo": "5s"}
    cell.write_scenario(
        "drill", mode="crash", failback=False, objectives=promised, stop={"unavailable": "10s"}
    )
    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(route=lambda real, node: None))
    assert outcome.record.verdict is Verdict.FAILED, red(outcome)
