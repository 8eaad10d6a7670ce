"""A platform of real servers around a small database, and the steps of a backup as one call."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.logical import Logical
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.steps import StepReport
from dataops.inventory import Database, Inventory, Server
from dataops.platform import Platform
from dataops.store import ObjectStore, new_identity

ROLE = "logical_backup_test_owner"
SCRIPT = f"""
CREATE SCHEMA app AUTHORIZATION {ROLE};
CREATE TABLE app.payments (id bigserial PRIMARY KEY, amount numeric(12,2) NOT NULL, note text);
INSERT INTO app.payments (amount, note) SELECT i / 7.0, md5(i::text) FROM generate_series(1, 20000) AS i;
ALTER TABLE app.payments OWNER TO {ROLE};
ALTER TABLE app.payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.payments USING (amount > 10);
CREATE TABLE app.days (day date NOT NULL, flights int) PARTITION BY RANGE (day);
CREATE TABLE app.days_2013 PARTITION OF app.days FOR VALUES FROM ('2013-01-01') TO ('2014-01-01');
INSERT INTO app.days SELECT date '2013-01-01' + i, i FROM generate_series(0, 364) AS i;
CREATE MATERIALIZED VIEW app.totals AS SELECT count(*) AS n, sum(amount) AS amount FROM app.payments;
CREATE VIEW app.big AS SELECT * FROM app.payments WHERE amount > 1000;
CREATE FUNCTION app.double(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
SELECT count(lo_from_bytea(0, convert_to('object ' || i, 'UTF8'))) FROM generate_series(1, 50) AS i;
GRANT SELECT ON app.big TO PUBLIC;
COMMENT ON TABLE app.payments IS 'Payments; it''s money';
"""
"""One of what is easily lost: owners, policies, partitions, large objects, grants, comments."""


@dataclass
class Bench:
    """One database of a server, backed up to buckets of its own."""

    platform: Platform
    database: Database
    connections: dict[str, Connection]
    work_dir: Path
    said: list[str] = field(default_factory=list)

    @property
    def store(self) -> ObjectStore:
        return self.platform.store

    @property
    def folder(self) -> str:
        return f"backups/{self.database.name}/"

    def published(self) -> list[Any]:
        return [backup.header for backup in catalog.backups(self.store, self.database.name)]

    def job(self, **options: Any) -> Job:
        wishes: Mapping[str, Any] = {"work_dir": str(self.work_dir), "disk_bound": 128 << 20, **options}
        return Job(platform=self.platform, subject=self.database, say=self.said.append, options=wishes)

    def preflight(self, **options: Any) -> StepReport:
        return Logical().preflight(self.job(**options))

    def take(self, **options: Any) -> StepReport:
        return Logical().take(self.job(**options))

    def verify(self, taken: StepReport) -> StepReport:
        return Logical().verify(self.job(), taken)

    def backup(self, **options: Any) -> tuple[StepReport, StepReport, StepReport]:
        """Take, verify and publish, each as a worker of its own would: only the reports are shared."""
        taken = self.take(**options)
        verified = self.verify(StepReport.model_validate_json(taken.model_dump_json()))
        return taken, verified, Logical().publish(self.job(), taken, verified)

    def keys(self, prefix: str = "backups/") -> list[str]:
        return sorted(listed.key for listed in self.store.list(prefix))

    def leftovers(self) -> list[str]:
        """What a run left on the local disk."""
        return [path.name for path in self.work_dir.iterdir()]


def make_owner(server: Any) -> str:
    """The role that owns the small database's objects."""
    server.execute(f"CREATE ROLE {ROLE}; ALTER ROLE {ROLE} SET search_path = app")
    return ROLE


@pytest.fixture(scope="session")
def owner(primary: Any) -> str:
    """The owner, on the server that most tests share."""
    return make_owner(primary)


@pytest.fixture
def bench(
    primary: Any, object_store_server: Any, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Bench]:
    """``bench(script)``: a new database filled by the script, with a platform around it."""
    identity, recipient = new_identity()
    escrow_identity, escrow = new_identity()
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket(lock=False))
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", object_store_server.bucket(lock=False))

    def make(script: str = SCRIPT, *, server: Mapping[str, Any] | None = None, **fields: Any) -> Bench:
        dbname = primary.create_database("logical", script)
        connections = {
            "test_primary": primary.connection,
            "dataops_store": object_store_server.connection(),
            "dataops_replica": object_store_server.connection("dataops_replica"),
            "dataops_encryption": Connection(
                id="dataops_encryption",
                password=secrets.token_hex(32),
                extra={"recipients": [recipient, escrow]},
            ),
            "dataops_decryption": Connection(id="dataops_decryption", password=identity),
            "escrow": Connection(id="escrow", password=escrow_identity),
        }

        def resolve(connection_id: str) -> Connection:
            if connection_id not in connections:
                raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
            return connections[connection_id]

        declared = Server(
            name="test", environment="test", connection="test_primary", owner="tests", **(server or {})
        )
        database = Database(**{
            "name": dbname,
            "server": "test",
            "owner": "tests",
            "environment": "test",
            **fields,
        })
        work_dir = tmp_path / f"work-{dbname}"
        work_dir.mkdir()
        platform = Platform("test", Inventory((declared,), (database,)), resolve)
        return Bench(platform, database, connections, work_dir)

    return make
