"""How much of the catalogue is found: each problem seeded on a real server; beside it pgBadger and PgHero.

Ours counts a problem as found by the right code, at the right object, with the right cause. The peers name no
causes: a problem counts as found where their own output says anything of that kind at all, which favours
them; pgBadger reads the server's log, PgHero looks at the database while the problem is there. Precision is
the share of findings of severity warning or above that the seed explains; PgHero's is that of the warnings on
its first page, and pgBadger warns of nothing. A peer that is not installed is not measured, and said so.

A seed that broke, or was not reached within ``BENCH_DETECTION_SECONDS``, counts as missed and is named.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import free_port
from sandbox.postgresql import Cluster
from tests.benchmarks.peers import pgbadger, pghero
from tests.benchmarks.ratio import Ratio

MOST_MISSED = 0
SECONDS = float(os.environ.get("BENCH_DETECTION_SECONDS", "2400"))
"""After this no further seed is begun; a quiet machine of two cores takes some eight minutes for all."""


@dataclass(frozen=True)
class Score:
    """What one seed brought. A peer is None where it was not asked, or could not answer."""

    code: str
    found: bool = False
    loud: int = 0
    unexplained: tuple[str, ...] = ()
    badger: bool | None = None
    hero: bool | None = None
    hero_warnings: int = 0
    hero_explained: int = 0
    trouble: str = ""


@contextmanager
def _bed(folder: Path) -> Generator[tuple[Any, Any, Any]]:
    """A server that logs all, its standby, and a store; whatever began is ended."""
    from tests.conftest import DatabaseServer, ObjectStoreServer
    from tests.integration.performance.seeds.seeded import SETTINGS

    with ExitStack() as stack:
        cluster = Cluster(
            folder / "primary", free_port(), secrets.token_hex(8), {**SETTINGS, **pgbadger.SETTINGS}
        )
        cluster.initialise()
        stack.callback(cluster.stop, "immediate")
        cluster.start()
        users = (Credentials("admin", secrets.token_hex(8), secrets.token_hex(16)),)
        store = StoreServer(folder / "store", choose_ports(), users)
        stack.callback(children.stop, store.start(), seconds=1)
        follower = Cluster(folder / "standby", free_port(), cluster.password, dict(SETTINGS))
        follower.clone(cluster, slot="bench_standby")
        stack.callback(follower.stop, "immediate")
        follower.start()
        yield (
            DatabaseServer(cluster, "test_primary"),
            DatabaseServer(follower, "test_standby"),
            ObjectStoreServer(store),
        )


def scores(hero: pghero.Peer | None) -> Iterator[Score]:
    """Each seed of the catalogue by itself, in a database of its own."""
    from tests.integration.performance.seeds.catalogue import CATALOGUE

    folder = Path(tempfile.mkdtemp(prefix="dataops-bench-detection-", dir="/tmp"))
    folder.chmod(0o711)
    deadline = time.monotonic() + SECONDS
    try:
        with _bed(folder) as (primary, standby, store):
            # What burns transaction ids comes last: it ages every database of the server.
            for seed in sorted(CATALOGUE, key=lambda each: each.code == "transaction-id-age"):
                if time.monotonic() > deadline:
                    yield Score(seed.code, trouble=f"not reached within {SECONDS:g} s")
                    continue
                yield _attempt(seed, primary, standby, store, hero)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _attempt(seed: Any, primary: Any, standby: Any, store: Any, hero: pghero.Peer | None) -> Score:
    """A seed that breaks must not hide the score of the others."""
    import psycopg2
    from dataops.errors import DataOpsError

    try:
        return _score(seed, primary, standby, store, hero)
    except (AssertionError, DataOpsError, OSError, psycopg2.Error) as error:
        return Score(seed.code, trouble=f"{type(error).__name__}: {str(error)[:200]}")


def _score(seed: Any, primary: Any, standby: Any, store: Any, hero: pghero.Peer | None) -> Score:
    from tests.integration.performance.seeds.catalogue import SHARED
    from tests.integration.performance.seeds.seeded import Bed, missed, night
    from tests.integration.performance.watched import watched

    log = primary.cluster.folder / "log"
    bed = Bed(watched(primary, store), standby if seed.needs_standby else None)
    told: dict[str, Any] = {}
    silent = []

    def ask() -> None:
        if hero is not None:
            where = standby if seed.needs_standby else primary
            try:
                told.update(hero.tell(where.dsn(bed.watched.dbname)))
            except (pghero.Failed, subprocess.TimeoutExpired) as error:
                silent.append(str(error))

    try:
        # The seeds before filled it: what it evicts is then no problem of this one.
        bed.execute(*SHARED, "SELECT pg_stat_statements_reset()")
        start = log.stat().st_size
        judgement = night(bed, [seed], look=ask)
        try:
            badger = pgbadger.tell(_part(log, start))
        except (pgbadger.Failed, subprocess.TimeoutExpired) as error:
            badger = {}
            silent.append(str(error))
    finally:
        bed.close()
        primary.execute(f'DROP DATABASE "{bed.watched.dbname}" WITH (FORCE)')
    loud = [each for each in judgement.findings if each.severity != "notice"]
    warned = [name for name, rows in told.get("overview", {}).items() if rows]
    return Score(
        seed.code,
        not missed(judgement, seed),
        len(loud),
        tuple(each.code for each in loud if each.code != seed.code and each.code not in seed.also),
        _shown(pgbadger.SHOWN, seed.code, badger) if badger else None,
        _shown(pghero.SHOWN, seed.code, told) if told else None,
        len(warned),
        sum(pghero.explained(seed.code, name, told) for name in warned),
        "; ".join(silent),
    )


def _shown(table: Any, code: str, told: Any) -> bool:
    return code in table and table[code](told)


def _part(log: Path, start: int) -> Path:
    """What was logged from an offset on, in a file of its own."""
    part = log.with_name("part.log")
    with log.open("rb") as stream, part.open("wb") as copy:
        stream.seek(start)
        shutil.copyfileobj(stream, copy)
    return part


def measure() -> Iterable[Ratio]:
    """Problems missed, ours against the better peer's, with recall and precision of each."""
    hero = pghero.find()
    asked = hero if isinstance(hero, pghero.Peer) else None
    told = []
    for score in scores(asked):
        print(f"    {_line(score)}", flush=True)
        told.append(score)
    found = sum(each.found for each in told)
    read = [each for each in told if each.badger is not None]
    peers = [sum(bool(each.badger) for each in read)]
    parts: dict[str, float | str] = {
        "seeds": float(len(told)),
        "recall": found / len(told),
        "precision": 1
        - _share(
            sum(len(each.unexplained) for each in told), sum(each.loud for each in told), of_nothing=0.0
        ),
        "missed": _codes(told, lambda each: not each.found),
        "unexplained": "; ".join(
            f"{each.code}: {', '.join(each.unexplained)}" for each in told if each.unexplained
        )
        or "none",
        "pgBadger's recall": _share(peers[0], len(read)),
        "seeds whose log pgBadger read": float(len(read)),
        "pgBadger shows": _codes(told, lambda each: bool(each.badger)),
    }
    if asked is None:
        parts["PgHero's recall"] = str(hero)
    else:
        answered = [each for each in told if each.hero is not None]
        peers.append(sum(bool(each.hero) for each in answered))
        parts["PgHero"] = asked.version
        parts["PgHero's recall"] = _share(peers[1], len(answered))
        parts["seeds that PgHero looked at"] = float(len(answered))
        parts["PgHero's precision"] = _share(
            sum(each.hero_explained for each in told), sum(each.hero_warnings for each in told)
        )
        parts["PgHero shows"] = _codes(told, lambda each: bool(each.hero))
    trouble = "; ".join(f"{each.code}: {each.trouble}" for each in told if each.trouble)
    yield Ratio(
        "problems of the catalogue that are missed",
        len(told) - found,
        max(len(told) - max(peers), 1),
        bar=MOST_MISSED,
        unit="problems",
        parts={**parts, "broke": trouble or "none"},
    )


def _line(score: Score) -> str:
    ways = (("ours", score.found), ("pgBadger", score.badger), ("PgHero", score.hero))
    by = ", ".join(name for name, shown in ways if shown) or "nobody"
    return f"{score.code}: found by {by}" + (f" ({score.trouble})" if score.trouble else "")


def _share(part: int, whole: int, *, of_nothing: float = 1.0) -> float:
    return part / whole if whole else of_nothing


def _codes(told: Sequence[Score], chosen: Any) -> str:
    return " ".join(each.code for each in told if chosen(each)) or "none"
