"""What happens to a server in the middle of a window: right numbers or none, never wrong ones.

Each test counts what it does itself, so that the truth is known.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import psycopg2
import pytest
from dataops.performance.samples import keeping
from dataops.performance.samples.sample import Sample
from dataops.performance.window import SectionName, Window
from dataops.performance.windowing import window as window_of
from dataops.store import ObjectStore

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.performance.watched import Watched, watched

SCRIPT = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE counted (id serial PRIMARY KEY, n int);
CREATE TABLE other (id int PRIMARY KEY);
"""
MOST_STATEMENTS = 100


@pytest.fixture(scope="module")
def server(start_primary: Callable[..., DatabaseServer]) -> DatabaseServer:
    """A server that these tests may restart and crash."""
    return start_primary(
        "counting", {"pg_stat_statements.max": str(MOST_STATEMENTS), "restart_after_crash": "on"}
    )


@pytest.fixture
def one(server: DatabaseServer, object_store_server: ObjectStoreServer) -> Watched:
    return watched(server, object_store_server, SCRIPT)


def insert(one: Watched, times: int) -> None:
    """So many executions of one statement, a row each, in a session that ends: then all of it is counted."""
    with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            for number in range(times):
                cursor.execute("INSERT INTO counted (n) VALUES (%s)", (number,))


def table(window: Window, name: str = "counted") -> dict[str, Any]:
    found = window.section(SectionName.TABLES).totals.filter(pl.col("name") == name)
    assert found.height == 1
    return found.row(0, named=True)


def statement(window: Window, beginning: str = "INSERT INTO counted") -> dict[str, Any] | None:
    section = window.section(SectionName.STATEMENTS)
    assert section.quality.measurable, section.quality
    found = section.totals.filter(pl.col("text").str.starts_with(beginning))
    assert found.height <= 1
    return found.row(0, named=True) if found.height else None


def calls(window: Window, beginning: str = "INSERT INTO counted") -> int | None:
    found = statement(window, beginning)
    return found and found["calls"]


def counts_since(window: Window) -> datetime:
    """Since when the counters of indexes count: what is not used since then may have been used before."""
    found = window.section(SectionName.INDEXES).totals["statistics_since"].min()
    assert isinstance(found, datetime)
    return found


def test_without_a_fault_every_execution_is_counted(one: Watched) -> None:
    insert(one, 3)
    one.sample()
    for times in (5, 7):
        insert(one, times)
        one.sample(whole=False)
    window = one.window()
    assert (table(window)["rows_inserted"], calls(window)) == (12, 12)
    found = statement(window)
    assert found is not None and found["complete"] and found["rows"] == 12
    assert found["mean_seconds"] == pytest.approx(found["exec_seconds"] / 12)
    series = window.section(SectionName.STATEMENTS).series
    ours = series.filter(pl.col("statement") == found["statement"])
    assert ours["calls"].to_list() == [5, 7]
    assert window.section(SectionName.DATABASE).totals["rows_inserted"].item() >= 12
    assert window.notes == ()


def test_a_window_of_whole_samples_alone_counts_the_same(one: Watched) -> None:
    one.sample()
    for whole in (False, False, True, False):
        insert(one, 3)
        one.sample(whole=whole)
    fine = one.window()
    coarse = window_of(
        one.store,
        server="test",
        database=one.dbname,
        dbname=one.dbname,
        since=fine.since,
        until=fine.until,
        hourly=True,
    )
    assert (fine.samples, coarse.samples) == (5, 3)
    for made in (fine, coarse):
        assert (table(made)["rows_inserted"], calls(made), made.notes) == (12, 12, ())


