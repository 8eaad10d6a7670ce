"""Problems that a server's own log tells of, or tells more of, each made on a server that writes one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2
import pytest
from dataops.inventory import Thresholds
from dataops.performance.finding import Cause, Finding
from dataops.performance.findings import Judgement, judge
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.section import section
from dataops.performance.window import SectionName, Window
from psycopg2.extensions import parse_dsn

from sandbox.deadline import wait_until
from tests.integration.performance.seeds.catalogue import SINCE, SMALL, deadlock
from tests.integration.performance.seeds.seeded import SETTINGS, THRESHOLDS, Bed

SECRET = "s3cr3t-literal"
LOGGED = {
    **SETTINGS,
    "logging_collector": "on",
    "log_filename": "server.log",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_destination": "jsonlog",
    "log_line_prefix": "%m [%p] %q%u@%d %e %Q ",
    "log_lock_waits": "on",
    "deadlock_timeout": "100ms",
    "log_temp_files": "0",
    "log_autovacuum_min_duration": "0",
    "lc_messages": "C",
    "session_preload_libraries": "auto_explain",
    # Whether a plan was kept is then told by the log alone.
    "pg_stat_statements.track_planning": "off",
}
"""A server that logs what goes wrong, in whichever format ``log_destination`` is set to."""
SUFFIX = {"jsonlog": "json", "csvlog": "csv", "stderr": "log"}

TABLES = (
    "CREATE EXTENSION pg_stat_statements",
    *SMALL,
    "CREATE TABLE keyed AS SELECT g AS id, g % 1000 AS k, CASE WHEN g % 1000 = 5 THEN g % 97 ELSE 0 END AS "
    "skewed, repeat('x', 60) AS filler FROM generate_series(1, 100000) g",
    "CREATE INDEX keyed_k ON keyed (k)",
    "CREATE INDEX keyed_skewed ON keyed (skewed)",
    "CREATE TABLE visited (id int PRIMARY KEY, n int) WITH (autovacuum_vacuum_threshold = 1, "
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, "
    "autovacuum_vacuum_cost_limit = 1)",
    "INSERT INTO visited SELECT g, 0 FROM generate_series(1, 20000) g",
    "CREATE FUNCTION pay(customer text) RETURNS void LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'no such customer: %', customer; END $$",
    "VACUUM ANALYZE keyed, visited",
)
READ = "SELECT sum(length(filler)) FROM keyed WHERE k = 7"


@dataclass(frozen=True)
class LogSeed:
    """One problem: by which code it must be found, with which cause, and what its finding says of the log.

    ``about`` is a part of the object's name, ``says`` of the sentence. ``usual`` belongs to the window of
    comparison.
    """

    name: str
    code: str
    cause: Cause
    about: str
    act: Callable[[Bed], object]
    says: str = ""
    usual: Callable[[Bed], object] = lambda bed: None

    def missed(self, findings: Sequence[Finding]) -> str:
        """Empty where it was found; else what was there."""
        alike = [each for each in findings if each.code == self.code]
        for each in alike:
            if each.cause is self.cause and self.about in each.object and self.says in each.sentence:
                return ""
        return f"{self.name}: {[(each.object, each.cause, each.sentence) for each in alike]}"


def logged_night(
    bed: Bed,
    acts: Sequence[Callable[[Bed], object]],
    usual: Sequence[Callable[[Bed], object]] = (),
    *,
    written_as: str = "jsonlog",
    thresholds: Thresholds = THRESHOLDS,
) -> tuple[Judgement, Window]:
    """What a report says of a night whose log was read as well, and its window."""
    watched = bed.watched
    _collect(bed, written_as)
    watched.sample()
    for each in usual:
        each(bed)
    watched.sample()
    _collect(bed, written_as)
    try:
        for each in acts:
            each(bed)
        watched.sample()
    finally:
        bed.close()
    _collect(bed, written_as)
    windows = [_window(bed, each) for each in (-2, -3)]
    return judge(windows[0], windows[1:], thresholds), windows[0]


def _window(bed: Bed, first: int) -> Window:
    """Between a sample and the one after it, with what the log says of that time."""
    watched = bed.watched
    since, until = (each.samples[-1].header.taken for each in watched.taken[first:][:2])
    made = watched.window(since, until)
    log = section(watched.store, "test", watched.dbname, since, until)
    return replace(made, sections={**made.sections, SectionName.LOGS: log})


def _collect(bed: Bed, written_as: str) -> None:
    """Read the log, once it holds all that was done."""
    marker = f"mark {len(bed.watched.said)} {bed.watched.dbname}"
    bed.watched.said.append(marker)
    bed.execute(f"DO $$ BEGIN RAISE LOG '{marker}'; END $$")
    log = bed.watched.primary.cluster.data / "log" / f"server.{SUFFIX[written_as]}"
    assert wait_until(lambda: _holds(log, marker), seconds=20), marker
    collect(bed.watched.platform, "test")


def _holds(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(errors="replace")


def refused(bed: Bed, *statements: str, times: int = 3) -> None:
    """Statements of which the last is refused, each time in a session of its own."""
    for _ in range(times):
        with pytest.raises(psycopg2.Error):
            bed.execute(*statements)


def turned_away(bed: Bed, role: str, password: str) -> None:
    """A client that cannot log in, three times."""
    where = {**parse_dsn(bed.watched.primary.dsn(bed.watched.dbname)), "user": role, "password": password}
    for _ in range(3):
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(**where).close()


def _crowd(bed: Bed) -> None:
    role = f"crowd_{bed.watched.dbname}"
    bed.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p' CONNECTION LIMIT 0")
    bed.at_end(lambda: bed.execute(f"DROP ROLE {role}"))
    turned_away(bed, role, "p")


def _wait_between_samples(bed: Bed) -> None:
    """A wait that is over before anybody samples it."""
    holder = bed.session("UPDATE small SET n = 2 WHERE id = 1")
    bed.meanwhile("SET application_name = 'late'", "COMMIT", "UPDATE small SET n = 3 WHERE id = 1")
    bed.until(SINCE + "wait_event_type = 'Lock' AND application_name = 'late'")
    holder.commit()
    bed.until("SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def _lock_timeout(bed: Bed) -> None:
    """Sessions that give up waiting."""
    holder = bed.session("LOCK TABLE small IN ACCESS EXCLUSIVE MODE")
    refused(bed, "SET lock_timeout = '20ms'", "SELECT n FROM small WHERE id = 3")
    holder.rollback()


def _cancel_autovacuum(bed: Bed) -> None:
    """A lock that autovacuum must give way to."""
    bed.setting("autovacuum_naptime", "1s")
    bed.execute("UPDATE visited SET n = n + 1")
    bed.until("SELECT count(*) > 0 FROM pg_stat_progress_vacuum WHERE relid = 'visited'::regclass")
    bed.execute("BEGIN; LOCK TABLE visited IN ACCESS EXCLUSIVE MODE; COMMIT")


def _other_plan(bed: Bed) -> None:
    bed.execute(
        "SET auto_explain.log_min_duration = 0",
        "SET enable_indexscan = off",
        "SET enable_bitmapscan = off",
        "SET max_parallel_workers_per_gather = 0",
        *[READ] * 600,
    )


def _kept_plan(bed: Bed) -> None:
    bed.execute(
        "SET auto_explain.log_min_duration = 0",
        "SET plan_cache_mode = force_generic_plan",
        "PREPARE skew (int) AS SELECT sum(length(filler)) FROM keyed WHERE skewed = $1",
        *["EXECUTE skew (5)"] * 60,
        *["EXECUTE skew (0)"] * 2,
    )


def crash(bed: Bed) -> None:
    """A backend is killed: PostgreSQL ends every session and recovers."""
    bed.session("SET application_name = 'victim'", "COMMIT", f"SELECT '{SECRET}'")
    pid = bed.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'")[0][0]
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not _serves(bed, pid), seconds=20)
    assert wait_until(lambda: _serves(bed), seconds=20)


def _serves(bed: Bed, pid: int = 0) -> bool:
    """Whether the server answers; with a process id, whether that one is still there."""
    try:
        return bool(bed.execute(f"SELECT {pid} IN (0, pid) FROM pg_stat_activity WHERE {pid} IN (0, pid)"))
    except psycopg2.Error:
        return False


ERROR = "errors-in-log"
SEEDS: tuple[LogSeed, ...] = (
    LogSeed(
        "a key that is there already",
        ERROR,
        Cause.APPLICATION,
        "error 23505",
        lambda bed: refused(bed, f"INSERT INTO small VALUES (1, length('{SECRET}'))"),
        says="insert into small values (?, length(?))",
    ),
    LogSeed(
        "an error that the application raises",
        ERROR,
        Cause.APPLICATION,
        "raised in PL/pgSQL function pay(text)",
        lambda bed: refused(bed, f"SELECT pay('{SECRET}')"),
    ),
    LogSeed(
        "a wrong password",
        ERROR,
        Cause.APPLICATION,
        "error 28P01",
        lambda bed: turned_away(bed, "postgres", SECRET),
        says="FATAL",
    ),
    LogSeed("too many connections", ERROR, Cause.CAPACITY, "error 53300", _crowd, says="FATAL"),
    LogSeed(
        "a statement that takes too long",
        ERROR,
        Cause.APPLICATION,
        "error 57014 canceling statement due to statement timeout",
        lambda bed: refused(bed, "SET statement_timeout = '20ms'", "SELECT pg_sleep(9)"),
        says="select pg_sleep(?)",
    ),
    LogSeed(
        "a lock that is not had in time",
        ERROR,
        Cause.LOCK,
        "error 55P03",
        _lock_timeout,
    ),
    LogSeed(
        "an autovacuum that gives way",
        ERROR,
        Cause.LOCK,
        "canceling autovacuum task",
        _cancel_autovacuum,
    ),
    LogSeed("a deadlock", "deadlocks", Cause.LOCK, "database", deadlock, says="Parties: `update small"),
    LogSeed(
        "a wait between two samples",
        "lock-waits",
        Cause.LOCK,
        "relation small",
        _wait_between_samples,
        says="says the log",
    ),
    LogSeed("a plan that is kept", "generic-plan", Cause.PLAN_CHANGED, "statement", _kept_plan),
    LogSeed(
        "a plan of another shape",
        "statement-slower",
        Cause.PLAN_CHANGED,
        "statement",
        _other_plan,
        says="The log shows a plan of another shape",
        usual=lambda bed: bed.execute("SET auto_explain.log_min_duration = 0", *[READ] * 200),
    ),
)
