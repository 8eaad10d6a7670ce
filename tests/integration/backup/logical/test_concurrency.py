"""What others do meanwhile: another backup, DDL, TRUNCATE, writes, sessions that must wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg2
import pytest
from dataops.backup.logical.blockers import PROMISE, SessionBlocked
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.errors import ContentUnreadable, DefinitionsChanged
from dataops.backup.restore import restore
from dataops.evidence.verdict import Verdict
from dataops.store import LeaseHeld, lease

SMALL = """
CREATE TABLE t AS SELECT i, md5(i::text) AS v FROM generate_series(1, 5000) AS i;
CREATE TABLE u AS SELECT 1 AS i;
CREATE SEQUENCE numbers;
"""


def until(condition: Callable[[], bool], seconds: float = PROMISE) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        threading.Event().wait(0.05)


def test_a_second_backup_of_the_same_subject_is_refused_naming_the_first(bench: Any) -> None:
    one = bench(SMALL)
    with (
        lease(one.store, f"backup/{one.database.name}", holder="process 1 on first", seconds=30),
        pytest.raises(LeaseHeld, match="process 1 on first"),
    ):
        one.take()
    one.take()


def test_ddl_during_the_backup_is_retried_once(bench: Any, primary: Any, while_held: Any) -> None:
    one = bench(SMALL)
    function = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    while_held(lambda: primary.execute(function, dbname=one.database.dbname))
    taken, _, _ = one.backup()
    assert any("DDL during backup" in line and "Trying once more" in line for line in one.said)
    assert {key.split("/")[2] for key in one.keys(one.folder + "2")} == {taken.data["backup_id"]}


def test_ddl_during_both_tries_fails_and_leaves_nothing(bench: Any, primary: Any, while_held: Any) -> None:
    one = bench(SMALL)
    function = "CREATE OR REPLACE FUNCTION f() RETURNS float LANGUAGE sql AS 'SELECT {}'"
    while_held(
        lambda: primary.execute(function.format(time.monotonic()), dbname=one.database.dbname), times=2
    )
    with pytest.raises(DefinitionsChanged, match="DDL during backup"):
        one.take()
    assert one.keys(one.folder + "2") == []
    assert one.leftovers() == []


def test_a_role_that_changes_during_the_backup_counts_as_ddl(
    bench: Any, primary: Any, while_held: Any, owner: str
) -> None:
    one = bench(SMALL)
    change = f"ALTER ROLE {owner} SET work_mem = '{time.time_ns() % 1000 + 64}kB'"
    while_held(lambda: primary.execute(change))
    one.take()
    assert any("DDL during backup" in line for line in one.said)


def test_writes_and_a_truncate_during_the_backup_do_not_part_dump_and_manifest(
    bench: Any, primary: Any, while_held: Any, scratch: Any
) -> None:
    one = bench(SMALL)
    dbname = one.database.dbname
    truncate = threading.Thread(target=lambda: primary.execute("TRUNCATE u", dbname=dbname))

    def write() -> None:
        primary.execute(
            "DELETE FROM t WHERE i % 2 = 0; UPDATE t SET v = 'x'; INSERT INTO t VALUES (0, '0');"
            "SELECT nextval('numbers') FROM generate_series(1, 100)",
            dbname=dbname,
        )
        truncate.start()

    while_held(write)
    one.backup()
    truncate.join(30)
    assert primary.execute("SELECT count(*) FROM u", dbname=dbname) == [(0,)]
    report = restore(one.platform, one.database.name, target=scratch(), say=one.said.append, verify=True)
    assert [check for check in report.checks if check.verdict is not Verdict.PASSED] == []


def test_a_session_that_waits_behind_the_backup_is_reported_while_it_waits(
    bench: Any, primary: Any, while_held: Any
) -> None:
    one = bench(SMALL)
    drop = threading.Thread(target=lambda: primary.execute("DROP TABLE u", dbname=one.database.dbname))

    def interfere() -> None:
        drop.start()
        until(lambda: any("Behind this backup" in line for line in one.said))

    while_held(interfere)
    taken = one.take()
    drop.join(30)
    (check,) = (check for check in taken.checks if check.name == "sessions behind the backup")
    assert check.verdict is Verdict.PASSED
    assert "of postgres waits for AccessExclusiveLock on public.u" in check.observed[0]


def test_abort_gives_way_to_the_session_that_waits(bench: Any, primary: Any, while_held: Any) -> None:
    one = bench(SMALL, on_blocking_ddl="abort")
    drop = threading.Thread(target=lambda: primary.execute("DROP TABLE u", dbname=one.database.dbname))

    def interfere() -> None:
        drop.start()
        until(lambda: not drop.is_alive(), seconds=30)  # the backup must let go first

    while_held(interfere)
    with pytest.raises(SessionBlocked, match=r"gave way: .* waits for AccessExclusiveLock on public.u"):
        one.take()
    assert one.keys(one.folder + "2") == []


@pytest.fixture
def waits_behind_locks(bench: Any, primary: Any) -> Iterator[Callable[..., Any]]:
    """A backup that has locked t and waits for u, and a session that waits behind it for t."""
    with ExitStack() as open_sessions:

        def arrange(**fields: Any) -> tuple[Any, Any, threading.Thread]:
            one = bench(SMALL, **fields)
            dbname = one.database.dbname
            migration = open_sessions.enter_context(closing(psycopg2.connect(primary.dsn(dbname))))
            migration.cursor().execute("LOCK TABLE u IN ACCESS EXCLUSIVE MODE")
            drop = threading.Thread(target=lambda: primary.execute("DROP TABLE t", dbname=dbname))
            held = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessShareLock'"

            def interfere() -> None:
                until(lambda: primary.execute(held, dbname=dbname) == [(1,)], seconds=30)
                drop.start()

            threading.Thread(target=interfere, daemon=True).start()
            return one, migration, drop

        yield arrange


def test_who_waits_while_the_backup_still_waits_for_its_own_locks_is_reported(
    waits_behind_locks: Any,
) -> None:
    one, migration, drop = waits_behind_locks()

    def let_go() -> None:
        until(lambda: any("AccessExclusiveLock on public.t" in line for line in one.said), seconds=40)
        migration.rollback()

    ender = threading.Thread(target=let_go, daemon=True)
    ender.start()
    taken = one.take()
    ender.join(30)
    drop.join(30)
    (check,) = (check for check in taken.checks if check.name == "sessions behind the backup")
    assert check.verdict is Verdict.PASSED
    assert "waits for AccessExclusiveLock on public.t" in check.observed[0]


def test_abort_gives_way_while_the_backup_still_waits_for_its_own_locks(waits_behind_locks: Any) -> None:
    one, _, drop = waits_behind_locks(on_blocking_ddl="abort")
    with pytest.raises(SessionBlocked, match=r"gave way: .* waits for AccessExclusiveLock on public.t"):
        one.take()
    drop.join(30)
    assert not drop.is_alive()
    assert one.keys(one.folder + "2") == []


def test_no_query_of_the_manifest_outlives_a_backup_that_ends(bench: Any, primary: Any) -> None:
    one = bench("CREATE TABLE t AS SELECT i, point(i, i) AS p FROM generate_series(1, 200000) AS i")
    stop = threading.Event()
    stop.set()
    with pytest.raises(ContentUnreadable, match="stopped"):
        collect(primary.connection, dbname=one.database.dbname, keys=one.platform.keys, stop=stop)
    ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND application_name LIKE 'dataops %'"
    until(lambda: primary.execute(ours.format(one.database.dbname)) == [(0,)])
