"""The problems that a nightly report must find by itself, each made on a real server in a second or two."""

from __future__ import annotations

import pytest
from dataops.performance.finding import Cause
from psycopg2.errors import DeadlockDetected

from tests.integration.performance.seeds.seeded import Bed, Seed

FILL = "md5(g::text) || md5((g + 1)::text) || md5((g + 2)::text)"
SINCE = "SELECT coalesce(max(now() - xact_start), '0') > '1.2s' FROM pg_stat_activity WHERE "


def _tables(*statements: str) -> object:
    def prepare(bed: Bed) -> None:
        bed.execute(*statements)

    return prepare


def _foreign_key(bed: Bed) -> None:
    bed.execute("DELETE FROM parent WHERE id = 7")


def _time_passes(bed: Bed) -> None:
    bed.execute("SELECT pg_sleep(1.1)")


def _scans(bed: Bed) -> None:
    bed.execute(*["SELECT count(*) FROM wide WHERE state = 3"] * 20)


def _loop(bed: Bed) -> None:
    for page in range(10):
        ids = bed.execute(f"SELECT id FROM loop WHERE id > {page * 200} AND id <= {page * 200 + 200}")
        bed.execute(*[f"SELECT note FROM loop WHERE id = {each[0]}" for each in ids])


def _bloat(bed: Bed) -> None:
    bed.execute(*["UPDATE bloated SET n = n + 1"] * 3)


def _emptied(bed: Bed) -> None:
    bed.execute("DELETE FROM emptied WHERE id % 10 > 0", "VACUUM ANALYZE emptied")


def _stale(bed: Bed) -> None:
    bed.execute("INSERT INTO stale SELECT g, g % 7 FROM generate_series(101, 300000) g")


def _hot(bed: Bed) -> None:
    bed.execute("UPDATE warm SET seen = seen + 1 WHERE id <= 20000")


def _idle(bed: Bed) -> None:
    bed.session("SET application_name = 'idler'", "COMMIT", "BEGIN", "UPDATE small SET n = 1 WHERE id = 9")
    bed.until(SINCE + "application_name = 'idler'")


def _waits(bed: Bed) -> None:
    bed.session("SET application_name = 'locker'", "COMMIT", "BEGIN", "UPDATE small SET n = 2 WHERE id = 1")
    bed.meanwhile("SET application_name = 'waiter'", "COMMIT", "UPDATE small SET n = 3 WHERE id = 1")
    bed.until(SINCE + "wait_event_type = 'Lock'")


def deadlock(bed: Bed) -> None:
    """Two transactions that wait for each other, one of which is cancelled."""
    count = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = bed.execute(count)[0][0]
    first = bed.session("SET deadlock_timeout = '50ms'", "UPDATE small SET n = 4 WHERE id = 4")
    bed.meanwhile(
        "SET deadlock_timeout = '30s'",
        "UPDATE small SET n = 5 WHERE id = 5",
        "UPDATE small SET n = 5 WHERE id = 4",
    )
    bed.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%= 4'"
    )
    with first.cursor() as cursor, pytest.raises(DeadlockDetected):
        cursor.execute("UPDATE small SET n = 4 WHERE id = 5")
    first.close()  # an idle session may keep its statistics for ten seconds
    bed.until(f"SELECT ({count}) > {before}")


def _spill(bed: Bed) -> None:
    bed.execute(
        "SET work_mem = '64kB'",
        *["SELECT state, filler FROM wide WHERE id <= 100000 ORDER BY filler, state OFFSET 90000"] * 2,
    )


def _checkpoints(bed: Bed) -> None:
    bed.setting("max_wal_size", "32MB")
    count = "SELECT checkpoints_req FROM pg_stat_bgwriter"
    before = bed.execute(count)[0][0]
    for _ in range(20):
        bed.execute("CREATE TABLE logged AS SELECT * FROM wide", "DROP TABLE logged")
        if bed.execute(count)[0][0] >= before + 7:
            break


