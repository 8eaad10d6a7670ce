"""A small load that moves every counter and leaves something to be seen in every section of a sample."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress

import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from sandbox.deadline import wait_until
from tests.integration.performance.watched import Watched

SCRIPT = """
CREATE EXTENSION pg_stat_statements;
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE TABLE parent (id int PRIMARY KEY, name text COLLATE german) WITH (fillfactor = 90);
CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES parent, note text);
CREATE TABLE day (day date PRIMARY KEY) PARTITION BY RANGE (day);
CREATE TABLE day_2013 PARTITION OF day FOR VALUES FROM ('2013-01-01') TO ('2014-01-01');
CREATE INDEX ON parent (name);
CREATE INDEX child_note ON child (lower(note) text_pattern_ops, id DESC) INCLUDE (parent) WHERE parent > 5;
INSERT INTO parent SELECT i, 'name ' || i FROM generate_series(1, 60000) AS i;
INSERT INTO child (parent, note) SELECT i, repeat(md5(i::text), 60) FROM generate_series(1, 20000) AS i;
ANALYZE;
"""

LOAD = (
    *["SELECT count(*) FROM child WHERE note = 'nothing'"] * 3,
    "SELECT count(*) FROM child c JOIN parent p ON p.id = c.parent WHERE c.id < 50",
    "UPDATE child SET note = 'b' WHERE id < 100",
    "DELETE FROM child WHERE id BETWEEN 100 AND 200",
    "VACUUM ANALYZE child",
    "SET work_mem = '64kB'; SELECT note FROM child ORDER BY note OFFSET 19000",
    "SET jit_above_cost = 0; SELECT sum(id + parent) FROM child",
    "CREATE TABLE written AS SELECT * FROM child",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
)


@contextmanager
def sessions_in_each_others_way(one: Watched) -> Generator[None]:
    """One holds a transaction open for more than a second, another waits for it, a third follows the WAL."""

    def wait() -> None:
        with suppress(psycopg2.Error), closing(psycopg2.connect(one.primary.dsn(one.dbname))) as session:
            session.cursor().execute("UPDATE parent SET name = 'waits' WHERE id = 1")

    waiter = threading.Thread(target=wait, daemon=True)
    with (
        closing(psycopg2.connect(one.primary.dsn(one.dbname))) as holder,
        closing(
            psycopg2.connect(one.primary.dsn(one.dbname), connection_factory=LogicalReplicationConnection)
        ) as follower,
    ):
        with follower.cursor() as cursor:
            cursor.create_replication_slot(f"followed_{one.dbname}", output_plugin="test_decoding")
            cursor.start_replication(f"followed_{one.dbname}")
        holder.cursor().execute("UPDATE parent SET name = 'holds' WHERE id = 1")
        waiter.start()
        late = "SELECT count(*) > 1 FROM pg_stat_activity WHERE xact_start < now() - interval '1.1 s' AND "
        assert wait_until(lambda: bool(one.execute(f"{late} datname = current_database()")[0][0]), seconds=20)
        yield
    waiter.join(20)
