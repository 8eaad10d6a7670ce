"""A physical backup and its information, against bare ``pgbackrest backup``; manifest and verify apart.

A server of 1.5 GB of pgbench; ``BENCH_MB`` makes it smaller. Both go over pgBackRest's TLS server to one S3
repository each of the same store, as full backups with the same options.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from dataops.backup.physical import Physical
from dataops.backup.physical.engine import pgbackrest
from dataops.backup.physical.site import look
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.evidence.steps import StepReport
from dataops.inventory import Inventory, Server
from dataops.platform import Platform
from dataops.store import new_identity

from sandbox import children, os_user
from sandbox.deadline import wait_until
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.pgbackrest import WORKER, BackRest
from sandbox.ports import LOOPBACK, answers, free_port
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.benchmarks.ratio import Ratio

MEGABYTES = int(os.environ.get("BENCH_MB", "1500"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))


@dataclass(frozen=True)
class Place:
    """An archiving server, its pgBackRest, and a store for one run of the benchmark."""

    backrest: BackRest
    platform: Platform
    server: Server


def measure() -> Iterable[Ratio]:
    """One ratio: the copy with its information against bare pgBackRest, in turns."""
    with place_for_bench() as place:
        Physical().take(
            Job(place.platform, place.server, _silent, {"type": "full", "content": "definitions"})
        )
        rounds = [(_ours(place), _bare(place)) for _ in range(ROUNDS)]
    rounds.sort(key=lambda each: each[0]["ours"])
    middle = rounds[len(rounds) // 2][0]
    bare = sorted(each[1] for each in rounds)[len(rounds) // 2]
    parts = {name: value for name, value in middle.items() if name != "ours"}
    name = f"{MEGABYTES} MB of pgbench: physical backup and its info against pgbackrest backup"
    yield Ratio(name, middle["ours"], bare, 1.05, allowance=2.0, parts=parts)


def _ours(place: Place) -> dict[str, float]:
    """A whole run; what counts is the copy with everything around it but manifest and verify."""
    job = Job(place.platform, place.server, _silent, {"type": "full"})
    begun = time.perf_counter()
    taken = Physical().take(job)
    seconds = time.perf_counter() - begun
    verified = Physical().verify(job, taken)
    apart = ("manifest", "WAL behind the manifest")
    figures = {name: _figure(taken, name) for name in ("copy", "stanza and escrow", *apart)}
    return {
        "ours": seconds - sum(figures[name] for name in apart),
        **figures,
        "verify": (verified.finished - verified.started).total_seconds(),
        "stored MB": _figure(taken, "stored") / 1e6,
    }


def _bare(place: Place) -> float:
    """What people run from cron: the same command with the same options, and nothing around it."""
    site = look(place.platform, place.server)
    with pgbackrest(place.platform, place.server, site) as engine:
        argv = [
            engine.program,
            f"--config={engine.file}",
            f"--stanza={engine.stanza}",
            "--repo=1",
            "--type=full",
        ]
        begun = time.perf_counter()
        subprocess.run([*argv, "backup"], env=engine.environment, check=True, capture_output=True)
        return time.perf_counter() - begun


def _figure(report: StepReport, name: str) -> float:
    return next(figure.value for figure in report.figures if figure.name == name)


def _silent(_: str) -> None:
    return None


@contextmanager
def place_for_bench() -> Generator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    store = StoreServer(
        folder / "store", choose_ports(), (Credentials("bench", secrets.token_hex(8), secrets.token_hex(16)),)
    )
    cluster = Cluster(folder / "server", free_port(), secrets.token_hex(8))
    started = []
    try:
        started.append(store.start())
        bucket = store.create_bucket(f"bench-{secrets.token_hex(4)}", lock=False, versioning=False)
        backrest = BackRest(
            folder / "pgbackrest",
            "bench",
            free_port(),
            cluster,
            store,
            store.users[0],
            (bucket, bucket),
            "secret",
        )
        cluster = replace(cluster, settings=_settings(backrest))
        cluster.initialise()
        backrest.configure(store.authority)
        _with_one_repository(backrest)
        cluster.start()
        started.append(_serve(backrest, folder))
        _fill(cluster)
        with patch.dict(os.environ, {"DATAOPS_BUCKET": bucket}):
            os.environ.pop("DATAOPS_REPLICA_BUCKET", None)
            yield Place(backrest, *_platform(backrest))
    finally:
        cluster.stop("immediate")
        for process in reversed(started):
            children.stop(process, seconds=5)
        shutil.rmtree(folder, ignore_errors=True)


def _settings(backrest: BackRest) -> dict[str, str]:
    return {
        "archive_mode": "on",
        "archive_command": backrest.archive_command(backrest.cluster),
        "archive_timeout": "60",
        "autovacuum": "off",
    }


def _with_one_repository(backrest: BackRest) -> None:
    lines = backrest.config.read_text().splitlines()
    os_user.own_file(
        backrest.config, "\n".join(line for line in lines if not line.startswith("repo2-")) + "\n"
    )


def _serve(backrest: BackRest, folder: Path) -> subprocess.Popen[bytes]:
    process = children.start(
        backrest.command,
        log=folder / "tls.log",
        at_parents_death=signal.SIGTERM,
        switch=os_user.switch(),
    )
    assert wait_until(lambda: answers(backrest.port), seconds=10)
    return process


def _fill(cluster: Cluster) -> None:
    environment = {**os.environ, "PGPASSWORD": cluster.password}
    argv = [programs() / "pgbench", "-i", "-q", "-s", str(max(MEGABYTES // 15, 1)), cluster.dsn()]
    subprocess.run(argv, env=environment, check=True, capture_output=True)


def _platform(backrest: BackRest) -> tuple[Platform, Server]:
    worker = backrest.store.authority.issue(WORKER)
    cluster, (identity, recipient) = backrest.cluster, new_identity()
    connections = {
        "bench": Connection(
            "bench", host=LOOPBACK, port=cluster.port, login=SUPERUSER, password=cluster.password
        ),
        "dataops_store": backrest.store.connection(),
        "dataops_encryption": Connection(
            "dataops_encryption", password=secrets.token_hex(32), extra={"recipients": [recipient]}
        ),
        "dataops_decryption": Connection("dataops_decryption", password=identity),
        "bench_pgbackrest": Connection(
            "bench_pgbackrest",
            host="localhost",
            port=backrest.port,
            password=backrest.passphrase,
            extra={
                "cert_file": str(worker.cert_file),
                "key_file": str(worker.key_file),
                "ca_file": str(backrest.store.ca_file),
            },
        ),
    }
    server = Server(name="bench", environment="bench", connection="bench", owner="bench")
    return Platform("bench", Inventory((server,), ()), connections.__getitem__), server