def _ids(bed: Bed) -> None:
    bed.session("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1")
    bed.execute("SET synchronous_commit = off", "CALL burn(160000)")


def _numbers(bed: Bed) -> None:
    bed.execute("SELECT setval('ending', 900)")


def _keys(bed: Bed) -> None:
    bed.execute("SELECT setval('counted_id_seq', 2000000000)")


def _not_valid(bed: Bed) -> None:
    bed.execute("ALTER TABLE unchecked ADD CONSTRAINT positive CHECK (n >= 0) NOT VALID")


def _read_growing(bed: Bed) -> None:
    bed.execute(*["SELECT sum(n) FROM growing WHERE n % 5 = 1"] * 60)


def _grow(bed: Bed) -> None:
    bed.execute("INSERT INTO growing SELECT g FROM generate_series(20001, 400000) g", "ANALYZE growing")
    for _ in range(3):  # so often that it costs a second more also where a scan is fast
        _read_growing(bed)


def _skew(bed: Bed) -> None:
    bed.execute(
        "SET plan_cache_mode = force_generic_plan",
        "PREPARE skew (int) AS SELECT sum(length(filler)) FROM wide WHERE skewed = $1",
        *["EXECUTE skew (5)"] * 60,
        *["EXECUTE skew (0)"] * 2,
    )


def _jit(bed: Bed) -> None:
    expressions = ", ".join(f"sum(n * {each} + id)" for each in range(12))
    bed.execute(
        "SET jit_above_cost = 0",
        "SET jit_optimize_above_cost = 0",
        "SET jit_inline_above_cost = 0",
        *[f"SELECT {expressions} FROM small WHERE n > 0 OR id > 0"] * 5,
    )


def _churn(bed: Bed) -> None:
    bed.execute("; ".join(f"SET application_name = 'name {each}'" for each in range(4000)))


def _connections(bed: Bed) -> None:
    open_ = bed.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]
    for _ in range(18 - open_):
        bed.session("SELECT 1", "COMMIT")


def _archiver(bed: Bed) -> None:
    bed.setting("archive_command", "false")
    bed.execute("CREATE TABLE switched ()", "SELECT pg_switch_wal()")
    bed.until("SELECT last_failed_time > now() - interval '1 min' FROM pg_stat_archiver")


def _starve(bed: Bed) -> None:
    bed.session(
        "SET application_name = 'keeper'",
        "COMMIT",
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "SELECT 1",
    )
    bed.execute("DELETE FROM starved WHERE id % 2 = 0", "VACUUM starved")
    bed.until(SINCE + "application_name = 'keeper'")


def _backends(bed: Bed) -> None:
    bed.setting("bgwriter_lru_maxpages", "0")
    bed.execute(*["UPDATE written SET n = n + 1"] * 3)


def _hits(bed: Bed) -> None:
    bed.execute(*["SELECT count(*) FROM small"] * 200, *["SELECT count(*) FROM warm"] * 40)


def _misses(bed: Bed) -> None:
    bed.execute("SET max_parallel_workers_per_gather = 0", *["SELECT count(filler) FROM wide"] * 180)


def _lag(bed: Bed) -> None:
    assert bed.standby is not None
    bed.standby.execute("SELECT pg_wal_replay_pause()")
    bed.at_end(lambda: bed.standby and bed.standby.execute("SELECT pg_wal_replay_resume()"))
    bed.execute("CREATE TABLE lagged AS SELECT * FROM wide", "DROP TABLE lagged")


def _risk(bed: Bed) -> None:
    bed.setting("autovacuum", "off")


def _collation(bed: Bed) -> None:
    bed.execute("UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'aged'")


def _disk(bed: Bed) -> None:
    bed.execute(f"CREATE TABLE heavy AS SELECT g, {FILL} FROM generate_series(1, 50000) g")


