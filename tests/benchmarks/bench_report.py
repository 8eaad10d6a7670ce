"""A night's report of 5,000 statements, 1,000 tables and 144 samples: time, memory, and size of its page.

Everything that the task ``report`` does after its sample: reading the night and the days that it is compared
with from the store, judging, drawing, writing page, JSON and Markdown. In a process of its own, so that its
memory is its own. ``BENCH_DAYS`` says how many days lie in the store (default: 8, so that a week is compared
with).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from dataops.performance.samples import Sample, keeping
from dataops.performance.samples.sample import Header
from dataops.performance.samples.texts import SCHEMA, key_of
from dataops.store import ObjectStore

from tests.benchmarks import bench_samples as day
from tests.benchmarks.ratio import Ratio

DAYS = int(os.environ.get("BENCH_DAYS", "8"))
SECONDS, MEGABYTES, PAGE = 10.0, 500.0, 500.0
UNTIL = datetime(2026, 11, 28, tzinfo=UTC)
TEXT = (
    "SELECT a.*, b.name, c.total FROM table_{number} AS a JOIN customers AS b ON b.id = a.customer_id WHERE "
    "a.status = $1 AND a.placed_at BETWEEN $2 AND $3 ORDER BY a.placed_at LIMIT $4"
)


def measure() -> Iterable[Ratio]:
    """Time, memory and size against what is promised."""
    with day._servers() as (_, store):
        bucket = store.bucket(lock=False)
        make_days(ObjectStore.from_connection(store.connection(), bucket), DAYS)
        asked = {
            "bucket": bucket,
            "connection": {**vars(store.connection()), "extra": dict(store.connection().extra)},
        }
        # The nights before, as they were reported on; the last one is what is measured.
        for ago in reversed(range(DAYS)):
            told = _asked({**asked, "until": (UNTIL - timedelta(days=ago)).isoformat()})
    name = f"a report of {day.STATEMENTS:,} statements, {day.TABLES:,} tables, {day.SAMPLES} samples"
    yield Ratio(f"{name}: time", told["seconds"], SECONDS, bar=1.0, parts=told["parts"])
    yield Ratio(f"{name}: memory", told["megabytes"], MEGABYTES, bar=1.0, unit="MB")
    yield Ratio(f"{name}: page", told["page"] / 1000, PAGE, bar=1.0, unit="kB")


def _asked(question: dict[str, Any]) -> dict[str, Any]:
    """What a process of its own tells of one night's report."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_report"],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["plugins", "."])},
    )
    told: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return told


def make_days(store: ObjectStore, days: int) -> None:
    """Days of samples that count on, until ``UNTIL``."""
    begun = UNTIL - timedelta(seconds=day.EVERY * (day.SAMPLES * days - 1))
    texts = pl.DataFrame(
        [
            (number, f"{number:016x}", TEXT.format(number=number), "SELECT", begun, begun.date())
            for number in range(day.STATEMENTS)
        ],
        schema=SCHEMA,
        orient="row",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.parquet"
        texts.write_parquet(path)
        store.put(key_of("bench", "shop"), path.read_bytes())
    header = Header(
        server="bench",
        scope=keeping.database_scope("shop"),
        taken=begun,
        at=begun,
        every=day.EVERY,
        whole=False,
        version=150018,
        system_identifier="7",
        timeline=1,
        in_recovery=False,
        started=begun - timedelta(days=1),
        address="",
        resets=dict.fromkeys(("archiver", "writer", "wal", "slru", "database", "statements"), begun),
    )
    for number in range(day.SAMPLES * days):
        at = begun + timedelta(seconds=day.EVERY * number)
        whole = number % day.HOUR == 0 or number == day.SAMPLES * days - 1
        rows = {
            "statements": day._statement_rows(number),
            "tables": day._table_rows(number),
            "database": day._database(number),
            **({"table_sizes": day._size_rows(number)} if whole else {}),
        }
        costs = dict.fromkeys(rows, 0.01)
        keeping.keep(store, Sample(replace(header, taken=at, at=at, whole=whole, costs=costs), rows))


def _report() -> None:
    """Asked over standard input: make the report, and tell how long it took and how much memory."""
    import resource

    from dataops.connections import Connection
    from dataops.inventory import Database, Inventory, Server
    from dataops.performance import run
    from dataops.performance.job import ReportJob
    from dataops.platform import Platform

    asked = json.loads(sys.stdin.read())
    server = Server(name="bench", environment="bench", connection="bench", owner="bench")
    database = Database(name="shop", server="bench", owner="bench", environment="bench")
    platform = Platform("bench", Inventory((server,), (database,)))
    store = ObjectStore.from_connection(Connection(**asked["connection"]), asked["bucket"])
    platform.__dict__["store"] = store
    list(store.list("samples/"))  # the client is made once a process
    said: list[tuple[float, str]] = []
    started = time.monotonic()
    job = ReportJob(
        platform,
        "shop",
        lambda line: said.append((time.monotonic() - started, line)),
        datetime.fromisoformat(asked["until"]) + timedelta(seconds=1),
        fresh=False,
    )
    made = run.make(job, ())
    seconds = time.monotonic() - started
    assert made.report is not None, made.error
    statements = next(table for table in made.report.tables if table.name == "statements")
    assert statements.of == day.STATEMENTS, statements
    page = next(each.size for each in made.step.artifacts if each.key.endswith("index.html"))
    print(
        json.dumps({
            "seconds": seconds,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            "page": page,
            "parts": {
                "findings": str(len(made.report.findings)),
                **{f"until: {line[:60]}, s": at for at, line in said},
            },
        })
    )


if __name__ == "__main__":
    _report()
