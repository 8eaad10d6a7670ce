"""A backup that waits behind a lock, so that a test can do something to it meanwhile."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager

import psycopg2

from sandbox import airflow_runs
from sandbox.airflow_runs import Run
from sandbox.deadline import wait_until
from tests.e2e.conftest import Sandbox

BACKING_UP = "datname = 'flights' AND application_name ~ '(pg_dump|dataops)'"


@contextmanager
def waiting_backup(sandbox: Sandbox) -> Generator[Run]:
    """A run of ``backup__flights`` whose ``take`` waits for a table, until the block ends."""
    client = sandbox.airflow()
    dsn = sandbox.environment["SANDBOX_PRIMARY_DSN"]
    with closing(psycopg2.connect(dsn, dbname="flights")) as session, session.cursor() as cursor:
        cursor.execute("LOCK TABLE airlines IN ACCESS EXCLUSIVE MODE")
        # The standby hears of the lock with the next commit; a backup may read there.
        with closing(psycopg2.connect(dsn)) as other, other.cursor() as speaking:
            speaking.execute("SELECT pg_logical_emit_message(true, 'e2e', 'flush')")
            other.commit()
        assert wait_until(lambda: _locked_on_standby(sandbox), seconds=30, interval=0.2)
        run = airflow_runs.trigger(client, "backup__flights")

        def waits() -> bool:
            blocked = sessions(sandbox, "cardinality(pg_blocking_pids(pid)) > 0")
            return blocked > 0 and client.get(f"{run.path}/taskInstances/take")["state"] == "running"

        assert wait_until(waits, seconds=60, interval=0.2)
        yield run


def sessions(sandbox: Sandbox, condition: str) -> int:
    """Sessions on both servers that meet the condition: a backup reads from the standby where it may."""
    statement = f"SELECT count(*) FROM pg_stat_activity WHERE {condition}"
    return sum(_ask(sandbox, server, statement) for server in ("PRIMARY", "STANDBY"))


def _locked_on_standby(sandbox: Sandbox) -> bool:
    statement = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL"
    return _ask(sandbox, "STANDBY", statement) > 0


def _ask(sandbox: Sandbox, server: str, statement: str) -> int:
    dsn = sandbox.environment[f"SANDBOX_{server}_DSN"]
    with closing(psycopg2.connect(dsn)) as session, session.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