def test_statistics_that_were_reset_have_no_number_for_that_interval_alone(one: Watched) -> None:
    one.sample()
    insert(one, 5)
    one.sample(whole=False)
    insert(one, 100)
    one.execute("SELECT pg_stat_reset()")
    insert(one, 20)
    one.sample(whole=False)
    insert(one, 3)
    one.sample(whole=False)
    window = one.window()
    assert table(window)["rows_inserted"] == 5 + 3
    quality = window.section(SectionName.TABLES).quality
    assert quality.covered < 1 and "were reset" in quality.notes[0]
    assert calls(window) == 5 + 100 + 20 + 3  # pg_stat_statements was not reset


def test_a_reset_of_pg_stat_statements_is_not_measurable_where_it_is_all_there_is(one: Watched) -> None:
    insert(one, 10)
    one.sample()
    one.execute("SELECT pg_stat_statements_reset()")
    insert(one, 50)
    one.sample(whole=False)
    section = one.window().section(SectionName.STATEMENTS)
    assert not section.quality.measurable and "were reset" in section.quality.missing
    insert(one, 4)
    one.sample(whole=False)
    assert calls(one.window()) == 4
    assert table(one.window())["rows_inserted"] == 54


def test_one_statement_that_was_reset_by_itself_is_a_lower_bound(one: Watched) -> None:
    insert(one, 10)
    one.sample()
    insert(one, 5)
    one.execute(
        "SELECT pg_stat_statements_reset(0, 0, queryid) FROM pg_stat_statements "
        "WHERE query LIKE 'INSERT INTO counted%'"
    )
    insert(one, 2)
    one.sample(whole=False)
    found = statement(one.window())
    assert found is not None and (found["calls"], found["complete"]) == (2, False)


def test_statements_that_were_thrown_out_are_told_and_never_counted_too_high(one: Watched) -> None:
    one.sample()
    for start in (0, 200):
        with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session, session.cursor() as cursor:
            for number in range(start, start + 2 * MOST_STATEMENTS):
                cursor.execute(f"SELECT {', '.join(['1'] * (number + 2))}")
        insert(one, 30)
        one.sample(whole=False)
    window = one.window()
    section = window.section(SectionName.STATEMENTS)
    evictions = window.section(SectionName.DATABASE).totals["statement_evictions"].item()
    assert evictions > 0
    assert f"threw out entries {evictions} times" in section.quality.notes[-1]
    churned = section.totals.filter(pl.col("text").str.starts_with("SELECT $1, $2"))
    assert churned.height > 0 and churned["calls"].max() == 1
    assert not churned["complete"].all()
    assert (calls(window) or 0) <= 60


def test_a_restart_costs_the_interval_in_which_it_falls(one: Watched, server: DatabaseServer) -> None:
    one.sample()
    insert(one, 5)
    one.sample(whole=False)
    insert(one, 50)
    server.cluster.stop("fast")
    server.cluster.start()
    insert(one, 20)
    one.sample(whole=False)
    insert(one, 3)
    one.sample(whole=False)
    window = one.window()
    assert (table(window)["rows_inserted"], calls(window)) == (8, 8)
    assert len(window.restarts) == 1
    assert any("was restarted at" in note for note in window.notes)


BACK, AHEAD = timedelta(hours=-3), timedelta(minutes=7)


@pytest.mark.parametrize(
    ("moved", "jump"),
    [(("at",), AHEAD), (("taken",), BACK), (("at", "taken"), AHEAD), (("at", "taken"), BACK)],
    ids=["the server's ahead", "the sampler's back", "one of both ahead", "one of both back"],
)
def test_a_clock_that_jumps_costs_the_interval_in_which_it_does(
    one: Watched, monkeypatch: pytest.MonkeyPatch, moved: tuple[str, ...], jump: timedelta
) -> None:
    """The counters are real; what the clocks say is moved. Set back, later samples come before others."""
    insert(one, 200)
    one.sample()
    insert(one, 5)
    one.sample(whole=False)
    insert(one, 100)
    keep = keeping.keep

    def late(store: ObjectStore, sample: Sample) -> keeping.Kept:
        told = {name: getattr(sample.header, name) + jump for name in moved}
        return keep(store, replace(sample, header=replace(sample.header, **told)))

    monkeypatch.setattr(keeping, "keep", late)
    one.sample(whole=False)
    insert(one, 3)
    one.sample(whole=False)
    taken = [each.kept[-1].taken for each in one.taken]
    window = one.window(since=min(taken), until=max(taken))
    assert (table(window)["rows_inserted"], calls(window)) == (8, 8)
    assert any("A clock jumped" in note for note in window.notes)
    statements = window.section(SectionName.STATEMENTS)
    assert statements.quality.covered < 1
    assert statements.series["seconds"].max() < 60


