"""A database's backup becomes a server of its own, equal to its manifest, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.backup.restore.download import Damaged
from dataops.drill.restoring import restored, torn_down
from dataops.evidence.verdict import Verdict
from dataops.postgres import connect
from dataops.store import DecryptionFailed

from tests.conftest import DatabaseServer
from tests.integration.drill.conftest import latest

HALF_SWITCHED_OFF = """
CREATE TABLE one (id int PRIMARY KEY);
CREATE TABLE many (id int PRIMARY KEY, one int CONSTRAINT many_one REFERENCES one);
ALTER TABLE many DISABLE TRIGGER ALL;
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'part'::regclass;
CREATE MATERIALIZED VIEW seen AS SELECT 'x'::text AS a;
ALTER MATERIALIZED VIEW seen SET (toast.autovacuum_enabled = false);
ALTER TABLE seen REPLICA IDENTITY FULL;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
CREATE EXTENSION citext;
ALTER FUNCTION citext_eq(citext, citext) COST 7;
"""
"""States that a dump sets right, and others that it must carry."""


def test_the_restored_server_equals_the_manifest_and_is_gone_afterwards(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], drill_id: str, work_dir: Path
) -> None:
    one = bench()
    one.backup()
    job = job_of(one)
    with restored(job, latest(job), drill_id=drill_id) as server:
        (database,) = server.databases
        assert database.exact
        assert database.expected is not None
        observed = collect(server.connection, dbname=database.dbname, keys=server.keys)
        assert [*differences(database.expected, observed)] == []
        assert [line for line in server.restore_log if "error:" in line] == []
        assert server.phases.restore > 0
        assert torn_down(job, drill_id).verdict is Verdict.FAILED
    check = torn_down(job, drill_id)
    assert check.verdict is Verdict.PASSED, check
    assert list(work_dir.iterdir()) == []


@pytest.fixture
def set_for_everyone(primary: DatabaseServer) -> Iterator[dict[str, str]]:
    """Settings of ALTER ROLE ALL, which no dump carries, as pg_settings would show them."""
    primary.execute("""
        ALTER ROLE ALL SET search_path TO "$user", public, "odd, name";
        ALTER ROLE ALL SET "tests.motto" TO 'it''s a=b';
    """)
    yield {"search_path": '"$user", public, "odd, name"', "tests.motto": "it's a=b"}
    primary.execute("ALTER ROLE ALL RESET ALL")


def test_what_dumps_leave_out_or_set_right_is_as_at_the_source_or_better(
    bench: Callable[..., Any],
    job_of: Callable[[Any], Any],
    drill_id: str,
    set_for_everyone: dict[str, str],
) -> None:
    one = bench(HALF_SWITCHED_OFF)
    one.backup()
    job = job_of(one)
    with restored(job, latest(job), drill_id=drill_id) as server:
        (database,) = server.databases
        assert database.expected is not None
        observed = collect(server.connection, dbname=database.dbname, keys=server.keys)
        assert [*differences(database.expected, observed)] == []
        assert [line for line in server.restore_log if "error:" in line] == []
        with (
            closing(connect(server.connection, dbname=database.dbname)) as session,
            session.cursor() as cursor,
        ):
            for name, value in set_for_everyone.items():
                cursor.execute("SELECT pg_catalog.current_setting(%s)", (name,))
                assert cursor.fetchone() == (value,)
            cursor.execute("SELECT DISTINCT tgenabled FROM pg_catalog.pg_trigger WHERE tgisinternal")
            assert cursor.fetchall() == [("O",)]
    assert torn_down(job, drill_id).verdict is Verdict.PASSED


def test_a_damaged_backup_is_no_restore_and_nothing_of_it_stays(
    bench: Callable[..., Any], job_of: Callable[[Any], Any], drill_id: str, work_dir: Path
) -> None:
    one = bench("CREATE TABLE t AS SELECT 1 AS a")
    one.backup()
    job = job_of(one)
    point = latest(job)
    key = next(each.key for each in point.header.objects if "/pieces/" in each.key)
    one.store.put(key, one.store.get(key)[:-1] + b"?")
    with pytest.raises((Damaged, DecryptionFailed)), restored(job, point, drill_id=drill_id):
        pass
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert list(work_dir.iterdir()) == []
