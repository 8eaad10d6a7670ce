"""Samples of a real server: by the least role, without a trace, past locks, and without a literal."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
import pytest
from dataops.cli import main
from dataops.evidence.verdict import Verdict
from dataops.performance.columns import COLUMNS, Kind
from dataops.performance.samples import Taken, asking, keeping, read_rows, read_texts, record_of, visit
from dataops.performance.samples.questions import DATABASE, SERVER
from dataops.performance.samples.taking import take_sample
from dataops.performance.window import SectionName
from dataops.postgres import QueryFailed, connect
from dataops.store import ObjectStore, StoreRefused
from psycopg2.extensions import get_wait_callback, set_wait_callback
from psycopg2.extras import wait_select

from sandbox.deadline import wait_until
from sandbox.ports import free_port
from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.cli.conftest import as_json
from tests.integration.performance.watched import Watched, watched

SCRIPT = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES parent, note text);
INSERT INTO parent SELECT i, repeat('x', 100) FROM generate_series(1, 20000) AS i;
INSERT INTO child (parent, note) SELECT i, md5(i::text) FROM generate_series(1, 20000) AS i;
CREATE INDEX child_note ON child (lower(note) text_pattern_ops, id DESC) INCLUDE (parent) WHERE parent > 5;
ANALYZE;
"""


@pytest.fixture(scope="module")
def server(start_primary: Callable[..., DatabaseServer]) -> DatabaseServer:
    own = start_primary("sampled", {"max_prepared_transactions": "5"})
    own.execute((files("dataops.performance.samples") / "sql" / "roles" / "sampling.sql").read_text())
    own.execute("ALTER ROLE dataops_sampling PASSWORD 'p'; CREATE ROLE nobody LOGIN PASSWORD 'p'")
    return own


@pytest.fixture(scope="module")
def one(server: DatabaseServer, object_store_server: ObjectStoreServer) -> Watched:
    return watched(server, object_store_server, SCRIPT)


@pytest.fixture
def by(one: Watched) -> Iterator[Callable[[str], Watched]]:
    """The same database, sampled by another role."""
    superuser = one.connections["test_primary"]

    def as_role(role: str) -> Watched:
        one.connections["test_primary"] = replace(superuser, login=role, password="p")
        return one

    yield as_role
    one.connections["test_primary"] = superuser


def rows(one: Watched, taken: Taken, question: str) -> pl.DataFrame:
    """What a question answered, as it lies in the store."""
    for kept in taken.kept:
        found = read_rows(one.store.get(kept.key), question)
        if found is not None:
            return found
    raise AssertionError(f"{question} has no answer")


def test_the_role_of_the_guide_answers_every_question(by: Callable[[str], Watched]) -> None:
    taken = by("dataops_sampling").sample()
    assert taken.failed == {}
    assert [sample.header.missing for sample in taken.samples] == [{}, {}]
    asked = {question.name for question in (*SERVER, *DATABASE)} | {"statements", "evictions"}
    assert asked <= {name for sample in taken.samples for name in sample.rows}


@pytest.mark.parametrize("statement", ["CREATE TABLE t (a int)", "DELETE FROM child", "SELECT * FROM child"])
def test_the_role_can_neither_write_nor_read_rows(
    one: Watched, by: Callable[[str], Watched], statement: str
) -> None:
    connection = by("dataops_sampling").connections["test_primary"]
    with (
        closing(connect(connection, dbname=one.dbname, autocommit=True)) as session,
        pytest.raises(psycopg2.Error, match=r"read-only|permission denied"),
    ):
        session.cursor().execute(statement)


def test_a_role_that_sees_only_itself_measures_nothing_of_others(by: Callable[[str], Watched]) -> None:
    taken = by("nobody").sample()
    missing = {name: why for sample in taken.samples for name, why in sample.header.missing.items()}
    assert {"statements", "connections", "transactions", "blocking", "replication"} <= missing.keys()
    assert "GRANT pg_monitor TO nobody" in missing["statements"]
    window = by("nobody").window(until=taken.samples[-1].header.taken)
    assert "GRANT pg_monitor" in window.section(SectionName.BLOCKING).quality.notes[-1]


