"""A backup by the command line, whose store stands behind a proxy that answers badly when told to."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.backup import catalog, expire, sweep
from dataops.backup.logical import take
from dataops.cli import main
from dataops.connections import from_environment
from dataops.evidence.verdict import Verdict
from dataops.inventory import load
from dataops.platform import Platform
from dataops.store import ObjectStore, new_identity

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.store.faulty_store import FaultyStore, before

# Random text does not compress: the large table's file is sent in parts, while it grows.
SCRIPT = """
CREATE TABLE small AS SELECT i, md5(i::text) FROM generate_series(1, 1000) AS i;
CREATE TABLE large AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text) AS text
  FROM generate_series(1, 200000) AS i;
SELECT count(lo_from_bytea(0, convert_to('object ' || i, 'UTF8'))) FROM generate_series(1, 20) AS i;
"""
PATIENCE, LEASE = 2.0, 10.0
"""Seconds, short ones: of trying again what never comes well, and of the lease of a run that died."""


@dataclass
class Backups:
    """The command line on one database, through the proxy; the real store to look behind it."""

    subject: str
    store: ObjectStore
    replica: ObjectStore
    faulty: FaultyStore
    dataops: Callable[..., tuple[int, dict[str, Any]]]
    answers: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self) -> tuple[int, dict[str, Any]]:
        """One ``backup run``: its exit code and its answer."""
        code, answer = self.dataops("backup", "run", self.subject, "--json")
        self.answers.append(answer)
        return code, answer

    def published(self) -> list[str]:
        """The backups that count. Whatever counts is complete, object by object."""
        headers = [backup.header for backup in catalog.backups(self.store, self.subject)]
        for header in headers:
            for sent in header.objects:
                assert self.store.sha256_of(sent.key) == (sent.sha256, sent.size)
        return [header.backup_id for header in headers]

    def heal(self) -> None:
        """From now on the store answers well."""
        self.faulty.decide = lambda method, path: None

    def sweep(self) -> None:
        """Nothing unfinished is left, neither a backup nor an upload."""
        platform = Platform("test", load(Path(), "test"), from_environment)
        now = datetime.now(UTC)
        checks = list(sweep.removals(platform, self.said.append, grace=timedelta(0), now=now))
        assert {check.verdict for check in checks} == {Verdict.PASSED}, checks
        for store in (self.store, self.replica):
            assert list(store.pending_uploads()) == []
            assert catalog.read(store, self.subject).unfinished == ()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that never comes well is given up after ``PATIENCE`` seconds.

    A run that could not say its last word to the store keeps its lease, so that one is short too.
    """
    monkeypatch.setitem(ObjectStore.from_connection.__func__.__kwdefaults__, "patience", PATIENCE)
    monkeypatch.setattr(take, "LEASE_SECONDS", LEASE)
    monkeypatch.setattr(expire, "LEASE_SECONDS", LEASE)


@pytest.fixture
def backups(
    primary: DatabaseServer,
    object_store_server: ObjectStoreServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Backups]:
    """A database of its own, in buckets of its own."""
    name = primary.create_database("faults", SCRIPT)
    include, bucket, replica = tmp_path / "include", *(object_store_server.bucket(lock=False) for _ in "12")
    for folder in ("servers", "databases"):
        (include / folder).mkdir(parents=True)
    (include / "servers" / "test.yaml").write_text(
        "server: test\nenvironment: test\nconnection: test_primary\nowner: tests\n"
    )
    (include / "databases" / f"{name}.yaml").write_text(f"database: {name}\nserver: test\nowner: tests\n")
    connection = object_store_server.connection()
    identity, recipient = new_identity()

    def environment(proxy: FaultyStore) -> dict[str, Any]:
        aws = {"conn_type": "aws", "login": connection.login, "password": connection.password}
        through = {**connection.extra, "endpoint_url": f"http://127.0.0.1:{proxy.port}"}
        keys = {
            "conn_type": "generic",
            "password": secrets.token_hex(32),
            "extra": {"recipients": [recipient]},
        }
        connections = {
            "TEST_PRIMARY": {
                "conn_type": "postgres",
                "host": primary.connection.host,
                "port": primary.connection.port,
                "login": primary.connection.login,
                "password": primary.connection.password,
            },
            "DATAOPS_STORE": {**aws, "extra": through},
            "DATAOPS_REPLICA": {**aws, "extra": dict(connection.extra)},
            "DATAOPS_ENCRYPTION": keys,
            "DATAOPS_DECRYPTION": {"conn_type": "generic", "password": identity},
        }
        return {
            "DATAOPS_ENVIRONMENT": "test",
            "DATAOPS_INCLUDE": include,
            "DATAOPS_BUCKET": bucket,
            "DATAOPS_REPLICA_BUCKET": replica,
            "DATAOPS_SPOOL": tmp_path / "spool",
            **{f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in connections.items()},
        }

    def dataops(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main(arguments)
        return code, json.loads(capsys.readouterr().out)

    with before(object_store_server.server.ports["s3"]) as faulty:
        for variable, value in environment(faulty).items():
            monkeypatch.setenv(variable, str(value))
        yield Backups(
            name,
            ObjectStore.from_connection(connection, bucket),
            ObjectStore.from_connection(connection, replica),
            faulty,
            dataops,
        )
