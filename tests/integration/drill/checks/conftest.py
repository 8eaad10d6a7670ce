"""What the tests of checks share: a small shop, a copy of it as the restored server, and what a run found."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.steps import Job
from dataops.connections import Connection, from_environment
from dataops.drill.checking import CheckOutcome, run_checks
from dataops.drill.point import Point
from dataops.drill.restored import Method, Phases, RestoredServer
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import Database, Drill, Inventory, Server
from dataops.platform import Platform
from dataops.store import Keys

from tests.conftest import DatabaseServer

KEYS = Keys(recipients=(), secret=b"a key of the tests, 32 bytes lon")

ROLES = """
CREATE ROLE clerks;
CREATE ROLE anna LOGIN PASSWORD 'secret' IN ROLE clerks;
CREATE ROLE boss LOGIN PASSWORD 'secret' CONNECTION LIMIT 0 IN ROLE clerks;
ALTER ROLE anna SET work_mem = '8MB';
"""
SHOP = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE customer (
    id serial PRIMARY KEY, email text UNIQUE NOT NULL, born date,
    name text GENERATED ALWAYS AS (upper(email)) STORED);
CREATE TABLE bill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customer, state state,
    note text,
    UNIQUE (customer, note));
CREATE TABLE picture (id int PRIMARY KEY, body bytea);
CREATE INDEX ON bill USING hash (note);
CREATE INDEX ON bill USING brin (id);
CREATE INDEX ON customer (lower(email)) WHERE born IS NOT NULL;
CREATE MATERIALIZED VIEW spent AS SELECT customer, count(*) FROM bill GROUP BY 1;
CREATE VIEW emails AS SELECT email FROM customer;
ALTER TABLE picture ALTER body SET STORAGE EXTERNAL;
INSERT INTO customer (email, born)
    SELECT 'c' || n || '@example.com', CASE WHEN n % 2 = 0 THEN date '2000-01-01' + n END
    FROM generate_series(1, 2000) n;
INSERT INTO bill (customer, state, note)
    SELECT 1 + n % 2000, 'paid', 'note ' || n FROM generate_series(1, 5000) n;
INSERT INTO picture SELECT n, decode(repeat(md5(n::text), 400), 'hex') FROM generate_series(1, 20) n;
REFRESH MATERIALIZED VIEW spent;
SELECT lo_from_bytea(0, 'a large object');
ALTER TABLE bill ADD CONSTRAINT positive CHECK (id > 0);
COMMENT ON TABLE bill IS 'what customers owe';
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
CREATE TABLE note (id int PRIMARY KEY, writer text);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON note USING (writer = current_user);
CREATE PUBLICATION news FOR TABLE bill;
CREATE EXTENSION citext;
CREATE EXTENSION postgres_fdw;
GRANT ALL ON note TO boss;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere');
GRANT SELECT, INSERT ON bill TO clerks;
GRANT SELECT ON customer TO anna;
GRANT ALL ON note TO anna;
ALTER DEFAULT PRIVILEGES FOR ROLE clerks GRANT SELECT ON TABLES TO anna;
ANALYZE;
"""


@dataclass(frozen=True)
class Ran:
    """What one run of all checks left."""

    outcome: CheckOutcome
    said: Sequence[str]

    def check(self, name: str) -> Check:
        """The line of this name; after a physical restore the database stands before it."""
        found = [each for each in self.outcome.checks if re.fullmatch(rf"(\w+: )?{name}", each.name)]
        assert found, f"no check {name!r} among {[each.name for each in self.outcome.checks]}"
        return found[0]

    @property
    def red(self) -> list[str]:
        return [
            re.sub(r"^(restored|twin)_\w+: ", "", each.name)
            for each in self.outcome.checks
            if each.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
        ]

    @property
    def failed(self) -> list[str]:
        return [
            re.sub(r"^(restored|twin)_\w+: ", "", each.name)
            for each in self.outcome.checks
            if each.verdict is Verdict.FAILED
        ]

    def explain(self) -> str:
        return "\n".join(f"{c.verdict}: {c.name}: {c.reason} {c.observed}" for c in self.outcome.checks)


def header_of(details: Details, *, method: str, **changes: Any) -> Header:
    """A manifest's clear part, as a backup of this database would have it."""
    moment = details.moment
    fields: dict[str, Any] = {
        "backup_id": "20261125T120000Z-abcdef",
        "subject": "shop",
        "kind": method,
        "method": method,
        "environment": "test",
        "server": "shop",
        "dbname": moment.dbname,
        "started": moment.snapshot_at,
        "finished": moment.snapshot_at,
        "snapshot_at": moment.snapshot_at,
        "consistency": Consistency.EXACT_LSN if method == "physical" else Consistency.EXACT_SNAPSHOT,
        "lsn": moment.lsn,
        "timeline": moment.timeline,
        "system_identifier": moment.system_identifier,
        "server_version": moment.server_version,
        "encoding": moment.encoding,
        "collation": moment.collation,
        "encryption": Encryption(scheme="off"),
    }
    return Header(**{**fields, **changes})