def test_a_crash_that_empties_the_statistics_is_noticed(one: Watched, server: DatabaseServer) -> None:
    """One process is killed: the postmaster lives on with its start time, and all statistics are lost."""
    insert(one, 2)
    one.sample()
    insert(one, 5)
    one.sample(whole=False)
    with closing(psycopg2.connect(server.dsn(one.dbname))) as session:
        os.kill(session.info.backend_pid, signal.SIGKILL)
        assert wait_until(lambda: answers(one), seconds=20)
    insert(one, 90)
    one.sample(whole=False)
    insert(one, 3)
    one.sample(whole=False)
    window = one.window()
    assert (table(window)["rows_inserted"], calls(window)) == (8, 8)
    assert window.restarts == ()
    assert any("crashed and lost its statistics" in note for note in window.notes)
    assert one.taken[1].samples[-1].header.at < counts_since(window) < one.taken[2].samples[-1].header.at


def answers(one: Watched) -> bool:
    try:
        return one.execute("SELECT count(*) FROM counted WHERE false") == [(0,)] and not recovering(one)
    except psycopg2.Error:
        return False


def recovering(one: Watched) -> bool:
    return bool(one.execute("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'startup'"))


def test_tables_that_come_go_are_renamed_and_rewritten_are_each_themselves(one: Watched) -> None:
    one.execute("CREATE TABLE doomed (a int); CREATE TABLE old_name (a int); CREATE TABLE packed (a int)")
    one.execute("INSERT INTO packed SELECT generate_series(1, 1000)")
    one.sample()
    one.execute("INSERT INTO doomed SELECT generate_series(1, 10)")
    one.execute("INSERT INTO old_name SELECT generate_series(1, 20)")
    one.sample()
    one.execute("DROP TABLE doomed")
    one.execute("ALTER TABLE old_name RENAME TO new_name")
    one.execute("INSERT INTO new_name SELECT generate_series(1, 5)")
    one.execute("CREATE TABLE born (a int)")
    one.execute("INSERT INTO born SELECT generate_series(1, 40)")
    one.execute("DELETE FROM packed WHERE a > 10")
    one.execute("VACUUM FULL packed")
    one.sample()
    window = one.window()
    doomed, renamed, born, packed = (table(window, name) for name in ("doomed", "new_name", "born", "packed"))
    assert (doomed["dropped"], doomed["rows_inserted"], doomed["total_bytes"]) == (True, 10, 8192)
    assert (renamed["renamed_from"], renamed["rows_inserted"]) == ("public.old_name", 25)
    assert (born["created"], born["rows_inserted"], born["total_bytes_change"]) == (True, 40, 8192)
    assert packed["rewritten"] and packed["total_bytes_change"] < 0
    assert not any(renamed[flag] for flag in ("created", "dropped", "rewritten"))


def test_a_table_that_was_made_again_under_its_name_is_another_one(one: Watched) -> None:
    insert(one, 10)
    one.sample()
    one.execute("DROP TABLE counted; CREATE TABLE counted (id serial PRIMARY KEY, n int)")
    insert(one, 4)
    one.sample()
    both = one.window().section(SectionName.TABLES).totals.filter(pl.col("name") == "counted").sort("oid")
    assert both["dropped"].to_list() == [True, False]
    assert both["rows_inserted"].to_list()[1] == 4