def test_sampling_leaves_the_statistics_as_they_are(one: Watched) -> None:
    before = one.execute("SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()")
    reset = one.execute("SELECT stats_reset FROM pg_stat_statements_info")
    written = one.execute(
        "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database "
        "WHERE datname = current_database()"
    )
    one.sample()
    assert (
        one.execute("SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()") == before
    )
    assert one.execute("SELECT stats_reset FROM pg_stat_statements_info") == reset
    assert (
        one.execute(
            "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database "
            "WHERE datname = current_database()"
        )
        == written
    )


def test_what_an_index_is_is_told_as_the_catalogue_has_it(one: Watched) -> None:
    found = rows(one, one.sample(), "index_details").filter(pl.col("name") == "child_note").row(0, named=True)
    assert found["columns"] == ["lower(note)", "id"]
    assert found["included"] == ["parent"]
    assert found["opclasses"] == ["pg_catalog.text_pattern_ops", "pg_catalog.int4_ops"]
    assert found["orderings"] == ["asc nulls last", "desc nulls first"]
    assert found["collations"] == ["pg_catalog.default", ""]
    assert (found["predicate"], found["expression"], found["valid"]) == ("(parent > 5)", True, True)
    key = rows(one, one.sample(), "constraints").filter(pl.col("kind") == "foreign key").row(0, named=True)
    assert (key["columns"], key["referenced_name"], key["indexed"]) == (["parent"], "parent", False)


def test_sizes_are_those_of_the_server_and_packed_tables_have_no_bloat(one: Watched) -> None:
    sizes = rows(one, one.sample(), "table_sizes").sort("oid")
    real = one.execute(
        "SELECT oid, pg_relation_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid) "
        "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    assert sizes.select("oid", "heap_bytes", "index_bytes", "total_bytes").rows() == real
    packed = sizes.filter(pl.col("estimated_heap_bytes").is_not_null())
    assert packed.height == 2
    for heap, estimate in packed.select("heap_bytes", "estimated_heap_bytes").iter_rows():
        assert abs(heap - estimate) <= 0.02 * heap


def test_a_whole_sample_is_taken_once_an_hour(one: Watched) -> None:
    one.sample()
    light = one.sample(whole=None)
    assert not any(kept.whole for kept in light.kept)
    assert not {"index_details", "table_sizes", "sizes"} & {name for s in light.samples for name in s.rows}


def test_a_table_that_is_locked_is_sampled_without_waiting_for_it(one: Watched) -> None:
    with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as holder:
        holder.cursor().execute("LOCK TABLE child IN ACCESS EXCLUSIVE MODE")
        taken = one.sample()
        sizes = rows(one, taken, "table_sizes")
    assert taken.samples[-1].header.missing == {}
    assert sorted(sizes["measured"].to_list()) == [False, True]
    assert sizes["heap_bytes"].min() > 0


def test_who_waits_for_whom_is_seen_down_to_the_root(one: Watched) -> None:
    """A prepared transaction is in the way of a session that is in the way of another."""
    waiting: list[threading.Thread] = []

    def update(*identifiers: int) -> None:
        with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session:
            for identifier in identifiers:
                session.cursor().execute(f"UPDATE parent SET name = 'secret-canary' WHERE id = {identifier}")

    def waiters() -> int:
        count: int = one.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0][0]
        return count

    with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session:
        session.cursor().execute("UPDATE parent SET name = 'a' WHERE id = 1")
        session.cursor().execute("PREPARE TRANSACTION 'left over'")
    try:
        for identifiers in ((2, 1), (2,)):
            waiting.append(threading.Thread(target=update, args=identifiers, daemon=True))
            waiting[-1].start()
            assert wait_until(lambda: waiters() == len(waiting), seconds=10)
        taken = one.sample()
    finally:
        one.execute("ROLLBACK PREPARED 'left over'")
        for thread in waiting:
            thread.join(10)
    one.sample()
    window = one.window(since=taken.samples[-1].header.taken)
    edges = window.section(SectionName.BLOCKING).totals.sort("depth")
    assert edges["depth"].to_list() == [1, 2]
    assert edges["root_pid"].to_list() == [0, 0]
    assert edges["blocking_prepared"].to_list() == ["left over", None]
    assert edges["blocked_text"][0] == "UPDATE parent SET name = $1 WHERE id = $2"


