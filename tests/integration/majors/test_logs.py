"""The log of each major is read in every format that it writes, with what it says in its own words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import polars as pl
import psycopg2
import pytest
from dataops.inventory import Inventory, Server
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.stderr import StderrLog
from dataops.performance.logs.reading import read
from dataops.performance.logs.section import section
from dataops.platform import Platform
from dataops.store import ObjectStore

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.majors.conftest import SETTINGS
from tests.integration.performance.binding import execute_bound

K = LogKind
FORMATS = {"json": JsonLog(), "csv": CsvLog(), "log": StderrLog(SETTINGS["log_line_prefix"])}
TELLING = [K.STATEMENT, K.ERROR, K.TEMP_FILE, K.PLAN]
"""What one session of a test brings, and nothing else in the meantime."""
END = "the log is told to its end"


@pytest.fixture(scope="module")
def dbname(server: DatabaseServer) -> str:
    """A database whose log holds statements, errors, a spill, a plan and a checkpoint."""
    name = server.create_database(
        "logged", "CREATE TABLE orders (id int PRIMARY KEY, state text); INSERT INTO orders VALUES (1, 'new')"
    )
    execute_bound(server, name, "SELECT id FROM orders WHERE state = :value", "bound")
    for statement in (
        *["SELECT state FROM orders WHERE id = 5"] * 3,
        "SET work_mem = '64kB'; SELECT g FROM generate_series(1, 30000) g ORDER BY g DESC OFFSET 29999",
        "SET auto_explain.log_min_duration = 0; SELECT state FROM orders WHERE id = 6",
        "INSERT INTO orders VALUES (1, 'again')",
        "SELECT * FROM missing",
        "CHECKPOINT",
        f"SELECT '{END}'",
    ):
        with suppress(psycopg2.Error):
            server.execute(statement, dbname=name)
    folder = server.cluster.data / "log"
    for file in folder.iterdir():
        assert wait_until(lambda file=file: END in file.read_text(errors="replace"), seconds=20), file
    return name


def test_every_format_of_this_major_says_the_same(server: DatabaseServer, dbname: str, major: int) -> None:
    folder = server.cluster.data / "log"
    told, calls = {}, {}
    for suffix, format_ in FORMATS.items():
        digest = Digest(UTC, frozenset({dbname}))
        for path in sorted(folder.glob(f"*.{suffix}")):
            read([path.read_bytes()], format_, digest, complete=True)
        rows = digest.rows().filter(pl.col("kind").is_in(TELLING), pl.col("database") == dbname)
        told[suffix] = sorted(rows.select("kind", "text", "code", "count").rows())
        calls[suffix] = digest.calls().get(dbname, ())
    if major < 15:  # jsonlog came with 15
        assert told.pop("json") == []
        assert calls.pop("json") == ()
    first, *others = told.values()
    assert first
    assert all(other == first for other in others)
    one, *same = calls.values()
    parameters = {call.text: call.parameters for call in one}
    assert parameters["SELECT id FROM orders WHERE state = $1;"] == "$1 = 'bound'"
    assert not parameters["SELECT state FROM orders WHERE id = 5"]
    assert all(other == one for other in same)


def test_what_happened_is_read_by_the_role_of_the_guide(
    server: DatabaseServer, dbname: str, object_store_server: ObjectStoreServer
) -> None:
    server.execute((files("dataops.performance.logs") / "sql" / "roles" / "server_log.sql").read_text())
    server.execute("CREATE ROLE log_watcher LOGIN PASSWORD 'w'; GRANT dataops_log_reader TO log_watcher")
    login = replace(server.connection, id="test_primary", login="log_watcher", password="w")
    declared = Server.model_validate({
        "server": "test",
        "environment": "test",
        "connection": "test_primary",
        "owner": "tests",
    })
    platform = Platform("test", Inventory((declared,), ()), {"test_primary": login}.__getitem__)
    store = ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(lock=False)
    )
    platform.__dict__["store"] = store
    collect(platform, "test")
    now = datetime.now(UTC)
    totals = section(store, "test", dbname, now - timedelta(hours=1), now).totals
    found = {(row["kind"], row["code"], row["text"]): row for row in totals.iter_rows(named=True)}
    statement = next(
        row
        for key, row in found.items()
        if key[0] == K.STATEMENT and key[2].startswith("select state from orders")
    )
    assert statement["count"] == 3
    errors = {(code, text) for kind, code, text in found if kind == K.ERROR}
    assert ("23505", 'duplicate key value violates unique constraint "orders_pkey"') in errors
    assert ("42P01", 'relation "missing" does not exist') in errors
    kinds = {kind for kind, _, _ in found}
    assert {K.TEMP_FILE, K.PLAN, K.CHECKPOINT, K.CONNECTION} <= kinds
    checkpoint = next(row for key, row in found.items() if key[0] == K.CHECKPOINT)
    assert checkpoint["buffers"] >= 0