def test_a_rebuilt_table_gives_its_statement_another_queryid_and_the_same_name(one: Watched) -> None:
    one.sample()
    insert(one, 6)
    one.sample(whole=False)
    one.execute("DROP TABLE counted; CREATE TABLE counted (id serial PRIMARY KEY, n int)")
    insert(one, 4)
    one.sample(whole=False)
    found = statement(one.window())
    assert found is not None
    assert (len(found["queryids"]), found["calls"]) == (2, 10)


def test_an_index_that_is_dropped_takes_its_scans_along_and_nothing_else(one: Watched) -> None:
    one.execute("CREATE INDEX doomed ON counted (n)")
    insert(one, 500)
    one.execute("SET enable_seqscan = off; SELECT count(*) FROM counted WHERE n = 1")
    one.sample()
    one.execute("DROP INDEX doomed")
    insert(one, 5)
    one.sample()
    window = one.window()
    assert table(window)["rows_inserted"] == 5
    indexes = window.section(SectionName.INDEXES).totals
    assert indexes.filter(pl.col("name") == "doomed")["dropped"].to_list() == [True]


def test_a_setting_that_changed_is_told_with_what_it_was(one: Watched) -> None:
    one.sample()
    try:
        one.execute("ALTER SYSTEM SET work_mem = '5MB'")
        one.execute("SELECT pg_reload_conf()")
        assert wait_until(lambda: one.execute("SHOW work_mem") == [("5MB",)], seconds=10)
        one.sample(whole=False)
        changed = one.window().section(SectionName.SETTINGS).totals.filter(pl.col("changed_at").is_not_null())
        assert changed.select("name", "value", "previous").rows() == [("work_mem", "5120", "4096")]
    finally:
        one.execute("ALTER SYSTEM RESET work_mem")
        one.execute("SELECT pg_reload_conf()")