def test_no_literal_is_kept(one: Watched) -> None:
    """Neither of what runs, nor of utility statements, of which pg_stat_statements keeps the literals."""
    one.execute("CREATE ROLE holder PASSWORD 'secret-canary'")
    one.execute(
        f"ALTER DATABASE {one.dbname} SET app.token = 'secret-canary'; "
        f"ALTER ROLE holder IN DATABASE {one.dbname} SET app.token = 'secret-canary'; "
        f"ALTER ROLE holder SET work_mem = '5MB'; SET app.other TO secretcanary"
    )
    one.execute("DO $$ BEGIN PERFORM 'secret-canary'; END $$")
    one.execute("COPY (SELECT 'secret-canary') TO PROGRAM 'cat > /dev/null # secret-canary'")
    one.execute("COMMENT ON TABLE parent IS 'secret-canary'")
    with closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session:
        session.cursor().execute("SELECT 'secret-canary', now() /* secret-canary */")
        assert wait_until(
            lambda: bool(
                one.execute("SELECT 1 FROM pg_stat_activity WHERE xact_start < now() - interval '1.1 s'")
            ),
            seconds=10,
        )
        taken = one.sample()
    seen = rows(one, taken, "transactions").filter(pl.col("text").str.starts_with("SELECT $1"))
    assert seen["state"].to_list() == ["idle in transaction"]
    kept = [frame for sample in taken.samples for frame in sample.rows.values()]
    texts = read_texts(one.store, "test", one.dbname)
    for frame in (*kept, texts):
        for column in frame.select(pl.col(pl.String)).iter_columns():
            assert not column.str.contains("secret-canary", literal=True).any(), column.name
            assert not column.str.contains("secretcanary", literal=True).any(), column.name
    assert "CREATE ROLE holder PASSWORD $1" in texts["text"].to_list()
    settings = (
        rows(one, taken, "settings")
        .filter(pl.col("scope").str.len_chars() > 0)
        .select("name", "scope", "value")
    )
    assert sorted(row for row in settings.rows() if "holder" in row[1] or one.dbname in row[1]) == [
        ("app.token", f"role holder in {one.dbname}", "(set)"),
        ("app.token", one.dbname, "(set)"),
        ("work_mem", "role holder", "5MB"),
    ]


def test_texts_are_asked_for_once_and_sampling_makes_no_new_statements_of_its_own(one: Watched) -> None:
    one.execute("SELECT 'new' AS statement_that_is_new")
    assert "texts" in one.sample().samples[-1].header.costs
    texts = read_texts(one.store, "test", one.dbname)
    assert texts.filter(pl.col("text").str.contains("statement_that_is_new")).height == 1
    assert texts["queryid"].is_unique().all()
    one.sample()
    assert "texts" not in one.sample().samples[-1].header.costs


def test_every_counter_and_reading_that_was_promised_is_asked_for(one: Watched) -> None:
    """Of a server of this major; what others have beyond it is null."""
    major = one.primary.execute("SHOW server_version_num")[0][0]
    taken = one.sample()
    asked = {column for sample in taken.samples for frame in sample.rows.values() for column in frame.columns}
    elsewhere = {"sampling_seconds", "free_bytes", "lifetime_scans", "standby_scans"}
    for section, columns in COLUMNS.items():
        promised = {
            column.name
            for column in columns.totals
            if column.kind in {Kind.COUNTER, Kind.READING} and column.since <= int(major) // 10000
        }
        assert promised - elsewhere <= asked, section


def test_a_database_that_is_not_there_does_not_keep_the_others_from_being_sampled(one: Watched) -> None:
    gone = one.platform.inventory.databases[0].model_copy(update={"name": "gone", "dbname": "gone"})
    inventory = replace(one.platform.inventory, databases=(*one.platform.inventory.databases, gone))
    platform: Any = replace(one.platform, inventory=inventory)
    platform.__dict__["store"] = one.store
    taken = take_sample(platform, "test")
    assert list(taken.failed) == ["databases/gone"]
    assert len(taken.samples) == 2


def test_a_server_out_of_reach_is_asked_once_and_not_once_a_database(one: Watched) -> None:
    there = one.connections["test_primary"]
    one.connections["test_primary"] = replace(there, port=free_port())
    try:
        said: list[str] = []
        taken = take_sample(one.platform, "test", say=said.append)
    finally:
        one.connections["test_primary"] = there
    assert taken.failed.keys() == {"server", f"databases/{one.dbname}"}
    assert taken.samples == () and len(said) == 1
    report = record_of(one.platform, ["test"], {})
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_store_that_takes_nothing_stops_the_visit(
    one: Watched, object_store_server: ObjectStoreServer
) -> None:
    platform = replace(one.platform)
    platform.__dict__["store"] = ObjectStore.from_connection(
        object_store_server.connection(), "no-such-bucket"
    )
    with pytest.raises(StoreRefused, match="no-such-bucket"):
        take_sample(platform, "test")