WIDE = (
    "CREATE TABLE wide AS SELECT g AS id, g % 50 AS state, CASE WHEN g % 1000 = 5 THEN g % 97 ELSE 0 "
    f"END AS skewed, {FILL} "
    "AS filler FROM generate_series(1, 200000) g",
    "CREATE INDEX wide_skewed ON wide (skewed)",
    "ALTER TABLE wide ADD PRIMARY KEY (id)",
    "VACUUM ANALYZE wide",
)
SMALL = (
    "CREATE TABLE small (id int PRIMARY KEY, n int)",
    "INSERT INTO small SELECT g, 0 FROM generate_series(1, 3000) g",
    "VACUUM ANALYZE small",
)
WARM = (
    "CREATE TABLE warm (id int PRIMARY KEY, seen int)",
    "INSERT INTO warm SELECT g, g FROM generate_series(1, 30000) g",
    "CREATE INDEX warm_seen ON warm (seen)",
    "VACUUM ANALYZE warm",
)
SHARED = ("CREATE EXTENSION pg_stat_statements", *WIDE, *SMALL, *WARM)
"""Tables that several seeds use: made once a database."""

READING = frozenset({"cache-hit-drop", "large-sequential-scans"})
WRITING = frozenset({
    "autovacuum-off",
    "backend-writes",
    "cache-hit-drop",
    "dead-rows",
    "disk-full-soon",
    "replication-lag",
    "stale-statistics",
    "table-bloat",
})
HOLDING = frozenset({"idle-in-transaction", "old-xmin"})
"""What rightly comes with a seed that reads, writes or holds a transaction open."""

