"""A gigabyte of jsonlog and of csvlog, every statement with its duration, against pgBadger on the same file.

A real server writes both at once under pgbench, with errors among the statements; its log is then repeated,
with other times, until there is a gigabyte of each. ``BENCH_LOG_MB`` makes it smaller. pgBadger takes minutes
for what takes seconds here, so one round tells enough; ``BENCH_ROUNDS`` makes it more.

Calls, total time, the twenty statements that took most, and errors must be the same, or there is no ratio.
Beside the time, which a busy machine blurs, stands the CPU time of both, whole processes with their children.
"""

from __future__ import annotations

import json
import os
import re
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.ports import LOOPBACK, free_port
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.benchmarks.ratio import Ratio

MEGABYTES = int(os.environ.get("BENCH_LOG_MB", "1000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "1"))
TRANSACTIONS = 4000
JOBS = 2
TENTH = 0.1
MEMORY_MB = 1000.0
TOP = 20
ROUNDING = 0.0006
"""Seconds by which a sum of a million durations may differ, added up in another order."""

NO_ERROR = "ERROR:  database system was"
"""What pgBadger 12 counts as an error although the server logs it as LOG, at each start."""

SETTINGS = {
    "logging_collector": "on",
    "log_destination": "jsonlog,csvlog",
    "log_filename": "server.log",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_min_duration_statement": "0",
    "log_checkpoints": "off",
    "lc_messages": "C",
    # Without ids every statement must be told by its text, as pgBadger tells it: the harder case.
    "compute_query_id": "off",
    "fsync": "off",
    "autovacuum": "off",
}
SCRIPT = r"""
\set id random(1, 100000)
\set other random(1, 100000)
\set kind random(1, 12)
\if :kind = 1
SELECT "a"."aid", "a"."filler" FROM "pgbench_accounts" AS "a"
    WHERE "a"."aid" = :id AND "a"."filler" <> 'it''s :other';
\elif :kind = 2
SELECT count(*), max(abalance) FROM pgbench_accounts WHERE aid IN (:id, :other, 17, 18, 19);
\elif :kind = 3
INSERT INTO documents (body, made)
    VALUES ('{"user": :id, "path": "/p/:other", "tags": ["a", "b"]}', '2026-11-28 10:00');
\elif :kind = 4
SELECT body->>'path' FROM documents WHERE id = :id /* action='show',id='4711' */;
\elif :kind = 5
SELECT t.tid, sum(h.delta) FROM pgbench_tellers t JOIN pgbench_history h ON h.tid = t.tid
    WHERE h.delta > -:id GROUP BY t.tid LIMIT 10;
\elif :kind = 6
SELECT $$:id$$ AS quoted, E'\\n:other' AS escaped;
\else
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + :id WHERE aid = :other;
SELECT abalance FROM pgbench_accounts WHERE aid = :other;
UPDATE pgbench_tellers SET tbalance = tbalance + :id WHERE tid = 3;
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (3, 1, :other, :id, CURRENT_TIMESTAMP);
END;
\endif
"""
ERRORS = ("INSERT INTO pgbench_branches VALUES (1, 0)", "SELECT 1 / 0", "SELECT * FROM missing WHERE id = 5")


@dataclass(frozen=True)
class Told:
    """What an analysis says, in calls and seconds; statements as ``canonical`` writes them."""

    calls: int
    seconds: float
    errors: int
    top: Mapping[str, tuple[int, float]]
    took: float
    cpu: float
    memory: float = 0.0

    def differences(self, other: Told) -> list[str]:
        """What the two do not agree on."""
        found = [
            f"{name}: {ours} and {theirs}"
            for name, ours, theirs in (
                ("calls", self.calls, other.calls),
                ("errors", self.errors, other.errors),
            )
            if ours != theirs
        ]
        if abs(self.seconds - other.seconds) > ROUNDING * max(self.calls / 1e6, 1):
            found.append(f"seconds: {self.seconds:.6f} and {other.seconds:.6f}")
        for text in {*self.top, *other.top}:
            ours, theirs = self.top.get(text, (0, 0.0)), other.top.get(text, (0, 0.0))
            if ours[0] != theirs[0] or abs(ours[1] - theirs[1]) > ROUNDING:
                found.append(f"{text[:100]}: {ours} and {theirs}")
        return found


def measure() -> Iterable[Ratio]:
    """For each format, with the totals held against each other."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-logs-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        written = write_log(folder)
        for kind, suffix in (("jsonlog", "json"), ("csvlog", "csv")):
            log = repeated(
                written.with_suffix(f".{suffix}"), folder / f"{kind}.{suffix}", MEGABYTES * 1_000_000
            )
            yield from compare(kind, log)
            log.unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(kind: str, log: Path) -> Iterator[Ratio]:
    """Both on the same file, in turns."""
    rounds = [(ours(log), pgbadger(log)) for _ in range(ROUNDS)]
    rounds.sort(key=lambda pair: pair[0].took / pair[1].took)
    mine, theirs = rounds[len(rounds) // 2]
    differences = mine.differences(theirs)
    if differences:
        raise AssertionError(f"{kind}: the totals differ: {'; '.join(differences[:5])}")
    size = log.stat().st_size / 1e6
    parts: dict[str, float | str] = {
        "MB": size,
        "MB/s": size / mine.took,
        "pgBadger MB/s": size / theirs.took,
        "CPU seconds": mine.cpu,
        "pgBadger's CPU seconds": theirs.cpu,
        "calls": float(mine.calls),
        "errors": float(mine.errors),
        "times faster": theirs.took / mine.took,
        "top 20": "the same",
    }
    name = f"{size / 1000:.1f} GB of {kind}"
    yield Ratio(f"{name}: analysis against pgBadger -j{JOBS}", mine.took, theirs.took, TENTH, parts=parts)
    yield Ratio(f"{name}: memory", mine.memory, MEMORY_MB, 1.0, unit="MB")


_READ = """
import json, resource, sys, time
from zoneinfo import ZoneInfo
import polars as pl
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.reading import BLOCK, read
def blocks(path):
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            yield block
begun = time.perf_counter()
digest = Digest(ZoneInfo("UTC"))
read(blocks(sys.argv[1]), JsonLog() if sys.argv[1].endswith("json") else CsvLog(), digest, complete=True)
rows = digest.rows()
took = time.perf_counter() - begun
statements = rows.filter(pl.col("kind") == "statement")
texts = statements.group_by("text").agg(pl.col("count").sum(), pl.col("total_seconds").sum())
print(json.dumps({
    "texts": texts.rows(),
    "errors": rows.filter(pl.col("kind") == "error")["count"].sum(),
    "took": took,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
}))
"""


def ours(log: Path) -> Told:
    """In a process of its own, so that its memory is its own; the time is that of reading and counting."""
    environment = {**os.environ, "PYTHONPATH": "plugins"}
    before = cpu_of_children()
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(log)], env=environment, check=True, capture_output=True, text=True
    )
    answer = json.loads(done.stdout)
    cpu = cpu_of_children() - before
    return told(answer["texts"], answer["errors"], answer["took"], cpu, answer["memory"])


def cpu_of_children() -> float:
    """Seconds of CPU of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pgbadger(log: Path) -> Told:
    """Its own JSON says what its HTML shows, and spares it drawing."""
    report = log.with_name("pgbadger.json")
    kind = "jsonlog" if log.suffix == ".json" else "csv"
    options = ["-q", f"-j{JOBS}", "-f", kind, "--pid-dir", str(log.parent), "-o", str(report)]
    argv = ["pgbadger", *options, str(log)]
    before, begun = cpu_of_children(), time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    took, cpu = time.perf_counter() - begun, cpu_of_children() - before
    answer = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    texts = [
        (text, each["count"], each.get("duration", 0.0) / 1000)
        for database in answer["normalyzed_info"].values()
        for text, each in database.items()
    ]
    errors = sum(
        each["count"]
        for database in answer["error_info"].values()
        for text, each in database.items()
        if not text.startswith(NO_ERROR)
    )
    return told(texts, errors, took, cpu)


def told(
    texts: Iterable[tuple[str, int, float]], errors: int, took: float, cpu: float, memory: float = 0.0
) -> Told:
    """Calls and seconds of all, and of the statements that took most."""
    statements: dict[str, tuple[int, float]] = {}
    for text, calls, seconds in texts:
        key = canonical(text)
        before = statements.get(key, (0, 0.0))
        statements[key] = (before[0] + calls, before[1] + seconds)
    top = sorted(statements.items(), key=lambda item: item[1][1], reverse=True)[:TOP]
    return Told(
        sum(calls for calls, _ in statements.values()),
        sum(seconds for _, seconds in statements.values()),
        errors,
        dict(top),
        took,
        cpu,
        memory,
    )


def canonical(text: str) -> str:
    """A normalised statement without what the two write differently: quotes, blanks, signs, ``?``."""
    plain = text.lower().replace('"', "")
    plain = re.sub(r"-\s*(?=\?)|\be(?=\?)", "", plain)
    return re.sub(r"\s+", "", re.sub(r"[$?]+", "?", plain)).strip(";")


def write_log(folder: Path) -> Path:
    """A server's own log of some seconds of pgbench; its path without the suffix of a format."""
    cluster = Cluster(folder / "server", free_port(), secrets.token_hex(8), SETTINGS)
    environment = {
        **os.environ,
        "PGHOST": LOOPBACK,
        "PGPORT": str(cluster.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": cluster.password,
        "PGDATABASE": "postgres",
    }

    def run(program: str, *arguments: str, check: bool = True) -> None:
        argv = [programs() / program, *arguments]
        subprocess.run(argv, env=environment, check=check, capture_output=True)

    script = folder / "script.sql"
    script.write_text(SCRIPT, encoding="utf-8")
    cluster.initialise()
    cluster.start()
    try:
        run("pgbench", "-i", "-q", "-s", "1")
        run("psql", "-qc", "CREATE TABLE documents (id bigserial PRIMARY KEY, body json, made timestamp)")
        run("pgbench", "-n", "-c4", "-j2", f"-t{TRANSACTIONS}", "-f", str(script))
        for number in range(30):
            run("psql", "-qc", ERRORS[number % len(ERRORS)], check=False)
    finally:
        with suppress(subprocess.CalledProcessError):
            cluster.stop("fast")
    return cluster.data / "log" / "server"


def repeated(log: Path, target: Path, size: int) -> Path:
    """The log, again and again on other days, until the target is of this size."""
    text = log.read_bytes()
    day = re.search(rb"\d{4}-\d\d-\d\d", text)
    assert day is not None
    with target.open("wb") as stream:
        for number in range(-(-size // len(text))):
            stream.write(text.replace(day[0], b"2026-%02d-%02d" % (number // 28 % 12 + 1, number % 28 + 1)))
    return target
