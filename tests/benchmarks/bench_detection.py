"""How much of the catalogue is found: each problem seeded on a real server; beside it pgBadger on its log.

Ours counts a problem as found by the right code, at the right object, with the right cause. pgBadger names no
causes: a problem counts as found where its own output says anything of that kind at all, which favours it.
Precision is the share of findings of severity warning or above that the seed explains. PgHero's checks need
its gem, which is installed by RubyGems alone: its score is not measured here.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import free_port
from sandbox.postgresql import Cluster
from tests.benchmarks.ratio import Ratio

LOGGED = {
    "log_min_duration_statement": "0",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "log_checkpoints": "on",
    "log_autovacuum_min_duration": "0",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
"""What pgBadger's documentation asks for."""
MOST_MISSED = 0


@dataclass
class Score:
    """What one seed brought."""

    code: str
    found: bool
    loud: int
    explained: int
    badger: bool


Shown = Callable[[Mapping[str, Any]], bool]


def _holds(*path: str) -> Shown:
    """Whether pgBadger's JSON has something above zero at a path; ``*`` stands for the database."""

    def look(node: Any, rest: tuple[str, ...] = path) -> bool:
        if not rest:
            return bool(node) and node != "0"
        if not isinstance(node, Mapping):
            return False
        nodes = node.values() if rest[0] == "*" else [node[rest[0]]] if rest[0] in node else []
        return any(look(each, rest[1:]) for each in nodes)

    return look


def _says(words: str) -> Shown:
    return lambda report: words in json.dumps(report)


BADGER: Mapping[str, Shown] = {
    "lock-waits": _holds("lock_info", "*"),
    "deadlocks": _says("deadlock detected"),
    "temp-spill": _holds("tempfile_info", "*", "count"),
    "checkpoint-storm": _holds("checkpoint_info", "warning_seconds"),
    "archiver-failing": _says("archive command failed"),
    "collation-mismatch": _says("has no actual collation version"),
    "connection-saturation": _says("remaining connection slots"),
    "n-plus-one": _holds("normalyzed_info", "*"),
    "large-sequential-scans": _holds("normalyzed_info", "*"),
}
"""Where its output would show the problem; it looks at no catalog and no statistics, so nothing of the rest.

For N+1 and scans its lists of frequent and slow statements count, though they say nothing of the kind."""


@contextmanager
def _bed(folder: Path) -> Generator[tuple[Any, Any, Any]]:
    """A server that logs all, its standby, and a store."""
    from tests.conftest import DatabaseServer, ObjectStoreServer
    from tests.integration.performance.seeds.seeded import SETTINGS

    cluster = Cluster(folder / "primary", free_port(), secrets.token_hex(8), {**SETTINGS, **LOGGED})
    cluster.initialise()
    cluster.start()
    follower = Cluster(folder / "standby", free_port(), cluster.password, dict(SETTINGS))
    users = (Credentials("admin", secrets.token_hex(8), secrets.token_hex(16)),)
    store = StoreServer(folder / "store", choose_ports(), users)
    process = store.start()
    try:
        follower.clone(cluster, slot="bench_standby")
        follower.start()
        yield (
            DatabaseServer(cluster, "test_primary"),
            DatabaseServer(follower, "test_standby"),
            ObjectStoreServer(store),
        )
    finally:
        follower.stop("immediate")
        cluster.stop("immediate")
        children.stop(process, seconds=1)


def scores() -> Iterator[Score]:
    """Each seed of the catalogue by itself, in a database of its own."""
    from tests.integration.performance.seeds.catalogue import CATALOGUE, SHARED
    from tests.integration.performance.seeds.seeded import Bed, missed, night
    from tests.integration.performance.watched import watched

    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-detection-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with _bed(folder) as (primary, standby, store):
            log = primary.cluster.folder / "log"
            # What burns transaction ids comes last: it ages every database of the server.
            for seed in sorted(CATALOGUE, key=lambda each: each.code == "transaction-id-age"):
                bed = Bed(watched(primary, store), standby if seed.needs_standby else None)
                bed.execute(*SHARED)
                start = log.stat().st_size
                judgement = night(bed, [seed])
                loud = [each for each in judgement.findings if each.severity != "notice"]
                with log.open("rb") as stream:
                    stream.seek(start)
                    part = folder / "part.log"
                    part.write_bytes(stream.read())
                yield Score(
                    seed.code,
                    not missed(judgement, seed),
                    len(loud),
                    sum(each.code == seed.code or each.code in seed.also for each in loud),
                    BADGER.get(seed.code, lambda _: False)(_badger(part)),
                )
                primary.execute(f'DROP DATABASE "{bed.watched.dbname}" WITH (FORCE)')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _badger(log: Path) -> Mapping[str, Any]:
    """What pgBadger tells of a log, as its JSON; nothing where it cannot read one of a few lines."""
    out = log.with_suffix(".json")
    out.unlink(missing_ok=True)
    command = [
        "pgbadger",
        "-q",
        "-f",
        "stderr",
        "-p",
        LOGGED["log_line_prefix"],
        "-x",
        "json",
        "-o",
        str(out),
        str(log),
    ]
    subprocess.run(command, check=False, capture_output=True, timeout=120)
    found: Mapping[str, Any] = (
        json.loads(out.read_text(encoding="utf-8", errors="replace")) if out.exists() else {}
    )
    return found


def measure() -> Iterable[Ratio]:
    """Problems missed, ours against pgBadger's, with recall and precision."""
    told = list(scores())
    found = sum(each.found for each in told)
    badger = sum(each.badger for each in told)
    loud = sum(each.loud for each in told)
    explained = sum(each.explained for each in told)
    yield Ratio(
        "problems of the catalogue that are missed",
        len(told) - found,
        max(len(told) - badger, 1),
        bar=MOST_MISSED,
        unit="problems",
        parts={
            "seeds": float(len(told)),
            "recall": found / len(told),
            "precision": explained / loud if loud else 1.0,
            "pgBadger's recall": badger / len(told),
            "missed": ", ".join(each.code for each in told if not each.found) or "none",
            "unexplained": ", ".join(each.code for each in told if each.loud > each.explained) or "none",
        },
    )
