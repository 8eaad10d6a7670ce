"""Databases of a test's own on the sandbox's primary, enrolled by YAML files as a user would."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from dataops.connections import Connection
from dataops.store import ObjectStore

from sandbox.airflow_server import AirflowClient
from sandbox.deadline import wait_until
from tests.e2e.conftest import Sandbox

TEMPLATE = "enrolled_template"
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, amount numeric(10, 2));
INSERT INTO customers SELECT i, md5(i::text) FROM generate_series(1, 500) AS i;
INSERT INTO orders SELECT i, 1 + i % 500, i / 7.0 FROM generate_series(1, 5000) AS i;
"""


@contextmanager
def databases(sandbox: Sandbox, names: Sequence[str]) -> Generator[None]:
    """Copies of one small database. Copied as files, they burden the archive less than page by page."""
    drop(sandbox, (TEMPLATE, *names))
    with session(sandbox) as cursor:
        cursor.execute(f"CREATE DATABASE {TEMPLATE}")
    with session(sandbox, TEMPLATE) as cursor:
        cursor.execute(SCHEMA)
    with session(sandbox) as cursor:
        for name in names:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield
    finally:
        drop(sandbox, (TEMPLATE, *names))


@contextmanager
def enrolled(sandbox: Sandbox, servers: Mapping[str, str]) -> Generator[None]:
    """These databases, each with its server, have DAGs that are due at once; later, nothing of them is left.

    All fell due in one minute of the past: a scheduler that meets a new DAG runs its last tick.
    """
    due = datetime.now(UTC) - timedelta(minutes=5)
    for name, server in servers.items():
        enrol(sandbox, name, server=server, schedule=f"'{due.minute} {due.hour} * * *'")
    try:
        parse_again(sandbox)
        await_dags(sandbox, servers)
        yield
    finally:
        for name in servers:
            (sandbox.include / "databases" / f"{name}.yaml").unlink()
        parses(sandbox)
        forget(sandbox, servers)


@contextmanager
def session(sandbox: Sandbox, dbname: str = "postgres") -> Generator[Any]:
    """A cursor of the superuser on the primary, in autocommit."""
    with closing(psycopg2.connect(sandbox.environment["SANDBOX_PRIMARY_DSN"], dbname=dbname)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def drop(sandbox: Sandbox, names: Iterable[str]) -> None:
    """These databases, where they exist."""
    with session(sandbox) as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def enrol(sandbox: Sandbox, name: str, **fields: str) -> None:
    """The database's file in the inventory. Nothing but what a test asks for is to run: it has no drills."""
    declared = {"database": name, "owner": "tests", "drill": "{enabled: false}", **fields}
    lines = "".join(f"{field}: {value}\n" for field, value in declared.items())
    (sandbox.include / "databases" / f"{name}.yaml").write_text(lines)


def await_dags(sandbox: Sandbox, names: Iterable[str]) -> None:
    """Airflow knows the DAGs of all these."""
    wanted, client = {f"backup__{name}" for name in names}, sandbox.airflow()

    def known() -> set[str]:
        found = pages(client, "/api/v2/dags?dag_id_prefix_pattern=backup__", "dags")
        return {dag["dag_id"] for dag in found}

    assert wait_until(lambda: wanted <= known(), seconds=120, interval=1), sorted(wanted - known())


def pages(client: AirflowClient, path: str, of: str) -> list[dict[str, Any]]:
    """All entries of a listing that Airflow gives a hundred at a time."""
    found: list[dict[str, Any]] = []
    while True:
        answer = client.get(f"{path}{'&' if '?' in path else '?'}limit=100&offset={len(found)}")
        found += answer[of]
        if not answer[of] or len(found) >= answer["total_entries"]:
            return found


def parse_again(sandbox: Sandbox) -> None:
    """Ask Airflow to read the backups' DAG file now instead of at its next turn."""
    client = sandbox.airflow()
    token = client.get("/api/v2/dags/backup__flights")["file_token"]
    client.call("PUT", f"/api/v2/parseDagFile/{token}")


def last_parse(sandbox: Sandbox) -> datetime:
    """When Airflow has last read the backups' DAG file."""
    told = sandbox.airflow().get("/api/v2/dags/backup__flights")["last_parsed_time"]
    return datetime.fromisoformat(told)


def parses(sandbox: Sandbox, *, seconds: float = 120) -> bool:
    """Whether the DAG processor reads the file again when asked."""
    asked = datetime.now(UTC)
    parse_again(sandbox)
    return wait_until(lambda: last_parse(sandbox) > asked, seconds=seconds, interval=1)


def bucket(sandbox: Sandbox, variable: str = "DATAOPS_BUCKET") -> ObjectStore:
    """One of the sandbox's buckets."""
    values = sandbox.environment
    extra = {
        "endpoint_url": values["SANDBOX_S3_ENDPOINT"],
        "region_name": values["AWS_DEFAULT_REGION"],
        "verify": values["AWS_CA_BUNDLE"],
        "addressing_style": "path",
    }
    login, password = values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]
    connection = Connection("dataops_store", type="aws", login=login, password=password, extra=extra)
    return ObjectStore.from_connection(connection, values[variable])


def forget(sandbox: Sandbox, names: Iterable[str]) -> None:
    """Remove their backups and runs: the watch is red about backups of what nobody enrolled."""
    client = sandbox.airflow()
    for name in names:
        client.call("DELETE", f"/api/v2/dags/backup__{name}")
    for variable in ("DATAOPS_BUCKET", "DATAOPS_REPLICA_BUCKET"):
        store = bucket(sandbox, variable)
        for name in names:
            store.delete([listed.key for listed in store.list(f"backups/{name}/")])
