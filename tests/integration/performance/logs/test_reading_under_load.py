"""A log that is written and rotated while it is read is counted whole, and once."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.columns import LogKind
from dataops.store import ObjectStore

from sandbox.ports import LOOPBACK
from sandbox.postgresql import SUPERUSER, programs
from tests.integration.performance.logs.conftest import Logging
from tests.integration.performance.logs.test_reading_logs import window

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
SECONDS = 60 if TORTURE else 2
MOST = 1_000_000
"""Transactions after which a log that was not read twice is not waited for any longer."""
SCRIPT = "\\set id random(1, 100000)\nSELECT state AS under_load FROM orders WHERE id = :id;\n"


def transactions(server: Logging, folder: Path, text: str = SCRIPT, *options: str) -> int:
    """How often pgbench has executed the script."""
    script = folder / "script.sql"
    script.write_text(text)
    environment = {**os.environ, "PGPASSWORD": server.primary.cluster.password}
    argv = [programs() / "pgbench", "-n", "-c4", *(options or [f"-T{SECONDS}"]), "-f", str(script)]
    argv += ["-h", LOOPBACK, "-p", str(server.primary.port), "-U", SUPERUSER, server.dbname]
    done = subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)
    processed = re.search(r"transactions actually processed: (\d+)", done.stdout)
    assert processed is not None
    return int(processed[1])


@pytest.mark.torture
def test_every_statement_is_counted_once_however_often_the_log_is_read(
    logging: Logging, tmp_path: Path
) -> None:
    bucket = ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    loaded = replace(logging, store=bucket)
    ended = threading.Event()
    # A first visit reads the end of the log alone, so it must not be the one that meets the load.
    visits = [collect(loaded.platform, "logging", folder=logging.folder)]

    def visit() -> None:
        while not ended.is_set():
            visits.append(collect(loaded.platform, "logging", folder=logging.folder, limit=3_000_000))
            logging.primary.execute("SELECT pg_rotate_logfile()")

    reader = threading.Thread(target=visit)
    reader.start()
    executed = 0
    try:
        while len(visits) < 3 and executed < MOST:  # on a busy machine, one visit may outlast one load
            executed += transactions(logging, tmp_path)
    finally:
        ended.set()
        reader.join(60)
    while collect(loaded.platform, "logging", folder=logging.folder).read > 100_000:
        pass
    collect(loaded.platform, "logging", folder=logging.folder)
    text = "select state as under_load from orders where id = ?"
    totals = window(loaded).totals.filter(pl.col("kind") == LogKind.STATEMENT, pl.col("text") == text)
    assert totals["count"].to_list() == [executed]
    assert len(visits) > 2


@pytest.mark.parametrize(
    ("protocol", "columns"),
    [("simple", "note"), ("extended", "note, state"), ("prepared", "note, state, id")],
)
def test_calls_are_those_of_pg_stat_statements(
    logging: Logging, tmp_path: Path, protocol: str, columns: str
) -> None:
    logging.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    script = f"\\set id random(1, 900)\nSELECT {columns} FROM orders AS counted WHERE id = :id;\n"
    executed = transactions(logging, tmp_path, script, "-t50", f"-M{protocol}")
    collect(logging.platform, "logging")
    text = f"select {columns} from orders as counted where id = ?"
    told = window(logging).totals.filter(pl.col("kind") == LogKind.STATEMENT, pl.col("text") == text)
    row = told.row(0, named=True)
    known = logging.primary.execute(
        "SELECT queryid, calls, total_exec_time / 1000 FROM pg_stat_statements"
        f" WHERE query LIKE 'SELECT {columns} FROM orders AS counted%'",
        dbname=logging.dbname,
    )
    assert executed == 200
    assert [(queryid, calls) for queryid, calls, _ in known] == [(row["queryid"], row["count"])]
    assert known[0][2] <= row["total_seconds"]