def test_a_task_that_hears_signals_while_it_waits_has_every_answer(one: Watched) -> None:
    """Airflow's tasks wait by a callback, which COPY refuses."""
    set_wait_callback(wait_select)
    try:
        taken = one.sample()
        assert get_wait_callback() is wait_select
    finally:
        set_wait_callback(None)
    assert [sample.header.missing for sample in taken.samples] == [{}, {}]


def test_a_sample_without_any_answer_is_not_passed(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> pl.DataFrame:
        raise QueryFailed("It will not be.")

    monkeypatch.setattr(asking, "copy_out", refuse)
    report = visit(one.platform, "test", say=one.said.append)
    assert [check.verdict for check in report.checks[:2]] == [Verdict.INCONCLUSIVE] * 2
    assert "It will not be." in report.checks[0].reason


def test_what_is_too_old_is_forgotten_once_a_day(one: Watched) -> None:
    one.sample()
    old = datetime.now(UTC) - timedelta(days=40)
    for scope in ("server", "databases/retired"):
        one.store.put(keeping.key_of("test", scope, old, whole=True), b"old")
        one.store.put(keeping.key_of("test", scope, old + timedelta(days=20), whole=True), b"kept")
    said: list[str] = []
    now = datetime.now(UTC)
    for scope in keeping.scopes_of(one.store, "test"):
        said.append(f"{scope} {keeping.expire(one.store, 'test', scope, now)}")
    assert sorted(said) == sorted([f"databases/{one.dbname} 0", "databases/retired 1", "server 1"])
    assert keeping.span(one.store, "test", "databases/retired") == (old + timedelta(days=20),) * 2
    # Only the first visit of a day looks.
    assert "done earlier today" in str(visit(one.platform, "test", say=said.append).checks[-1].observed)


def test_the_command_line_samples_and_says_what_it_kept(
    one: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, name, text in (
        ("servers", "test", "server: test\nenvironment: test\nconnection: test_primary\nowner: dba\n"),
        ("databases", one.dbname, f"database: {one.dbname}\nserver: test\nowner: dba\n"),
    ):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{name}.yaml").write_text(text)
    store = one.connections["dataops_store"]
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_STORE", as_json(store))
    monkeypatch.setenv("DATAOPS_BUCKET", one.store.bucket)
    common = ("--include", str(tmp_path), "--environment", "test", "--json")
    code = main(("report", "sample", "test", "--whole", "--dsn", one.primary.dsn(), *common))
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["verdict"]) == (0, "passed")
    assert all(one.store.exists(key) and key.endswith(".whole.parquet") for key in answer["samples"])
    assert len(answer["samples"]) == 2


def test_sequences_and_bloat_need_more_than_the_role_has(by: Callable[[str], Watched]) -> None:
    one = by("dataops_sampling")
    taken = one.sample()
    assert rows(one, taken, "sequences").select("readable", "last_value").rows() == [(False, None)]
    assert rows(one, taken, "table_sizes")["estimated_heap_bytes"].null_count() == 2


def test_the_extension_may_be_in_the_maintenance_database_alone(
    server: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    bare = watched(server, object_store_server, "CREATE TABLE t (a int)")
    server.execute("CREATE EXTENSION pg_stat_statements")
    try:
        bare.sample()
        bare.execute("SELECT count(*) AS only_here FROM t")
        server.execute("SELECT count(*) AS only_there FROM pg_class")
        taken = bare.sample()
    finally:
        server.execute("DROP EXTENSION pg_stat_statements")
    assert taken.samples[-1].header.missing == {}
    texts = " ".join(bare.window().section(SectionName.STATEMENTS).totals["text"].to_list())
    assert "only_here" in texts and "only_there" not in texts


def test_statements_that_cannot_be_asked_for_leave_the_rest_of_the_sample(
    server: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    """The extension is older than the columns that we know, as after pg_upgrade without ALTER EXTENSION."""
    old = watched(server, object_store_server, "CREATE EXTENSION pg_stat_statements VERSION '1.6'")
    taken = old.sample()
    assert taken.failed == {}
    assert "ALTER EXTENSION pg_stat_statements UPDATE" in taken.samples[-1].header.missing["statements"]
    assert "tables" in taken.samples[-1].rows
