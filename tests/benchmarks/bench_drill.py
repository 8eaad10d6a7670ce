"""A drill with all its checks, against a bare restore and start of the same backup.

Logical: a fresh cluster, ``pg_restore -j2`` of a dump on the local disk, ANALYZE. Physical: ``pgbackrest
restore`` into an empty folder, and a start until the server takes writes. 1.5 GB of pgbench each;
``BENCH_MB`` makes it smaller. The drill fetches from the store, decrypts, restores, checks and tears down.
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from dataops.backup.logical import Logical
from dataops.backup.physical import Physical
from dataops.backup.steps import Job, Method
from dataops.drill.run import drill, prepare
from dataops.evidence.verdict import Verdict
from dataops.inventory import Database, Drill, Inventory

from sandbox import os_user
from sandbox.deadline import wait_until
from sandbox.ports import free_port
from sandbox.postgresql import Cluster
from tests.benchmarks import bench_logical, bench_physical
from tests.benchmarks.ratio import Ratio

MEGABYTES = bench_logical.MEGABYTES
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
JOBS = 2


def measure() -> Iterable[Ratio]:
    """The ratio of each method, in turns with the bare programs."""
    yield _logical()
    yield _physical()


def _logical() -> Ratio:
    with bench_logical.place_for_bench() as place:
        place.run("createdb", "pgbench")
        bench_logical.pgbench(place, "pgbench")
        bucket = place.store.create_bucket(f"bench-{secrets.token_hex(4)}", lock=False, versioning=False)
        database = Database(
            name="pgbench", server="bench", owner="bench", environment="bench", drill=Drill(jobs=JOBS)
        )
        job = Job(place.platform(database, bucket), database, _silent)
        _back_up(Logical(), job)
        dump = place.folder / "dump"
        place.run("pg_dump", "-Fd", f"-j{JOBS}", "-Z1", "-f", str(dump), "pgbench")
        return _ratio("logical", 1.5, job, lambda: _bare_logical(place, dump))


def _bare_logical(place: bench_logical.Place, dump: Path) -> float:
    begun = time.perf_counter()
    cluster = Cluster(place.folder / "bare", free_port(), "bare")
    cluster.initialise()
    cluster.start()
    try:
        bare = replace(place, cluster=cluster)
        bare.run("createdb", "pgbench")
        bare.run("pg_restore", f"-j{JOBS}", "-d", "pgbench", str(dump))
        bare.run("psql", "-qX", "-d", "pgbench", "-c", "ANALYZE")
        return time.perf_counter() - begun
    finally:
        cluster.stop("immediate")
        shutil.rmtree(cluster.folder, ignore_errors=True)


def _physical() -> Ratio:
    with bench_physical.place_for_bench() as place:
        server = place.server.model_copy(update={"drill": Drill(jobs=JOBS)})
        platform = replace(place.platform, inventory=Inventory((server,), ()))
        job = Job(platform, server, _silent)
        _back_up(Physical(), replace(job, options={"type": "full"}))
        ratio = _ratio("physical", 2.0, job, lambda: _bare_physical(place))
        default = _bare_physical(place, processes=1)
        return replace(ratio, parts={**ratio.parts, "bare with pgBackRest's default of one process": default})


def _bare_physical(place: bench_physical.Place, processes: int = JOBS) -> float:
    """What people run by hand on the database host: restore beside the server, start, wait for promotion."""
    source = place.backrest.cluster
    cluster = Cluster(source.folder.with_name("bare"), free_port(), source.password, {"archive_mode": "off"})
    begun = time.perf_counter()
    for folder in (cluster.folder, cluster.data, cluster.sockets):
        os_user.own_folder(folder)
    try:
        os_user.run(
            [
                *("pgbackrest", f"--config={place.backrest.config}", f"--stanza={place.backrest.stanza}"),
                *(f"--pg1-path={cluster.data}", "--archive-mode=off", "--type=default"),
                *(f"--process-max={processes}", "restore"),
            ],
            deadline=600,
        )
        cluster.configure()
        cluster.start()
        assert wait_until(lambda: cluster.execute("SELECT pg_is_in_recovery()") == [(False,)], seconds=300)
        return time.perf_counter() - begun
    finally:
        cluster.stop("immediate")
        shutil.rmtree(cluster.folder, ignore_errors=True)


def _back_up(method: Method, job: Job) -> None:
    taken = method.take(job)
    method.publish(job, taken, method.verify(job, taken))


def _ratio(kind: str, bar: float, job: Job, bare: Callable[[], float]) -> Ratio:
    rounds = [(*_drilled(job), bare()) for _ in range(ROUNDS)]
    rounds.sort(key=lambda each: each[0])
    ours, parts, _ = rounds[len(rounds) // 2]
    theirs = statistics.median(each[2] for each in rounds)
    return Ratio(f"{MEGABYTES} MB of pgbench: {kind} drill with all checks", ours, theirs, bar, parts=parts)


def _drilled(job: Job) -> tuple[float, dict[str, float | str]]:
    """Seconds of a passed drill, and where they went."""
    wished = replace(job, options={**job.options, "point": "latest"})
    begun = time.perf_counter()
    prepared = prepare(wished)
    done = drill(wished, prepared)
    seconds = time.perf_counter() - begun
    red = [check for check in done.checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}]
    assert not red, red[0]
    slowest = sorted(done.checks, key=lambda check: -check.seconds)[:4]
    parts: dict[str, float | str] = {
        figure.name: figure.value for figure in done.figures if figure.unit == "seconds"
    }
    return seconds, parts | {f"check {check.name}": check.seconds for check in slowest}


def _silent(_: str) -> None:
    return None
