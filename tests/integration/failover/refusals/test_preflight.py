"""A real cluster is refused by name for each wrong thing before anything is touched, a healthy one is not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main
from dataops.connections import Connection
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import lever
from dataops.failover.guard import heartbeat
from dataops.failover.inventories import compare, no_stale_slot, take
from dataops.failover.job import Job
from dataops.failover.planning.planning import PlanGone, keep_plan, plan_of, read_plan
from dataops.failover.refusals.preflight import NEAR, UNCHANGED, once_more, preflight

from tests.integration.failover.cell import Cell

ROLE = Path("plugins/dataops/failover/drivers/native/sql/roles/failover.sql")
RED = {Verdict.FAILED, Verdict.INCONCLUSIVE}


@pytest.fixture
def cell(shared_cell: Cell) -> Iterator[Cell]:
    """A cell with a guard's sign of life; whatever a test changes of it is put back."""
    known = dict(shared_cell.connections)
    shared_cell.write_server()
    shared_cell.write_scenario()
    mine = heartbeat.Heartbeat(
        host="watch.test",
        process=1,
        environment="test",
        every=60.0,
        started=datetime.now(UTC),
        at=datetime.now(UTC),
        reaches={"cell": ""},
        pages=True,
    )
    heartbeat.beat(shared_cell.store, mine)
    yield shared_cell
    shared_cell.connections.clear()
    shared_cell.connections.update(known)
    heartbeat.leave(shared_cell.store, mine)


def job_of(cell: Cell) -> Job:
    return Job(cell.platform, "crash", print, holder="test")


def looked(cell: Cell) -> dict[str, Check]:
    job = job_of(cell)
    return {check.name: check for check in preflight(job, job.driver.observe())}


def red(cell: Cell) -> dict[str, str]:
    return {name: each.reason for name, each in looked(cell).items() if each.verdict in RED}


def test_a_healthy_cluster_is_refused_by_nothing_and_its_plan_is_found_again(cell: Cell) -> None:
    job = job_of(cell)
    seen = job.driver.observe()
    plan = plan_of(job, seen)
    assert red(cell) == {}
    assert (plan.primary, plan.candidate) == ("alpha", "beta")
    assert plan.loss.bytes == 16_000_000
    assert plan.loss.seconds is not None
    assert all(step.commands for step in plan.steps if step.action not in {"verify", "canary"})
    kept = keep_plan(cell.store, plan)
    assert read_plan(cell.store, kept.key) == plan
    with pytest.raises(PlanGone):
        read_plan(cell.store, kept.key.replace(plan.hash, "0" * 64))
    cell.execute("alpha", "CREATE TABLE moves AS SELECT generate_series(1, 20000) AS wal")
    assert cell.caught_up()
    again = once_more(job_of(cell), plan, job.driver.observe())
    assert [each.name for each in again if each.verdict in RED] == []
    cell.execute("alpha", "DROP TABLE moves")


