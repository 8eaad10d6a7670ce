"""The roles of the guide can be made on each major, suffice for what they are for, and for no more."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import PurePosixPath

import psycopg2
import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.connections import Connection

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.majors.test_manifest import KEYS
from tests.integration.performance.watched import watched

BACKUP = "backup/sql/roles/logical.sql"
SAMPLING = "performance/samples/sql/roles/sampling.sql"
PROOF = "performance/proving/sql/roles/proof.sql"
CANARY = "failover/canary/sql/roles/canary.sql"
FAILOVER = "failover/drivers/native/sql/roles/failover.sql"
PASSWORD = "p"


def made(server: DatabaseServer, script: str, role: str, *, dbname: str = "postgres") -> Connection:
    """The role of a file, made where it is not there yet, and its login."""
    if not server.execute(f"SELECT FROM pg_roles WHERE rolname = '{role}'"):
        server.execute(files("dataops").joinpath(*PurePosixPath(script).parts).read_text(), dbname=dbname)
    server.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
    return replace(server.connection, login=role, password=PASSWORD)


def as_role(login: Connection, dbname: str, statement: str) -> list[tuple[object, ...]]:
    session = psycopg2.connect(
        host=login.host, port=login.port, user=login.login, password=PASSWORD, dbname=dbname
    )
    try:
        with session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()


def test_the_sampling_role_has_every_question_answered_and_reads_no_row(
    server: DatabaseServer, object_store_server: ObjectStoreServer
) -> None:
    one = watched(
        server,
        object_store_server,
        "CREATE EXTENSION pg_stat_statements; CREATE TABLE child AS SELECT 1 AS a",
    )
    one.connections["test_primary"] = made(server, SAMPLING, "dataops_sampling")
    taken = one.sample()
    assert taken.failed == {}
    assert [sample.header.missing for sample in taken.samples] == [{}, {}]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_role(one.connections["test_primary"], one.dbname, "SELECT * FROM child")


def test_the_backup_role_sees_what_the_superuser_sees_and_writes_nothing(server: DatabaseServer) -> None:
    dbname = server.create_database(
        "kept",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY none ON t USING (false); SELECT lo_from_bytea(0, 'a large object');"
        "CREATE SEQUENCE s; SELECT nextval('s')",
    )
    login = made(server, BACKUP, "dataops_backup")
    ours = collect(login, dbname=dbname, keys=KEYS)
    assert ours.blind == ()
    assert ours.rows == 1
    assert differences(collect(server.connection, dbname=dbname, keys=KEYS), ours) == []
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        as_role(login, dbname, "CREATE TABLE other (a int)")


def test_the_proof_role_explains_what_it_may_read(server: DatabaseServer) -> None:
    dbname = server.create_database("explained", "CREATE TABLE t (a int)")
    login = made(server, PROOF, "dataops_proof")
    assert as_role(login, dbname, "EXPLAIN SELECT * FROM t WHERE a = 1")
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        as_role(login, dbname, "INSERT INTO t VALUES (1)")


def test_the_canary_writes_in_its_own_schema_and_nowhere_else(server: DatabaseServer) -> None:
    dbname = server.create_database("sung", "CREATE TABLE t (a int)")
    login = made(server, CANARY, "dataops_canary", dbname=dbname)
    as_role(login, dbname, "CREATE TABLE dataops_canary.seen (a int)")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_role(login, dbname, "INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("major", [16, 17, 18], indirect=True)
def test_the_failover_role_may_what_a_round_asks_for(server: DatabaseServer) -> None:
    """From 15 on, as its guide says: pg_checkpoint and rights on parameters came with it."""
    login = made(server, FAILOVER, "dataops_failover")
    as_role(login, "postgres", "CHECKPOINT")
    assert as_role(login, "postgres", "SELECT pg_switch_wal()")
    ((may,),) = as_role(
        login, "postgres", "SELECT has_parameter_privilege('primary_conninfo', 'ALTER SYSTEM')"
    )
    assert may
    assert as_role(login, "postgres", "SELECT length(pg_read_binary_file('PG_VERSION'))")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_role(login, "postgres", "CREATE TABLE left_behind ()")
