"""A server that logs everything in all three formats, and the platform around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import psycopg2
import pytest
from dataops.connections import Connection
from dataops.inventory import Inventory, Server
from dataops.platform import Platform
from dataops.store import ObjectStore

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer, ObjectStoreServer

SECRET = "s3cr3t-literal"
SETTINGS = {
    "logging_collector": "on",
    "log_destination": "jsonlog,csvlog,stderr",
    "log_filename": "postgresql-%Y-%m-%d_%H%M%S.log",
    "log_min_duration_statement": "0",
    "log_lock_waits": "on",
    "deadlock_timeout": "100ms",
    "log_temp_files": "0",
    "log_checkpoints": "on",
    "log_autovacuum_min_duration": "0",
    "log_connections": "on",
    "log_line_prefix": "%m [%p] %q%u@%d %e %Q ",
    "session_preload_libraries": "auto_explain",
    "autovacuum": "on",
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_threshold": "1",
    "autovacuum_analyze_threshold": "1",
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_analyze_scale_factor": "0",
    "lc_messages": "C",
}
SHOP = """
CREATE TABLE orders (id int PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT i, 'new', 'n' FROM generate_series(1, 1000) AS i;
CREATE FUNCTION pay(customer text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no such customer: %', customer; END $$;
"""


@dataclass
class Logging:
    """The server, its database, and the folder of its log."""

    primary: DatabaseServer
    dbname: str
    store: ObjectStore
    login: Connection
    another_bucket: Callable[[], str]

    @property
    def folder(self) -> Path:
        return self.primary.cluster.data / "log"

    @property
    def platform(self) -> Platform:
        server = Server.model_validate({
            "server": "logging",
            "environment": "test",
            "connection": "logging_primary",
            "owner": "tests",
        })
        connections = {"logging_primary": self.login}
        platform = Platform("test", Inventory((server,), ()), connections.__getitem__)
        platform.__dict__["store"] = self.store
        return platform

    def fail(self, *statements: str) -> None:
        """Execute what the server refuses."""
        for statement in statements:
            with suppress(psycopg2.Error):
                self.primary.execute(statement, dbname=self.dbname)

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self.primary.execute(statement, dbname=self.dbname)

    def said(self, words: str) -> bool:
        """Whether the log holds these words by now."""
        return any(words in path.read_text(errors="replace") for path in self.folder.glob("*.json"))

    def two_sessions_in_each_others_way(self) -> None:
        """A deadlock: one of the two is refused, and both have waited."""
        ready = threading.Barrier(2)

        def work(first: int, second: int) -> None:
            with (
                closing(psycopg2.connect(self.primary.dsn(self.dbname))) as session,
                session.cursor() as cursor,
            ):
                cursor.execute(f"UPDATE orders SET state = '{SECRET}' WHERE id = {first}")
                ready.wait(10)
                with suppress(psycopg2.Error):
                    cursor.execute(f"UPDATE orders SET state = '{SECRET}' WHERE id = {second}")
                    session.commit()

        threads = [threading.Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    def one_session_waits_for_another(self) -> None:
        """Three times deadlock_timeout, for a row."""
        with closing(psycopg2.connect(self.primary.dsn(self.dbname))) as session, session.cursor() as cursor:
            cursor.execute("UPDATE orders SET state = 'held' WHERE id = 9")
            waits = threading.Thread(target=self.execute, args=("UPDATE orders SET note = 'w' WHERE id = 9",))
            waits.start()
            cursor.execute("SELECT pg_sleep(0.5)")
            session.commit()
            waits.join(20)


@pytest.fixture(scope="session")
def logging(
    start_primary: Callable[..., DatabaseServer], object_store_server: ObjectStoreServer
) -> Iterator[Logging]:
    """A server whose log holds one of each kind; every literal in it is ``SECRET`` or a number above 1000."""
    primary = start_primary("logging", SETTINGS)
    dbname = primary.create_database("shop", SHOP)
    primary.execute((files("dataops.performance.logs") / "sql" / "roles" / "server_log.sql").read_text())
    primary.execute("CREATE ROLE watcher LOGIN PASSWORD 'w'; GRANT dataops_log_reader TO watcher")
    login = replace(primary.connection, id="logging_primary", login="watcher", password="w")
    store = ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(lock=False)
    )
    server = Logging(primary, dbname, store, login, lambda: object_store_server.bucket(lock=False))
    for number in range(7):
        server.execute(f"SELECT note FROM orders WHERE id = {5000 + number} AND note <> '{SECRET}'")
    server.execute(
        f"PREPARE find(int) AS SELECT 1 FROM orders WHERE id > $1 AND note = '{SECRET}'; EXECUTE find(77)",
        "SET work_mem = '64kB'; "
        "SELECT count(*) FROM (SELECT g FROM generate_series(1, 20000) AS g ORDER BY g DESC) AS s",
        "SET auto_explain.log_min_duration = 0; "
        f"SELECT state FROM orders WHERE id = 4242 AND note <> '{SECRET}'",
        "CHECKPOINT",
    )
    server.fail(
        f"INSERT INTO orders VALUES (5, '{SECRET}')",
        f"SELECT pay('{SECRET}')",
        f"SELECT '{SECRET}'::int",
        f"SELECT 'it's {SECRET}'",
        f"SELECT * FROM missing WHERE a = '{SECRET}'",
    )
    server.two_sessions_in_each_others_way()
    server.one_session_waits_for_another()
    for visit in ("vacuum", "analyze"):
        words = f'automatic {visit} of table \\"{dbname}.public.orders\\"'
        assert wait_until(lambda words=words: server.said(words), seconds=60), words
    assert wait_until(lambda: server.said("checkpoint complete"), seconds=20)
    yield server
