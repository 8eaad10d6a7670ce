"""A logical backup with manifest, upload and read-back, against bare pg_dump to local disk, and piped to S3.

1.5 GB each of pgbench's tables and of rows that do not compress; ``BENCH_MB`` makes them smaller.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dataops.backup.logical import Logical
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.evidence.steps import StepReport
from dataops.inventory import Database, Inventory, Server
from dataops.platform import Platform
from dataops.store import new_identity

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import LOOPBACK, free_port
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.benchmarks.ratio import Ratio

MEGABYTES = int(os.environ.get("BENCH_MB", "1500"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
JOBS = 2
MEMORY = 300 << 20


@dataclass(frozen=True)
class Place:
    """A server and a store for one run of the benchmark."""

    folder: Path
    cluster: Cluster
    store: StoreServer

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.cluster.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self.cluster.password,
        }

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [programs() / program, *arguments], env=self.environment, check=True, capture_output=True
        )

    def platform(self, database: Database, bucket: str) -> Platform:
        identity, recipient = new_identity()
        connections = {
            "bench": Connection(
                "bench",
                host=LOOPBACK,
                port=self.cluster.port,
                login=SUPERUSER,
                password=self.cluster.password,
            ),
            "dataops_store": self.store.connection(),
            "dataops_decryption": Connection("dataops_decryption", password=identity),
            "dataops_encryption": Connection(
                "dataops_encryption", password=secrets.token_hex(32), extra={"recipients": [recipient]}
            ),
        }
        server = Server(name="bench", environment="bench", connection="bench", owner="bench")
        os.environ["DATAOPS_BUCKET"] = bucket
        return Platform("bench", Inventory((server,), (database,)), connections.__getitem__)


def measure() -> Iterable[Ratio]:
    """For each kind of data: against bare pg_dump, then against pg_dump piped to the store."""
    with place_for_bench() as place:
        for name, fill in (("pgbench", pgbench), ("incompressible", incompressible)):
            place.run("createdb", name)
            fill(place, name)
            yield from _compare(place, name)
            place.run("dropdb", name)


def _compare(place: Place, name: str) -> Iterator[Ratio]:
    database = Database(name=name, server="bench", owner="bench", environment="bench", jobs=JOBS)
    rounds = [_round(place, database) for _ in range(ROUNDS)]
    rounds.sort(key=lambda each: each["ours"])
    middle = rounds[len(rounds) // 2]
    ours = middle["ours"]
    bare, piped = (sorted(each[kind] for each in rounds)[len(rounds) // 2] for kind in ("bare", "piped"))
    parts = {part: value for part, value in middle.items() if part not in {"ours", "bare", "piped"}}
    size = f"{MEGABYTES} MB of {name}"
    yield Ratio(f"{size}: backup against pg_dump -Fd -j2", ours, bare, 1.5, parts=parts)
    yield Ratio(f"{size}: backup against pg_dump -Fc piped to S3", ours, piped, 1.0)
    yield Ratio(f"{size}: memory of our process", middle["memory MB"], MEMORY / 1e6, 1.0, unit="MB")


def _round(place: Place, database: Database) -> dict[str, float]:
    """One turn of each; the store is emptied after it."""
    bucket = place.store.create_bucket(f"bench-{secrets.token_hex(4)}", lock=False, versioning=False)
    # The first object of a bucket makes this store allocate room for it, for whoever comes first.
    place.store.client().put_object(Bucket=bucket, Key="first", Body=b"object")
    turns: dict[str, Callable[[], dict[str, float]]] = {
        "ours": lambda: _ours(place, database, bucket),
        "bare": lambda: {"bare": _bare(place, database)},
        "piped": lambda: {"piped": _piped(place, database, bucket)},
        "piped at -Z1": lambda: {"piped at -Z1": _piped(place, database, bucket, "-Z1")},
    }
    measured: dict[str, float] = {}
    for name, turn in turns.items():
        before = _cpu_seconds(place)
        measured |= turn()
        measured[f"{name}: CPU s"] = _cpu_seconds(place) - before
    return measured


def _cpu_seconds(place: Place) -> float:
    """Spent so far by this process, its programs and the server's sessions that have ended, not by the store.

    It bears a busy machine, which seconds do not. Fields 16 and 17 of proc(5)'s stat: of children waited for.
    """
    stat = Path(f"/proc/{place.cluster.pid}/stat").read_text(encoding="utf-8")
    user, system = stat[stat.rindex(")") + 2 :].split()[13:15]
    return sum(os.times()[:4]) + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _ours(place: Place, database: Database, bucket: str) -> dict[str, float]:
    wishes: dict[str, Any] = {"work_dir": str(place.folder)}
    job = Job(place.platform(database, bucket), database, lambda line: None, wishes)
    begun = time.perf_counter()
    taken = Logical().take(job)
    took = time.perf_counter() - begun
    verified = Logical().verify(job, taken)
    Logical().publish(job, taken, verified)
    total = time.perf_counter() - begun
    return {
        "ours": total,
        "take": took,
        "dump": _figure(taken, "dump"),
        "manifest": _figure(taken, "manifest"),
        "read back": _figure(verified, "read back"),
        "stored MB": _figure(taken, "stored") / 1e6,
        "peak disk MB": _figure(taken, "peak local disk") / 1e6,
        "memory MB": _figure(taken, "peak memory of this process") / 1e6,
        "pg_dump memory MB": _figure(taken, "peak memory of pg_dump") / 1e6,
    }


def _bare(place: Place, database: Database) -> float:
    target = place.folder / "bare"
    begun = time.perf_counter()
    place.run("pg_dump", "-Fd", f"-j{JOBS}", "-Z1", "-f", str(target), database.dbname)
    seconds = time.perf_counter() - begun
    shutil.rmtree(target)
    return seconds


def _piped(place: Place, database: Database, bucket: str, *options: str) -> float:
    """What people do today: a stream to the bucket as it comes, neither encrypted nor read back."""
    begun = time.perf_counter()
    argv = [programs() / "pg_dump", "-Fc", *options, database.dbname]
    with subprocess.Popen(argv, env=place.environment, stdout=subprocess.PIPE) as dump:
        place.store.client().upload_fileobj(dump.stdout, bucket, "piped.dump")
    assert dump.returncode == 0
    return time.perf_counter() - begun


def pgbench(place: Place, name: str) -> None:
    """Scale 100 is 10 million accounts, 1.5 GB with indexes."""
    place.run("pgbench", "-i", "-q", "-s", str(max(MEGABYTES // 15, 1)), name)


def incompressible(place: Place, name: str) -> None:
    """Two tables of random bytes, a kilobyte a row."""
    for table in ("a", "b"):
        rows = MEGABYTES * 500
        place.run(
            "psql",
            "-qX",
            "-d",
            name,
            "-c",
            "CREATE EXTENSION IF NOT EXISTS pgcrypto;"
            f"CREATE TABLE {table} AS SELECT i, gen_random_bytes(1000) AS v"
            f" FROM generate_series(1, {rows}) AS i",
        )


def _figure(report: StepReport, name: str) -> float:
    return next(figure.value for figure in report.figures if figure.name == name)


@contextmanager
def place_for_bench() -> Generator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "server", free_port(), secrets.token_hex(8), {"autovacuum": "off"})
    users = (Credentials("bench", secrets.token_hex(8), secrets.token_hex(16)),)
    store = StoreServer(folder / "store", choose_ports(), users)
    try:
        cluster.initialise()
        cluster.start()
        process = store.start()
        with patch.dict(os.environ, clear=False):
            yield Place(folder, cluster, store)
        children.stop(process, seconds=5)
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