def restored_server(
    server: DatabaseServer,
    dbname: str,
    expected: Details | None,
    *,
    method: Method = "logical",
    connection: Connection | None = None,
    settings: Drill | None = None,
    point: str = "backup",
    **changes: Any,
) -> RestoredServer:
    """The restored server that a drill would hand to its checks.

    Renamed in the manifest: the copy of a database on one server needs a name of its own.
    """
    details = expected or describe(server, dbname)
    if expected is not None:
        renamed = expected.moment.model_copy(update={"dbname": dbname})
        expected = expected.model_copy(update={"moment": renamed})
    header = header_of(details, method=method)
    rows = server.execute("SELECT datname FROM pg_database WHERE datallowconn")
    others = {name: None for (name,) in rows} if method == "physical" else {}
    return replace(
        RestoredServer(
            drill_id="20261125T120000Z-" + secrets.token_hex(3),
            point=Point(point, header, datetime.now(UTC), "told by a test"),  # type: ignore[arg-type]
            header=header,
            method=method,
            connection=connection or replace(server.connection, host=str(server.cluster.sockets)),
            major=15,
            keys=KEYS,
            settings=settings or Drill(),
            phases=Phases(),
            dbnames=(dbname,),
            expectations={**others, dbname: expected},
            restore_log=("pg_restore: processing data for table",),
            server_log=lambda: ("LOG:  database system is ready to accept connections",),
        ),
        **changes,
    )


def describe(server: DatabaseServer, dbname: str, **options: Any) -> Details:
    """The manifest of a database, as its superuser sees it."""
    return collect(server.connection, dbname=dbname, keys=KEYS, **options)


SUBJECT = Database.model_validate({"database": "shop", "server": "main", "owner": "shop"})
MAIN = Server.model_validate({"server": "main", "environment": "test", "connection": "main", "owner": "dba"})


def run(restored: RestoredServer, *, store: Any = None) -> Ran:
    """Run all checks."""
    said: list[str] = []
    platform = Platform("test", Inventory((MAIN,), (SUBJECT,)), from_environment)
    if store is not None:
        platform.__dict__["store"] = store
    subject = MAIN if restored.method == "physical" else SUBJECT
    return Ran(run_checks(restored, Job(platform, subject, said.append)), said)


@dataclass(frozen=True)
class Shop:
    """A database, its manifest, and copies of it that a test may break."""

    server: DatabaseServer
    dbname: str
    details: Details

    def copy(self, script: str = "") -> str:
        return self.server.create_database("restored", script, template=self.dbname)

    def drilled(self, script: str = "", *, manifest: Details | None = None, **options: Any) -> Ran:
        """All checks of a copy that the script has broken."""
        name = self.copy(script)
        return run(restored_server(self.server, name, manifest or self.details, **options))

    def twin(self, script: str, **options: Any) -> Ran:
        """As after a physical restore of what the script has made, of which the manifest was taken."""
        name = self.server.create_database("twin", script)
        return run(
            restored_server(self.server, name, describe(self.server, name), method="physical", **options)
        )

    def changed(self, facts: Mapping[tuple[str, str], tuple[str, Any]]) -> Details:
        """The manifest with other facts: from class and name to the fact's name and value."""
        there = {one[:2] for one in self.details.definitions}
        assert facts.keys() <= there, facts.keys() - there
        changed = [
            one._replace(facts={**one.facts, facts[one[:2]][0]: facts[one[:2]][1]})
            if one[:2] in facts
            else one
            for one in self.details.definitions
        ]
        return self.details.model_copy(update={"definitions": tuple(changed)})


def trusting(server: DatabaseServer) -> None:
    """Let every role in through the socket, as a drill's own server does."""
    rules = server.cluster.data / "pg_hba.conf"
    rules.write_text("local all all trust\n" + rules.read_text())
    server.cluster.sockets.chmod(0o755)
    server.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def scratch(start_primary: Callable[..., DatabaseServer]) -> DatabaseServer:
    """A server set up as a drill sets up its own."""
    server = start_primary("scratch", {"max_logical_replication_workers": "0"})
    trusting(server)
    return server


@pytest.fixture(scope="session")
def shop(scratch: DatabaseServer) -> Shop:
    scratch.execute(ROLES)
    dbname = scratch.create_database("shop", SHOP)
    return Shop(scratch, dbname, describe(scratch, dbname))