def test_a_missing_extension_is_not_measurable_and_says_what_to_do(
    server: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    bare = watched(server, object_store_server, "CREATE TABLE counted (id serial, n int)")
    bare.sample()
    bare.sample()
    section = bare.window().section(SectionName.STATEMENTS)
    assert not section.quality.measurable
    assert "CREATE EXTENSION pg_stat_statements" in section.quality.missing
    assert bare.window().section(SectionName.TABLES).quality.measurable


def test_rights_that_are_lost_in_the_middle_are_told_and_what_was_seen_stays(one: Watched) -> None:
    one.execute(f"CREATE ROLE watcher_{one.dbname} LOGIN PASSWORD 'p' IN ROLE pg_monitor")
    superuser = one.connections["test_primary"]
    one.connections["test_primary"] = replace(superuser, login=f"watcher_{one.dbname}", password="p")
    one.sample()
    insert(one, 5)
    one.sample()
    one.execute(f"REVOKE pg_monitor FROM watcher_{one.dbname}")
    one.execute("REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC")
    insert(one, 5)
    one.sample()
    one.sample()
    window = one.window()
    assert calls(window) == 5
    quality = window.section(SectionName.STATEMENTS).quality
    assert quality.covered < 1 and "GRANT pg_monitor" in " ".join(quality.notes)
    blocking = window.section(SectionName.BLOCKING).quality
    first, second = (taken.samples[-1].header for taken in one.taken[:2])
    constraints = window.section(SectionName.CONSTRAINTS).quality
    assert constraints.covered < 1
    assert any("2 of 4 samples" in note and "permission denied" in note for note in constraints.notes)
    assert blocking.intervals == ((second.at, (second.at - first.at).total_seconds()),)


def test_what_sessions_of_another_database_do_stands_in_its_own_report_alone(
    one: Watched, server: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    """An old transaction there keeps no row here from vacuum, and whoever may read this may not read that."""
    other = watched(server, object_store_server, "CREATE TABLE private_there (n int)")
    lock = "LOCK TABLE private_there"

    def wait() -> None:
        with closing(psycopg2.connect(server.dsn(other.dbname))) as session:
            session.cursor().execute(lock)

    waits = f"SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = '{lock}'"
    old = f"{waits} AND xact_start < now() - interval '1.1 s'"
    with closing(psycopg2.connect(server.dsn(other.dbname))) as holder:
        holder.cursor().execute(lock)
        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        assert wait_until(lambda: one.execute(old) == [(1,)], seconds=10)
        one.sample()
        one.sample()
        other.sample()
        other.sample()
    waiter.join(10)
    for watching, seen in ((one, 0), (other, 1)):
        window = watching.window()
        assert window.section(SectionName.BLOCKING).totals.height == seen
        transactions = window.section(SectionName.SESSIONS).totals
        assert transactions.filter(pl.col("text") == lock).height == 2 * seen
        assert transactions.filter(pl.col("dbname") != watching.dbname).height == 0
    assert other.dbname in one.window().section(SectionName.SESSIONS).series["dbname"].to_list()


def test_a_window_without_samples_says_so_of_every_section(one: Watched) -> None:
    one.sample()
    taken = one.taken[0].samples[-1].header.taken
    window = one.window(since=taken - timedelta(days=9), until=taken - timedelta(days=8))
    assert (window.samples, window.server_version) == (0, 0)
    for section in window.sections.values():
        assert not section.quality.measurable and section.totals.height == 0


def test_one_sample_has_readings_and_no_growth(one: Watched) -> None:
    insert(one, 7)
    one.sample()
    window = one.window()
    found = table(window)
    assert (found["live_rows"], found["rows_inserted"]) == (7, None)
    assert not window.section(SectionName.STATEMENTS).quality.measurable


@pytest.fixture(scope="module")
def standby(server: DatabaseServer, start_standby: Callable[..., DatabaseServer]) -> DatabaseServer:
    return start_standby(server, "heir")


def test_scans_on_the_standby_are_counted(
    server: DatabaseServer, standby: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    one = watched(server, object_store_server, SCRIPT, standby=standby)
    insert(one, 9)
    lsn = server.execute("SELECT pg_current_wal_lsn()")[0][0]
    caught_up = f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'"
    assert wait_until(lambda: standby.execute(caught_up) == [(True,)], seconds=20)
    one.sample()
    for number in range(3):
        standby.execute(
            f"SET enable_seqscan = off; SELECT * FROM counted WHERE id = {number}", dbname=one.dbname
        )
    one.sample()
    window = one.window()
    indexes = window.section(SectionName.INDEXES).totals.filter(pl.col("name") == "counted_pkey")
    assert indexes.select("standby_scans", "scans").rows() == [(3, 0)]
    assert window.section(SectionName.REPLICATION).totals["present"].to_list() == [True]


def test_a_failover_costs_the_interval_in_which_it_falls(
    server: DatabaseServer, standby: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    one = watched(server, object_store_server, SCRIPT)
    one.sample()
    insert(one, 5)
    one.sample()
    insert(one, 100)
    lsn = server.execute("SELECT pg_current_wal_lsn()")[0][0]
    caught_up = f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'"
    assert wait_until(lambda: standby.execute(caught_up) == [(True,)], seconds=20)
    standby.execute("SELECT pg_promote()")
    one.connections["test_primary"] = standby.connection
    promoted = replace(one, primary=standby)
    insert(promoted, 50)
    promoted.sample()
    insert(promoted, 3)
    promoted.sample()
    window = promoted.window()
    assert (table(window)["rows_inserted"], calls(window)) == (8, 8)
    assert any("failed over" in note for note in window.notes)
    assert counts_since(window) > one.taken[0].samples[0].header.resets["writer"]


def test_samples_taken_at_the_same_time_do_not_disturb_each_other(one: Watched) -> None:
    one.sample()
    insert(one, 4)
    threads = [threading.Thread(target=one.sample) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(not taken.failed for taken in one.taken)
    last = max(taken.samples[-1].header.taken for taken in one.taken)
    assert calls(one.window(until=last)) == 4
