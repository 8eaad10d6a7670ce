"""Content hashing alone against pg_dump of the same tables to /dev/null.

Rows of pgbench, wide rows of text and numbers, and rows of one type that has no fast hash.
``BENCH_ROWS`` (default 2,000,000) sizes them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import psycopg2
from dataops.backup.manifest.content import Reading, read_content
from dataops.backup.manifest.snapshot import Snapshot
from dataops.backup.manifest.tables import content_statements
from dataops.connections import Connection
from dataops.store import Keys

from sandbox.ports import LOOPBACK, free_port
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.benchmarks.ratio import Ratio, side_by_side

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
JOBS = 2
TABLES = {
    "pgbench": "SELECT i AS aid, i % 10 AS bid, 0 AS abalance, ''::char(84) AS filler"
    " FROM generate_series(1, {rows}) i",
    "wide": "SELECT i::bigint AS id, now() + i * interval '1 s' AS at, (i * 1.37)::numeric(12, 2) AS price,"
    " i * 0.001::float8 AS ratio, md5(i::text) AS name, i % 2 = 0 AS flag, (i % 77)::numeric AS amount,"
    " i % 1000 AS kind FROM generate_series(1, {rows} / 2) i",
    "by text": "SELECT i AS id, jsonb_build_object('a', i, 'b', md5(i::text)) AS document"
    " FROM generate_series(1, {rows} / 4) i",
}


def measure() -> Iterable[Ratio]:
    """One ratio for each kind of table."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-", dir="/tmp"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "server", free_port(), secrets.token_hex(8), {"fsync": "off"})
    try:
        cluster.initialise()
        cluster.start()
        for name, query in TABLES.items():
            _fill(cluster, query)
            ours, theirs = side_by_side(partial(_hash, cluster), partial(_dump, cluster))
            yield Ratio(f"content hash, {name}", ours, theirs, bar=0.75, parts={"jobs": JOBS, "rows": ROWS})
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _fill(cluster: Cluster, query: str) -> None:
    with psycopg2.connect(cluster.dsn("postgres")) as session, session.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t AS {query.format(rows=ROWS)}")
    session.autocommit = True
    session.cursor().execute("VACUUM ANALYZE t")
    session.close()


def _hash(cluster: Cluster) -> float:
    connection = Connection(
        id="bench",
        type="postgres",
        host=LOOPBACK,
        port=cluster.port,
        login=SUPERUSER,
        password=cluster.password,
    )
    with Snapshot(connection, "postgres", keys=Keys((), secret=b"x" * 32)) as snapshot:
        started = time.perf_counter()
        with snapshot.session.cursor() as cursor:
            statements = content_statements(cursor, snapshot.tables, snapshot.session.server_version // 10000)
        read_content(Reading(connection, "postgres", snapshot.id, JOBS), snapshot.tables, statements)
        return time.perf_counter() - started


def _dump(cluster: Cluster) -> float:
    environment = {
        **os.environ,
        "PGHOST": LOOPBACK,
        "PGPORT": str(cluster.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": cluster.password,
    }
    started = time.perf_counter()
    subprocess.run(
        [programs() / "pg_dump", "--data-only", "postgres"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started
