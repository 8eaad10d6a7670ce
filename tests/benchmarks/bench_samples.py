"""What samples cost the server, and how fast a day of them becomes a window.

A whole and a light sample of a server with 100,000 relations (50,000 tables with an index each), against the
five seconds that are promised; sampling beside a pgbench load, against 0.5 % of the database's own time; and
a day of 144 samples of 5,000 statements and 1,000 tables, against the ten seconds of the report that is made
of it, with its memory. ``BENCH_RELATIONS`` and ``BENCH_SECONDS`` make them smaller.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median

import polars as pl
import psycopg2
from dataops.performance.columns import COLUMNS, Kind
from dataops.performance.samples import Sample, Taken, keeping, take_sample
from dataops.performance.samples.sample import Header
from dataops.performance.samples.texts import SCHEMA, key_of
from dataops.performance.window import SectionName
from dataops.performance.windowing import window
from dataops.store import ObjectStore

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import free_port
from sandbox.postgresql import Cluster, programs
from tests.benchmarks.ratio import Ratio
from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.performance.watched import Watched, watched

RELATIONS = int(os.environ.get("BENCH_RELATIONS", "100000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
ROUNDS = 5
PROMISED, SHARE = 5.0, 0.005
STATEMENTS, TABLES, SAMPLES = 5000, 1000, 144
REPORT_SECONDS, REPORT_MEMORY = 10.0, 500.0
EVERY, HOUR = 600.0, 6


def measure() -> Iterable[Ratio]:
    """The three promises."""
    with _servers() as (server, store):
        yield from _large(server, store)
        yield _share(server, store)
        yield from _day(store)


def _large(server: DatabaseServer, store: ObjectStoreServer) -> Iterable[Ratio]:
    one = watched(server, store, "CREATE EXTENSION pg_stat_statements")
    _make_relations(server, one.dbname, RELATIONS // 2)
    for kind, whole in (("whole", True), ("light", False)):
        one.sample(whole=whole)  # the first visit fills the catalogue's caches, as any other would find them
        before = _server_cpu(server)
        taken = [_timed(one, whole) for _ in range(ROUNDS)]
        cpu = (_server_cpu(server) - before) / ROUNDS
        sample = taken[-1][1]
        asked = {name: cost for each in sample.samples for name, cost in each.header.costs.items()}
        slowest = sorted(asked.items(), key=lambda item: -item[1])[:4]
        missing = {name for each in sample.samples for name in each.header.missing}
        yield Ratio(
            f"a {kind} sample of {RELATIONS:,} relations against 5 s",
            median(seconds for seconds, _ in taken),
            PROMISED,
            bar=1.0,
            parts={
                "asking, s": median(each.seconds for _, each in taken),
                "CPU of the server, s": cpu,
                "stored, kB": sum(kept.size for kept in sample.kept) / 1000,
                **{f"{name}, s": seconds for name, seconds in slowest},
                "without answer": ", ".join(sorted(missing)) or "none",
            },
        )


def _share(server: DatabaseServer, store: ObjectStoreServer) -> Ratio:
    """The time of an hour's samples against the time that the load's sessions are active in that hour."""
    one = watched(server, store, "CREATE EXTENSION pg_stat_statements")
    _pgbench(server, one.dbname, "-i", "-s", "20", "-q")
    load = subprocess.Popen(
        [programs() / "pgbench", "-c", "4", "-T", str(SECONDS), server.dsn(one.dbname)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    costs: dict[bool, list[float]] = {True: [], False: []}
    began, active = time.monotonic(), _active(server, one.dbname)
    try:
        while load.poll() is None and time.monotonic() - began < SECONDS - 3:
            for whole in (True, False):
                costs[whole].append(one.sample(whole=whole).seconds)
            time.sleep(2)
    finally:
        load.wait()
    busy = (_active(server, one.dbname) - active) / (time.monotonic() - began)
    an_hour = mean(costs[True]) + (HOUR - 1) * mean(costs[False])
    return Ratio(
        "sampling a loaded server against 0.5 % of the database's own time",
        an_hour,
        busy * HOUR * EVERY,
        bar=SHARE,
        parts={
            "whole, s": mean(costs[True]),
            "light, s": mean(costs[False]),
            "active sessions": busy,
            "share, %": 100 * an_hour / (busy * HOUR * EVERY),
        },
    )


def _day(store: ObjectStoreServer) -> Iterable[Ratio]:
    """In a process of its own, so that its memory is its own."""
    bucket = store.bucket(lock=False)
    until = _make_day(ObjectStore.from_connection(store.connection(), bucket))
    answer = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_samples"],
        input=json.dumps({
            "bucket": bucket,
            "until": until.isoformat(),
            "connection": {**vars(store.connection()), "extra": dict(store.connection().extra)},
        }),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["plugins", "."])},
    )
    told = json.loads(answer.stdout.splitlines()[-1])
    name = f"a window of {STATEMENTS:,} statements, {TABLES:,} tables and {SAMPLES} samples"
    parts = {"statements": str(told["statements"]), "calls": str(told["calls"]), "covered": told["covered"]}
    yield Ratio(f"{name}: time of the report", told["seconds"], REPORT_SECONDS, bar=1.0, parts=parts)
    yield Ratio(f"{name}: memory of the report", told["megabytes"], REPORT_MEMORY, bar=1.0, unit="MB")


def _timed(one: Watched, whole: bool) -> tuple[float, Taken]:
    started = time.monotonic()
    taken = take_sample(one.platform, "test", whole=whole)
    return time.monotonic() - started, taken


def _server_cpu(server: DatabaseServer) -> float:
    """Seconds of CPU of all sessions that have ended so far: Linux adds them to their postmaster's."""
    fields = Path(f"/proc/{server.cluster.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _make_relations(server: DatabaseServer, dbname: str, tables: int) -> None:
    """Tables with a primary key each, a few at a time: each transaction's locks must fit."""
    with closing(psycopg2.connect(server.dsn(dbname))) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            for start in range(0, tables, 500):
                cursor.execute(
                    "DO $$ BEGIN FOR i IN %s..%s LOOP EXECUTE format("
                    "'CREATE TABLE t_%%s (id int PRIMARY KEY, a int, b timestamptz)', i); END LOOP; END $$",
                    (start, min(start + 500, tables) - 1),
                )
            cursor.execute("ANALYZE pg_catalog.pg_class")
            cursor.execute("VACUUM pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_index")


def _pgbench(server: DatabaseServer, dbname: str, *arguments: str) -> None:
    subprocess.run([programs() / "pgbench", *arguments, server.dsn(dbname)], check=True, capture_output=True)


def _active(server: DatabaseServer, dbname: str) -> float:
    """Seconds that the sessions of a database were active so far."""
    found = server.execute(f"SELECT active_time FROM pg_stat_database WHERE datname = '{dbname}'")
    return float(found[0][0]) / 1000


def _make_day(store: ObjectStore) -> datetime:
    """A day of samples: really taken rows of a server, each multiplied and counting on."""
    until = datetime(2026, 11, 28, tzinfo=UTC)
    started = until - timedelta(days=9)
    resets = dict.fromkeys(("archiver", "writer", "wal", "slru", "database", "statements"), started)
    begun = until - timedelta(seconds=EVERY * (SAMPLES - 1))
    texts = pl.DataFrame(
        [
            (number, f"{number:016x}", f"SELECT {number}", "SELECT", begun, begun.date())
            for number in range(STATEMENTS)
        ],
        schema=SCHEMA,
        orient="row",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.parquet"
        texts.write_parquet(path)
        store.put(key_of("bench", "bench"), path.read_bytes())
    for number in range(SAMPLES):
        at = begun + timedelta(seconds=EVERY * number)
        whole = number % HOUR == 0 or number == SAMPLES - 1
        header = Header(
            server="bench",
            scope=keeping.database_scope("bench"),
            taken=at,
            at=at,
            every=EVERY,
            whole=whole,
            version=150018,
            system_identifier="7",
            timeline=1,
            in_recovery=False,
            started=started,
            address="",
            resets=resets,
        )
        rows = {
            "statements": _statement_rows(number),
            "tables": _table_rows(number),
            "database": _database(number),
        }
        if whole:
            rows["table_sizes"] = _size_rows(number)
        keeping.keep(store, Sample(replace(header, costs=dict.fromkeys(rows, 0.01)), rows))
    return until


def _statement_rows(number: int) -> pl.DataFrame:
    calls = pl.int_range(STATEMENTS, eager=True) % 97 + 1
    counted = calls * (number + 1)
    ones = (
        "rows",
        "shared_blocks_hit",
        "shared_blocks_read",
        "shared_blocks_dirtied",
        "shared_blocks_written",
    )
    more = (
        "local_blocks_read",
        "local_blocks_written",
        "temp_blocks_read",
        "temp_blocks_written",
        "wal_records",
    )
    rest = ("wal_full_page_images", "wal_bytes", "jit_functions")
    times = ("exec_seconds", "read_seconds", "write_seconds", "jit_seconds", "plan_seconds")
    return pl.DataFrame({
        "queryid": pl.int_range(STATEMENTS, eager=True),
        "userid": pl.repeat(10, STATEMENTS, eager=True),
        "user": pl.repeat("app", STATEMENTS, eager=True),
        "toplevel": pl.repeat(True, STATEMENTS, eager=True),
        "calls": counted,
        **dict.fromkeys((*ones, *more, *rest), counted * 7),
        **dict.fromkeys(times, counted * 0.0037),
        **{f"lifetime_{name}_seconds": calls * 0.001 for name in ("mean", "stddev", "min", "max")},
    })


def _table_rows(number: int) -> pl.DataFrame:
    counted = (pl.int_range(TABLES, eager=True) % 31 + 1) * (number + 1)
    columns = COLUMNS[SectionName.TABLES].names(Kind.COUNTER)
    readings = (
        "live_rows",
        "dead_rows",
        "rows_changed_since_analyze",
        "planner_rows",
        "planner_pages",
        "xid_age",
    )
    return pl.DataFrame({
        "oid": pl.int_range(TABLES, eager=True),
        "schema": pl.repeat("public", TABLES, eager=True),
        "name": pl.Series([f"table_{each}" for each in range(TABLES)]),
        "kind": pl.repeat("table", TABLES, eager=True),
        "filenode": pl.int_range(TABLES, eager=True),
        **dict.fromkeys((*columns, *readings), counted),
    })


def _size_rows(number: int) -> pl.DataFrame:
    counted = (pl.int_range(TABLES, eager=True) + number) * 8192
    names = ("heap_bytes", "toast_bytes", "index_bytes", "total_bytes")
    return pl.DataFrame({"oid": pl.int_range(TABLES, eager=True), **dict.fromkeys(names, counted)})


def _database(number: int) -> pl.DataFrame:
    return pl.DataFrame({
        "dbname": ["bench"],
        "commits": [number],
        "connections": [1],
        "server_connections": [1],
    })


def _read_day() -> None:
    """Asked over standard input: make the window, and tell how long it took and how much memory."""
    import resource

    from dataops.connections import Connection

    asked = json.loads(sys.stdin.read())
    store = ObjectStore.from_connection(Connection(**asked["connection"]), asked["bucket"])
    until = datetime.fromisoformat(asked["until"])
    since = until - timedelta(days=1)
    list(store.list("samples/"))  # the client is made once a process
    started = time.monotonic()
    found = window(store, server="bench", database="bench", dbname="bench", since=since, until=until)
    seconds = time.monotonic() - started
    statements = found.sections[SectionName.STATEMENTS]
    print(
        json.dumps({
            "seconds": seconds,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            "statements": statements.totals.height,
            "calls": statements.totals["calls"].sum(),
            "covered": statements.quality.covered,
        })
    )


@contextmanager
def _servers() -> Generator[tuple[DatabaseServer, ObjectStoreServer]]:
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-", dir="/tmp"))
    folder.chmod(0o711)
    settings = {"fsync": "off", "shared_buffers": "256MB", "max_locks_per_transaction": "256"}
    cluster = Cluster(folder / "samples", free_port(), secrets.token_hex(8), settings)
    user = Credentials("admin", secrets.token_hex(8), secrets.token_hex(16))
    store = StoreServer(folder / "store", choose_ports(), (user,))
    process = None
    try:
        cluster.initialise()
        cluster.start()
        process = store.start()
        yield DatabaseServer(cluster, "bench"), ObjectStoreServer(store)
    finally:
        cluster.stop("immediate")
        if process is not None:
            children.stop(process, seconds=1)
        store.clear_leftovers()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _read_day()