C = Cause
CATALOGUE: tuple[Seed, ...] = (
    Seed(
        1,
        "foreign-key-without-index",
        C.SCHEMA,
        "child",
        _foreign_key,
        _tables(
            "CREATE TABLE parent (id int PRIMARY KEY)",
            "INSERT INTO parent SELECT generate_series(1, 1000)",
            "CREATE TABLE child (id int PRIMARY KEY, parent_id int)",
            "INSERT INTO child SELECT g, g % 900 + 50 FROM generate_series(1, 400000) g",
            "ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent",
            "VACUUM ANALYZE parent, child",
        ),
    ),
    Seed(
        2,
        "duplicate-index",
        C.SCHEMA,
        "small_twice",
        lambda bed: None,
        _tables("CREATE INDEX small_once ON small (n)", "CREATE INDEX small_twice ON small (n)"),
    ),
    Seed(
        3,
        "unused-index",
        C.SCHEMA,
        "wide_unused",
        _time_passes,
        _tables("CREATE INDEX wide_unused ON wide ((id * 2))"),
    ),
    Seed(4, "large-sequential-scans", C.SCHEMA, "wide", _scans, also=READING),
    Seed(
        5,
        "n-plus-one",
        C.APPLICATION,
        "statement",
        _loop,
        _tables(
            "CREATE TABLE loop (id int PRIMARY KEY, note text)",
            "INSERT INTO loop SELECT g, 'note' FROM generate_series(1, 5000) g",
            "VACUUM ANALYZE loop",
        ),
    ),
    Seed(
        6,
        "table-bloat",
        C.BLOAT,
        "bloated",
        _bloat,
        _tables(
            "CREATE TABLE bloated (id int PRIMARY KEY, n int, filler text) WITH (autovacuum_enabled = false)",
            f"INSERT INTO bloated SELECT g, 0, {FILL} FROM generate_series(1, 60000) g",
            "VACUUM ANALYZE bloated",
        ),
        also=WRITING,
    ),
    Seed(
        7,
        "index-bloat",
        C.BLOAT,
        "emptied",
        _emptied,
        _tables(
            "CREATE TABLE emptied (id int)",
            "INSERT INTO emptied SELECT generate_series(1, 600000)",
            "ALTER TABLE emptied ADD PRIMARY KEY (id)",
            "VACUUM ANALYZE emptied",
        ),
        also=WRITING,
    ),
    Seed(
        8,
        "stale-statistics",
        C.STALE_STATISTICS,
        "stale",
        _stale,
        _tables(
            "CREATE TABLE stale (id int PRIMARY KEY, n int)",
            "INSERT INTO stale SELECT g, g FROM generate_series(1, 100) g",
            "ANALYZE stale",
        ),
        also=WRITING,
    ),
    Seed(9, "low-hot-ratio", C.SCHEMA, "warm", _hot, also=WRITING),
    Seed(10, "idle-in-transaction", C.APPLICATION, "idler", _idle, also=HOLDING),
    Seed(11, "lock-waits", C.LOCK, "locker", _waits, also=HOLDING),
    Seed(12, "deadlocks", C.LOCK, "database", deadlock),
    Seed(13, "temp-spill", C.SETTING, "statement", _spill, also=READING),
    Seed(14, "checkpoint-storm", C.SETTING, "server", _checkpoints, also=WRITING),
    Seed(
        15,
        "transaction-id-age",
        "capacity or setting",
        "database",
        _ids,
        _tables(
            "CREATE PROCEDURE burn(n int) LANGUAGE plpgsql AS 'BEGIN FOR i IN 1..n LOOP PERFORM "
            "pg_current_xact_id(); COMMIT; "
            "END LOOP; END'"
        ),
        also=HOLDING,
    ),
    Seed(
        16,
        "sequence-near-end",
        C.CAPACITY,
        "ending",
        _numbers,
        _tables("CREATE SEQUENCE ending MAXVALUE 1000"),
    ),
    Seed(
        16,
        "integer-key-near-end",
        C.CAPACITY,
        "counted",
        _keys,
        _tables("CREATE TABLE counted (id serial PRIMARY KEY)"),
    ),
    Seed(
        17,
        "constraint-not-valid",
        C.SCHEMA,
        "positive",
        _not_valid,
        _tables("CREATE TABLE unchecked (n int)"),
    ),
    Seed(
        18,
        "statement-slower",
        C.GREW,
        "statement",
        _grow,
        _tables(
            "CREATE TABLE growing AS SELECT g AS n FROM generate_series(1, 20000) g", "VACUUM ANALYZE growing"
        ),
        _read_growing,
        also=READING | WRITING,
    ),
    Seed(19, "generic-plan", C.PLAN_CHANGED, "statement", _skew, also=READING),
    Seed(20, "jit-overhead", C.SETTING, "statement", _jit),
    Seed(22, "connection-saturation", C.CAPACITY, "server", _connections),
    Seed(23, "archiver-failing", C.SERVICE, "server", _archiver, also=frozenset({"disk-full-soon"})),
    Seed(
        24,
        "old-xmin",
        C.APPLICATION,
        "keeper",
        _starve,
        _tables(
            "CREATE TABLE starved (id int PRIMARY KEY)",
            "INSERT INTO starved SELECT generate_series(1, 50000)",
            "VACUUM ANALYZE starved",
        ),
        also=HOLDING | WRITING,
    ),
    Seed(
        25,
        "backend-writes",
        C.SETTING,
        "server",
        _backends,
        _tables(
            "CREATE TABLE written (id int PRIMARY KEY, n int, filler text)",
            f"INSERT INTO written SELECT g, 0, {FILL} FROM generate_series(1, 80000) g",
            "VACUUM ANALYZE written",
        ),
        also=WRITING,
    ),
    Seed(26, "cache-hit-drop", "", "database", _misses, usual=_hits, also=READING),
    Seed(27, "replication-lag", C.SERVICE, "standby", _lag, needs_standby=True, also=WRITING),
    Seed(28, "risky-setting", C.SETTING, "autovacuum", _risk),
    Seed(
        29,
        "collation-mismatch",
        C.SERVICE,
        "aged",
        _collation,
        _tables(
            "CREATE COLLATION aged (provider = icu, locale = 'de')",
            "CREATE TABLE named (name text COLLATE aged)",
            "CREATE INDEX named_name ON named (name)",
        ),
    ),
    Seed(30, "disk-full-soon", C.GREW, "disk", _disk, also=WRITING),
    Seed(21, "statement-churn", C.APPLICATION, "server", _churn),
)
"""In the catalogue's order; churn comes last, since it evicts what the others must show."""