def test_the_command_line_says_the_plan_and_touches_nothing(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in cell.environment().items():
        monkeypatch.setenv(name, value)
    assert main(["failover", "plan", "crash"]) == 0
    told = capsys.readouterr().out
    assert "commit point" in told
    assert cell.cluster("alpha").password not in told
    assert main(["failover", "plan", "crash", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["hash"][:12] in told
    assert main(["failover", "plan", "crash", "--markdown"]) == 0
    assert f"Plan `{document['hash'][:12]}`" in capsys.readouterr().out
    assert main(["failover", "plan", "crsh"]) == 2
    assert "Did you mean crash?" in capsys.readouterr().err
    assert main(["failover", "plan", "crash", "--preflight"]) == 0
    told = capsys.readouterr().out
    assert "passed          guard watches" in told
    assert "owed            one standby" in told
    lever.pull(cell.store, who="dba", why="incident 7")
    assert main(["failover", "plan", "crash", "--preflight", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "failed"
    assert [each["name"] for each in document["preflight"] if each["verdict"] == "failed"] == [
        "kill lever is free"
    ]
    lever.release(cell.store, who="dba", why="over")
    dead = json.dumps({"conn_type": "postgres", "host": "127.0.0.1", "port": 1})
    monkeypatch.setenv("AIRFLOW_CONN_CELL_ALPHA", dead)
    assert main(["failover", "plan", "crash", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "inconclusive"
    assert cell.primaries() == ["alpha"]


def test_another_plan_than_the_approved_one_is_refused_with_what_changed(cell: Cell) -> None:
    plan = plan_of(job_of(cell), measured=False)
    cell.write_scenario(fault="hang")
    job = job_of(cell)
    found = {each.name: each for each in once_more(job, plan, job.driver.observe())}[UNCHANGED]
    assert found.verdict is Verdict.FAILED
    assert "declared, fault, steps" in found.reason


def with_targets(cell: Cell, said: dict[str, Any]) -> None:
    cell.connections["failover_targets"] = replace(cell.connections["failover_targets"], extra=said)


def test_a_cluster_with_another_identifier_is_no_target(cell: Cell) -> None:
    with_targets(cell, {"1": {"environment": "test", "hosts": ["127.0.0.1"]}})
    assert set(red(cell)) == {
        "cluster is on the list of targets",
        "environment is the target's",
        "hosts are on the list",
    }


def test_a_host_that_is_not_on_the_list_is_refused(cell: Cell) -> None:
    with_targets(cell, {cell.system_identifier: {"environment": "test", "hosts": ["127.0.0.9"]}})
    assert set(red(cell)) == {"hosts are on the list"}


def test_a_target_of_another_environment_is_refused(cell: Cell) -> None:
    hosts = [cell.cluster(name).address for name in ("alpha", "beta")]
    with_targets(cell, {cell.system_identifier: {"environment": "prod", "hosts": hosts}})
    assert set(red(cell)) == {"environment is the target's"}


def test_without_a_list_nothing_may_be_tested(cell: Cell) -> None:
    del cell.connections["failover_targets"]
    assert looked(cell)["cluster is on the list of targets"].verdict is Verdict.INCONCLUSIVE


def test_production_needs_a_second_key(cell: Cell) -> None:
    cell.write_server(failover={"production": True})
    assert set(red(cell)) == {"second key"}
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    extra = {"scenario": "crash", "until": until}
    cell.connections["failover_second_key"] = Connection("failover_second_key", extra=extra)
    assert red(cell) == {}


def test_in_a_freeze_nothing_is_tested(cell: Cell) -> None:
    today = datetime.now(UTC).date().isoformat()
    cell.write_server(failover={"freezes": [{"since": today, "until": today, "reason": "year's end"}]})
    assert red(cell) == {"no freeze": "year's end"}


def test_a_backup_that_nobody_proved_lately_is_refused(cell: Cell) -> None:
    cell.write_server(failover={"proven_within": "1s"})
    assert set(red(cell)) == {"backup is proven"}


def test_the_lever_stops_all(cell: Cell) -> None:
    lever.pull(cell.store, who="dba", why="incident 7")
    assert "incident 7" in str(looked(cell)["kill lever is free"].observed)
    assert set(red(cell)) == {"kill lever is free"}
    lever.release(cell.store, who="dba", why="over")
    assert red(cell) == {}


@contextmanager
def stopped_receiver(cell: Cell) -> Generator[None]:
    (pid,) = cell.execute("beta", "SELECT pid FROM pg_stat_wal_receiver")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_standby_that_lags_above_the_limit_is_refused(cell: Cell) -> None:
    cell.write_server(failover={"lag": "100kB"})
    assert red(cell) == {}
    with stopped_receiver(cell):
        cell.execute("alpha", "CREATE TABLE bulk AS SELECT generate_series(1, 20000) AS wal")
        assert set(red(cell)) == {NEAR}
    cell.execute("alpha", "DROP TABLE bulk")
    assert cell.caught_up()


def test_a_machine_that_is_not_the_nodes_own_is_refused(cell: Cell) -> None:
    other = cell.connections["cell_beta_host"].extra
    cell.connections["cell_alpha_host"] = replace(cell.connections["cell_alpha_host"], extra=other)
    assert "machines are the nodes' own" in red(cell)


def test_a_subscriber_that_the_canary_would_stop_is_spared(cell: Cell) -> None:
    cell.execute("alpha", "CREATE PUBLICATION everything FOR ALL TABLES")
    assert red(cell) == {}
    cell.execute("alpha", "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')")
    try:
        assert set(red(cell)) == {"canary hurts no subscriber"}
    finally:
        cell.execute("alpha", "SELECT pg_drop_replication_slot('cdc')")
        cell.execute("alpha", "DROP PUBLICATION everything")


def test_unlogged_tables_are_told_beforehand(cell: Cell) -> None:
    cell.execute("alpha", "CREATE UNLOGGED TABLE sessions (id int)")
    assert "sessions" in str(looked(cell)["unlogged tables"].observed)
    cell.execute("alpha", "DROP TABLE sessions")


def test_a_tabletop_needs_no_permission(cell: Cell) -> None:
    cell.write_scenario(mode="tabletop")
    del cell.connections["failover_targets"]
    assert red(cell) == {}
    plan = plan_of(job_of(cell))
    assert not plan.touches


def test_what_a_node_holds_beside_rows_is_seen_on_both_nodes(cell: Cell) -> None:
    before = take(cell.connections["cell_alpha"])
    assert set(before.databases) == {"postgres", "shop"}
    (orders,) = before.databases["shop"].sequences
    assert (orders.name, orders.last, orders.seen) == ("public.orders_id_seq", 2000, True)
    assert cell.caught_up()
    standby = take(cell.connections["cell_beta"])
    assert standby.in_recovery
    assert {each.verdict for each in compare(before, standby)} <= {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert no_stale_slot(before).verdict is Verdict.PASSED


def test_the_role_of_the_guide_suffices_for_preflight_and_inventory(cell: Cell) -> None:
    cell.execute("alpha", ROLE.read_text(), dbname="postgres")
    cell.execute("alpha", "ALTER ROLE dataops_failover PASSWORD 'enough'", dbname="postgres")
    assert cell.caught_up()
    for name in ("cell_alpha", "cell_beta"):
        login = {"login": "dataops_failover", "password": "enough"}
        cell.connections[name] = replace(cell.connections[name], **login)
    assert red(cell) == {}
    assert plan_of(job_of(cell)).loss.seconds is not None
    held = take(cell.connections["cell_alpha"])
    assert held.unseen == {}
    assert all(each.seen for each in held.databases["shop"].sequences)
    assert held.settings["max_connections"]
    assert held.bytes


def test_what_a_failover_would_lose_is_seen_as_lost(cell: Cell) -> None:
    cell.execute("alpha", "CREATE ROLE clerk LOGIN CONNECTION LIMIT 3")
    cell.execute("alpha", "ALTER ROLE clerk SET work_mem = '9MB'")
    cell.execute("alpha", "CREATE PUBLICATION sales FOR TABLE orders")
    cell.execute("alpha", "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')")
    cell.execute("alpha", "SELECT pg_create_physical_replication_slot('nobody', true)")
    cell.execute("alpha", "CREATE SEQUENCE tickets")
    cell.execute("alpha", "SELECT nextval('tickets') FROM generate_series(1, 50)")
    rich = take(cell.connections["cell_alpha"])
    assert rich.roles["clerk"] == "inherit login limit 3 work_mem=9MB"
    assert rich.databases["shop"].publications == ("sales",)
    assert [(each.name, each.database) for each in rich.logical_slots] == [("cdc", "shop")]
    assert no_stale_slot(rich).observed == ["cdc (logical)", "nobody (physical)"]
    cell.execute("alpha", "ALTER SEQUENCE tickets RESTART 7")
    cell.execute("alpha", "DROP ROLE clerk")
    cell.execute("alpha", "DROP PUBLICATION sales")
    for slot in ("cdc", "nobody"):
        cell.execute("alpha", "SELECT pg_drop_replication_slot(%s)", slot)
    failed = {
        each.name for each in compare(rich, take(cell.connections["cell_alpha"])) if each.verdict in RED
    }
    assert failed == {
        "sequences of all databases ahead",
        "roles survived",
        "publications and subscriptions survived",
    }
    cell.execute("alpha", "DROP SEQUENCE tickets")
