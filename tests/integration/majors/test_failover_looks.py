"""What a failover test asks of a node is answered by each major; whole rounds run on the installed one."""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import replace

import psycopg2
from dataops.evidence.verdict import Verdict
from dataops.failover.canary import schema
from dataops.failover.drivers.native.looking import look
from dataops.failover.drivers.native.session import Session
from dataops.failover.inventories import compare, take
from dataops.failover.planning.exposure import measure
from dataops.failover.topology import Role
from dataops.failover.verifying.archiving import read_archiver
from dataops.postgres import sql

from tests.conftest import DatabaseServer

HELD = """
CREATE SEQUENCE counted; SELECT nextval('counted');
CREATE UNLOGGED TABLE lost (a int);
CREATE PUBLICATION everything FOR ALL TABLES;
"""


def test_a_node_says_what_it_is_and_how_it_is_set(server: DatabaseServer, major: int) -> None:
    session = Session(server.connection)
    try:
        node = look("alpha", f"127.0.0.1:{server.port}", session, within=10).node
    finally:
        session.close()
    assert (node.role, node.version // 10000, node.timeline) == (Role.PRIMARY, major, 1)
    assert node.data_directory == str(server.cluster.data)
    assert node.checksums
    assert node.lsn > 0
    assert node.settings["wal_log_hints"] == "on"


def test_what_a_cluster_holds_is_told_and_a_loss_of_it_is_red(server: DatabaseServer) -> None:
    dbname = server.create_database("held", HELD)
    slot = f"held_{secrets.token_hex(3)}"
    server.execute(f"SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')", dbname=dbname)
    before = take(server.connection)
    assert before.unseen == {}
    assert dbname in before.databases
    assert slot in [each.name for each in before.logical_slots]
    assert {check.verdict for check in compare(before, take(server.connection))} <= {
        Verdict.PASSED,
        Verdict.NOT_APPLICABLE,
    }
    server.execute(f"SELECT pg_drop_replication_slot('{slot}')", dbname=dbname)
    server.execute("ALTER SEQUENCE counted RESTART", dbname=dbname)
    red = {
        check.name for check in compare(before, take(server.connection)) if check.verdict is Verdict.FAILED
    }
    assert red == {"sequences of all databases ahead"}  # a slot without a consumer is told, and no failure


def test_the_canary_has_its_tables_and_disturbs_what_is_told(server: DatabaseServer) -> None:
    dbname = server.create_database("canary", HELD)
    with closing(psycopg2.connect(server.dsn(dbname))) as session:
        schema.prepare(session)
        assert schema.surviving(session, "no-run").rows == ()
        assert schema.published_for_all(session) == ("everything",)
        with session.cursor() as cursor:
            cursor.execute(sql("dataops.failover.refusals", "exposed"))
            row = cursor.fetchone()
        session.commit()
        schema.clear(session)
        assert schema.cleared(session)
    assert row is not None
    publications, _, unlogged = row
    assert publications == ["everything"]
    assert unlogged == ["lost"]


def test_the_pace_and_the_archive_are_read(server: DatabaseServer) -> None:
    assert measure(replace(server.connection, schema="postgres")).wal >= 0
    archiver = read_archiver(server.connection)
    assert (archiver.on, archiver.timeline) in {(True, 1), (True, 0)}
