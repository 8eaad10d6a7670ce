"""The moment that a manifest describes: DDL, TRUNCATE and writes cannot slip between it and the dump."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded, MissingRights
from dataops.backup.manifest.snapshot import Snapshot
from dataops.connections import Connection
from dataops.store import Keys

from sandbox.deadline import wait_until
from tests.conftest import DatabaseServer

TABLE = "CREATE TABLE t AS SELECT i FROM generate_series(1, 100) i; ALTER TABLE t ADD PRIMARY KEY (i);"


def content(details: Details, table: str = "public.t") -> int | None:
    return next(one.rows for one in details.tables if one.identity == table)


def test_writes_after_the_snapshot_are_not_in_the_manifest(primary: DatabaseServer, keys: Keys) -> None:
    name = primary.create_database("writes", TABLE)
    with Snapshot(primary.connection, name, keys=keys) as snapshot:
        primary.execute("INSERT INTO t VALUES (101); DELETE FROM t WHERE i = 1", dbname=name)
        details = collect(primary.connection, dbname=name, keys=keys, snapshot=snapshot)
        snapshot.confirm()
    assert content(details) == 100
    assert details.moment.snapshot_at == snapshot.at


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE TABLE late (a int)",
        "GRANT SELECT ON t TO PUBLIC",
        "COMMENT ON TABLE t IS 'late'",
        "CREATE INDEX t_late ON t (i)",
        "DROP VIEW v",
        "ALTER DATABASE {name} SET work_mem = '9MB'",
    ],
)
def test_ddl_after_the_snapshot_is_told(primary: DatabaseServer, keys: Keys, ddl: str) -> None:
    name = primary.create_database(
        "ddl", TABLE + "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    primary.execute("CREATE VIEW v AS SELECT 1", dbname=name)
    statement = ddl.format(name=name).replace("DROP VIEW v", "DROP VIEW v")
    with Snapshot(primary.connection, name, keys=keys) as snapshot:
        snapshot.confirm()
        primary.execute(statement, dbname=name)
        with pytest.raises(DefinitionsChanged, match="DDL during backup"):
            snapshot.confirm()


def test_truncate_waits_until_the_snapshot_is_over(primary: DatabaseServer, keys: Keys) -> None:
    name = primary.create_database("truncate", TABLE)
    with Snapshot(primary.connection, name, keys=keys) as snapshot:
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            primary.execute("SET lock_timeout = '50ms'; TRUNCATE t", dbname=name)
        assert content(collect(primary.connection, dbname=name, keys=keys, snapshot=snapshot)) == 100
    primary.execute("TRUNCATE t", dbname=name)


def test_a_table_that_appears_while_tables_are_locked_is_locked_too(
    primary: DatabaseServer, keys: Keys
) -> None:
    name = primary.create_database("appears", TABLE)
    with closing(psycopg2.connect(primary.dsn(name))) as blocker:
        blocker.cursor().execute("CREATE TABLE late (a int); LOCK TABLE t")
        result: list[Any] = []

        def hold() -> None:
            with Snapshot(primary.connection, name, keys=keys) as snapshot:
                result.extend(table.identity for table in snapshot.tables)

        holder = threading.Thread(target=hold)
        holder.start()
        assert wait_until(lambda: waiting(primary, name), seconds=10)
        blocker.commit()
        holder.join(20)
    assert result == ["public.late", "public.t"]


def test_a_table_that_stays_locked_is_told(primary: DatabaseServer, keys: Keys) -> None:
    name = primary.create_database("locked", TABLE)
    with closing(psycopg2.connect(primary.dsn(name))) as blocker:
        blocker.cursor().execute("LOCK TABLE t")
        impatient = Snapshot(primary.connection, name, keys=keys, lock_wait=timedelta(milliseconds=50))
        with pytest.raises(LockWaitExceeded, match="held by another session"), impatient:
            pass


def test_a_migration_that_waits_behind_the_backup_does_not_make_it_wait_forever(
    primary: DatabaseServer, keys: Keys
) -> None:
    name = primary.create_database("queue", TABLE)
    with closing(psycopg2.connect(primary.dsn(name), application_name="migration")) as migrating:
        with Snapshot(primary.connection, name, keys=keys) as snapshot:
            migration = threading.Thread(
                target=lambda: migrating.cursor().execute("ALTER TABLE t ADD late int"), daemon=True
            )
            migration.start()
            assert wait_until(lambda: waiting(primary, name, "migration"), seconds=10)
            with pytest.raises(LockWaitExceeded, match=r"migration of table public\.t"):
                collect(primary.connection, dbname=name, keys=keys, snapshot=snapshot)
            snapshot.confirm()  # nothing changed yet, and who holds the lock need not queue for it
        migration.join(10)
        assert not migration.is_alive()


def test_no_session_is_left(primary: DatabaseServer, keys: Keys) -> None:
    name = primary.create_database("sessions", TABLE)
    collect(primary.connection, dbname=name, keys=keys)
    left = f"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{name}')"
    assert wait_until(lambda: primary.execute(left)[0][0], seconds=10)


def test_a_standby_tells_the_same_as_its_primary(
    primary: DatabaseServer, standby: DatabaseServer, keys: Keys
) -> None:
    name = primary.create_database(
        "standby", TABLE + "CREATE SEQUENCE s; CREATE UNLOGGED TABLE u AS SELECT 1 AS a"
    )
    replay_to(primary, standby)
    ours = collect(primary.connection, dbname=name, keys=keys)
    theirs = collect(standby.connection, dbname=name, keys=keys)
    assert theirs.moment.in_recovery and not ours.moment.in_recovery
    assert theirs.moment.system_identifier == ours.moment.system_identifier
    assert content(theirs, "public.u") is None
    assert [blind.what for blind in theirs.blind] == ["unlogged tables"]
    without_unlogged = ours.model_copy(
        update={"tables": tuple(table for table in ours.tables if not table.unlogged)}
    )
    assert differences(without_unlogged, theirs, without={"unlogged tables"}) == []


@pytest.fixture
def login(primary: DatabaseServer) -> Callable[..., Connection]:
    """Log in as a new role with these rights."""

    def made(name: str, rights: str = "") -> Connection:
        primary.execute(f"DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN PASSWORD 'p' {rights}")
        superuser = primary.connection
        return Connection(
            id=name, type="postgres", host=superuser.host, port=superuser.port, login=name, password="p"
        )

    return made


def test_row_security_never_hides_rows_silently(
    primary: DatabaseServer, keys: Keys, login: Callable[..., Connection]
) -> None:
    name = primary.create_database("rls", TABLE + "ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    reader = login("manifest_no_bypass", "IN ROLE pg_read_all_data")
    with pytest.raises(Exception, match="row-level security"):
        collect(reader, dbname=name, keys=keys)
    bypassing = login("manifest_bypass", "BYPASSRLS IN ROLE pg_read_all_data")
    assert content(collect(bypassing, dbname=name, keys=keys)) == 100


def test_tables_that_the_role_may_not_read_are_named(
    primary: DatabaseServer, keys: Keys, login: Callable[..., Connection]
) -> None:
    name = primary.create_database("rights", TABLE)
    with pytest.raises(MissingRights, match=r"public\.t"):
        collect(login("manifest_nobody"), dbname=name, keys=keys)


def test_what_the_role_could_not_see_is_declared(
    primary: DatabaseServer, keys: Keys, login: Callable[..., Connection]
) -> None:
    name = primary.create_database("blind", TABLE + "SELECT lo_from_bytea(0, 'x')")
    reader = login("manifest_blind", "BYPASSRLS")
    primary.execute("GRANT SELECT ON t TO manifest_blind", dbname=name)
    seen = collect(primary.connection, dbname=name, keys=keys)
    blind = collect(reader, dbname=name, keys=keys)
    assert {one.what for one in blind.blind} >= {"role password", "subscription", "large objects"}
    assert blind.coverage.blind == tuple(sorted({one.what for one in blind.blind}))
    unseen = {one.kind for one in differences(seen, blind) if one.deviation == "unseen"}
    assert unseen >= {"role password", "large objects"}
    assert [one for one in differences(blind, seen) if one.kind == "role password"] == []


def waiting(server: DatabaseServer, dbname: str, who: str = "snapshot") -> bool:
    return bool(
        server.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            f"AND datname = '{dbname}' AND application_name LIKE '%{who}%'"
        )
    )


def replay_to(primary: DatabaseServer, standby: DatabaseServer) -> None:
    lsn = primary.execute("SELECT pg_current_wal_lsn()")[0][0]
    assert wait_until(
        lambda: standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'")[0][0], seconds=20
    )
