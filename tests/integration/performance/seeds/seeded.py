"""A watched database in which problems are made on purpose, and what a night then says of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import Any

import psycopg2
from dataops.inventory import Thresholds
from dataops.performance.findings import Judgement, judge

from tests.conftest import DatabaseServer
from tests.integration.performance.watched import Watched

SETTINGS = {
    "fsync": "on",
    "autovacuum": "on",
    "autovacuum_naptime": "1d",
    "shared_buffers": "16MB",
    "max_connections": "24",
    "max_prepared_transactions": "4",
    "archive_mode": "on",
    "archive_command": "true",
    "autovacuum_freeze_max_age": "100000",
    "pg_stat_statements.track_planning": "on",
    "pg_stat_statements.max": "1000",
    "max_wal_size": "256MB",
}
"""A server as one would run it, small, and near enough to its limits that they can be reached in seconds."""

THRESHOLDS = Thresholds(
    unused_for=timedelta(seconds=1),
    unused_size="1MB",
    idle_in_transaction=timedelta(seconds=1),
    transaction=timedelta(seconds=1),
    lock_wait=timedelta(seconds=1),
    replication_lag_size="10MB",
    forecast_after=timedelta(milliseconds=50),
    disk="2GB",
)
"""Hours become seconds, or less where a seed takes less; every other threshold is the one that is shipped."""


@dataclass
class Bed:
    """One database under test. Sessions that it opens stay open until it is closed."""

    watched: Watched
    standby: DatabaseServer | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _threads: list[Thread] = field(default_factory=list)

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Each statement in autocommit, in one session that then ends; the last one's rows."""
        with closing(psycopg2.connect(self.watched.primary.dsn(self.watched.dbname))) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute("SET statement_timeout = '60s'")
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def session(self, *statements: str) -> Any:
        """A session that began a transaction with these statements and stays."""
        session = self._open.enter_context(
            closing(psycopg2.connect(self.watched.primary.dsn(self.watched.dbname)))
        )
        with session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return session

    def meanwhile(self, *statements: str) -> None:
        """Statements in a transaction of another thread: they may wait, or fail."""

        def run() -> None:
            with closing(psycopg2.connect(self.watched.primary.dsn(self.watched.dbname))) as session:
                try:
                    with session.cursor() as cursor:
                        for statement in statements:
                            cursor.execute(statement)
                    session.commit()
                except psycopg2.Error:
                    session.rollback()

        thread = Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)

    def until(self, question: str, *, seconds: float = 20) -> None:
        """Ask until the answer is true."""
        deadline = time.monotonic() + seconds
        while not self.execute(question)[0][0]:
            assert time.monotonic() < deadline, question
            time.sleep(0.05)

    def setting(self, name: str, value: str) -> None:
        """A setting of the server, as long as the bed is there."""
        self.execute(f"ALTER SYSTEM SET {name} = '{value}'", "SELECT pg_reload_conf()")
        self._open.callback(lambda: self.execute(f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()"))
        self.until(f"SELECT current_setting('{name}') = '{value}'")

    def at_end(self, action: Callable[[], object]) -> None:
        """What to do when the bed is closed."""
        self._open.callback(action)

    def close(self) -> None:
        """End every session and take every setting back."""
        self._open.close()
        for thread in self._threads:
            thread.join(timeout=10)


@dataclass(frozen=True)
class Seed:
    """One problem of the catalogue: how to make it, by which code it must be found, with which cause.

    ``prepare`` comes before the first sample, ``usual`` in the window of comparison, ``act`` in the window
    that is judged. ``cause`` may name two, "a or b", where another seed may change it; empty for any.
    ``about`` is a part of the object's name. ``also`` are codes that rightly come with it.
    """

    number: int
    code: str
    cause: str
    about: str
    act: Callable[[Bed], None]
    prepare: Callable[[Bed], None] = lambda bed: None
    usual: Callable[[Bed], None] = lambda bed: None
    also: frozenset[str] = frozenset()
    needs_standby: bool = False


def night(
    bed: Bed,
    seeds: Sequence[Seed],
    thresholds: Thresholds = THRESHOLDS,
    *,
    look: Callable[[], object] = lambda: None,
) -> Judgement:
    """What a report says of a database with these problems; ``look`` is called while they are there."""
    for seed in seeds:
        seed.prepare(bed)
    bed.watched.sample()
    for seed in seeds:
        seed.usual(bed)
    bed.watched.sample()
    try:
        for seed in seeds:
            seed.act(bed)
        bed.watched.sample()
        look()
    finally:
        bed.close()
    first, second, third = (taken.samples[-1].header.taken for taken in bed.watched.taken[-3:])
    return judge(bed.watched.window(second, third), [bed.watched.window(first, second)], thresholds)


def missed(judgement: Judgement, seed: Seed) -> str:
    """Empty where the seed was found by its code, at its object, with its cause; else what was there."""
    alike = [each for each in judgement.findings if each.code == seed.code]
    if any(
        seed.about in each.object and (not seed.cause or each.cause in seed.cause.split(" or "))
        for each in alike
    ):
        return ""
    gaps = [gap.reason for gap in judgement.gaps if gap.code == seed.code]
    return f"{seed.number} {seed.code}: {[(each.object, each.cause) for each in alike]} {gaps}"
