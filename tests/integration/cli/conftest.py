"""A bucket of a real store and an inventory, found by the command line through its environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dataops.cli import main
from dataops.store import ObjectStore

if TYPE_CHECKING:
    from dataops.connections import Connection

    from tests.conftest import ObjectStoreServer

Caught = pytest.CaptureFixture[str]
Dataops = Callable[..., tuple[int, Any]]


def as_json(connection: Connection) -> str:
    """The connection as ``AIRFLOW_CONN_…`` holds it."""
    return json.dumps({
        "conn_type": connection.type,
        "login": connection.login,
        "password": connection.password,
        "extra": dict(connection.extra),
    })


@pytest.fixture
def store(object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """A bucket of its own, to which the environment points."""
    connection, bucket = object_store_server.connection(), object_store_server.bucket()
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_STORE", as_json(connection))
    monkeypatch.setenv("DATAOPS_BUCKET", bucket)
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
    return ObjectStore.from_connection(connection, bucket)


@pytest.fixture
def dataops(tmp_path: Path, capsys: Caught, monkeypatch: pytest.MonkeyPatch) -> Dataops:
    """Runs the command line on an inventory of one managed server and the database ``orders``."""
    servers, databases = tmp_path / "include" / "servers", tmp_path / "include" / "databases"
    for folder in (servers, databases):
        folder.mkdir(parents=True)
    rds = "rds: {instance: main, region: eu-central-1}\n"
    (servers / "main.yaml").write_text(
        f"server: main\nenvironment: sandbox\nconnection: main_primary\nowner: dba\n{rds}"
    )
    (databases / "orders.yaml").write_text(
        "database: orders\nserver: main\nowner: dba\n"
        "retention: {daily: 2, weekly: 0, monthly: 0, minimum: 1}\n"
    )
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "sandbox")
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path / "spool"))

    def run(*arguments: str) -> tuple[int, Any]:
        code = main(arguments)
        out = capsys.readouterr().out
        return code, json.loads(out) if "--json" in arguments else out

    return run
