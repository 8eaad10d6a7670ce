"""Without a standby the manifest is read from the primary, where its locks are in somebody's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
from dataops.backup.manifest.header import Consistency
from dataops.backup.physical.contents import Reading
from dataops.backup.physical.site import Site, instance
from dataops.backup.rotation import LastHashed
from dataops.evidence.verdict import Verdict
from dataops.inventory import Server
from dataops.store import Keys

from sandbox.deadline import wait_until

SCRIPT = "CREATE TABLE a AS SELECT 1 AS i; CREATE TABLE b AS SELECT 2 AS i"


def reading(start_primary: Callable[..., Any], said: list[str]) -> tuple[Any, Reading]:
    primary = start_primary("read")
    server = Server(name="read", environment="test", connection="read", owner="tests")
    keys = Keys((), secret=b"x" * 32)
    return primary, Reading(
        site=Site(server, instance(primary.connection), None),
        keys=keys,
        content="full",
        budget=timedelta(seconds=60),
        hashed_before=LastHashed(keys, {}),
        application="dataops backup test",
        say=said.append,
    )


def test_who_waits_behind_the_reading_is_reported(start_primary: Callable[..., Any]) -> None:
    said: list[str] = []
    primary, read = reading(start_primary, said)
    dbname = primary.create_database("read", SCRIPT)
    shut, left = primary.create_database("shut"), primary.create_database("left")
    primary.execute(f"ALTER DATABASE {shut} ALLOW_CONNECTIONS false")
    # As an interrupted DROP DATABASE leaves it.
    primary.execute(f"UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{left}'")
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass AND mode = 'AccessShareLock'"
    drop = threading.Thread(
        target=lambda: primary.execute("BEGIN; LOCK TABLE a; COMMIT", dbname=dbname), daemon=True
    )

    with closing(psycopg2.connect(primary.dsn(dbname))) as migration:
        migration.cursor().execute("LOCK TABLE b IN ACCESS EXCLUSIVE MODE")

        def interfere() -> None:
            assert wait_until(lambda: primary.execute(held, dbname=dbname) == [(1,)], seconds=30)
            drop.start()
            assert wait_until(lambda: any("Behind this backup" in line for line in said), seconds=30)
            migration.rollback()

        other = threading.Thread(target=interfere, daemon=True)
        other.start()
        contents = read.contents(standby=None)
        other.join(30)
    assert contents.consistency is Consistency.BEST_KNOWN
    assert dbname in contents.parts
    assert (shut in contents.parts, left in contents.parts) == (False, False)
    assert contents.coverage.blind == (f"database {shut}, closed to connections",)
    (check,) = contents.checks
    assert check.verdict is Verdict.PASSED
    assert isinstance(check.observed, list)
    assert f"{dbname}: session" in str(check.observed[0])
    assert "waits for AccessExclusiveLock on public.a" in str(check.observed[0])
