"""The verbs that read and mend what lies in a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dataops.backup import catalog
from dataops.cli import main
from dataops.store import ObjectStore

from tests.integration.backup.published import header, prove, publish

if TYPE_CHECKING:
    from dataops.connections import Connection

    from tests.conftest import ObjectStoreServer

Caught = pytest.CaptureFixture[str]
Dataops = Callable[..., tuple[int, Any]]
WEEK = timedelta(days=7)


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


def test_the_list_shows_what_the_store_holds(store: ObjectStore, dataops: Dataops) -> None:
    old = publish(store, header(age=WEEK))
    new = publish(store, header())
    prove(store, "orders", old)
    store.put(catalog.folder("orders", "20260101T000000Z-aaaaaa") + "pieces/toc.dat", b"left by a dead run")
    code, text = dataops("backup", "list", "orders")
    assert code == 0
    heads, first, second, unfinished = text.splitlines()
    assert heads.split()[0] == "BACKUP"
    assert first.startswith(new)
    assert first.endswith("not proven")
    assert second.startswith(old)
    assert "  proven 2" in second
    assert unfinished.endswith("20260101T000000Z-aaaaaa")
    code, document = dataops("backup", "list", "orders", "--json")
    assert [each["backup_id"] for each in document["backups"]] == [new, old]
    assert [each["proven"] for each in document["backups"]] == [False, True]
    assert document["unfinished"] == ["20260101T000000Z-aaaaaa"]


def test_a_subject_without_backups_is_no_error_but_an_unknown_one_is(
    store: ObjectStore, dataops: Dataops
) -> None:
    assert dataops("backup", "list", "orders") == (0, "No backups.\n")
    assert dataops("backup", "list", "odrers")[0] == 2


def test_backups_of_a_deleted_file_can_still_be_listed(store: ObjectStore, dataops: Dataops) -> None:
    left = publish(store, header("forgotten"))
    code, document = dataops("backup", "list", "forgotten", "--json")
    assert (code, document["backups"][0]["backup_id"]) == (0, left)


def test_a_dry_run_shows_the_very_plan_that_expire_executes(store: ObjectStore, dataops: Dataops) -> None:
    ids = [publish(store, header(age=timedelta(days=days))) for days in range(5)]
    prove(store, "orders", ids[3])
    code, plan = dataops("backup", "expire", "orders", "--dry-run", "--json")
    assert code == 0
    kept = [each["backup_id"] for each in plan["decisions"] if each["action"] == "keep"]
    assert kept == [ids[0], ids[1], ids[3]]
    assert len(catalog.backups(store, "orders")) == 5
    code, text = dataops("backup", "expire", "orders", "--dry-run")
    assert "newest proven" in text
    code, answer = dataops("backup", "expire", "orders", "--json")
    assert (code, answer["verdict"]) == (0, "passed")
    assert store.get(answer["evidence"])
    assert [each.backup_id for each in catalog.backups(store, "orders")] == kept


def test_the_sweep_removes_leftovers_and_leaves_evidence(store: ObjectStore, dataops: Dataops) -> None:
    store.put(catalog.folder("orders", "20260101T000000Z-aaaaaa") + "pieces/toc.dat", b"left by a dead run")
    code, answer = dataops("sweep", "--json")
    assert (code, answer["verdict"]) == (0, "passed")
    assert list(store.list(catalog.folder("orders"))) == []
    assert store.get(answer["evidence"])


def test_a_red_watch_is_red_and_says_why(store: ObjectStore, dataops: Dataops) -> None:
    code, text = dataops("watch")
    assert code == 1
    assert text.startswith("failed: ")
    assert "orders: newest recoverable moment within RPO" in text


def test_a_store_that_refuses_the_keys_is_a_sentence(
    store: ObjectStore,
    dataops: Dataops,
    monkeypatch: pytest.MonkeyPatch,
    object_store_server: ObjectStoreServer,
) -> None:
    wrong = json.loads(as_json(object_store_server.connection())) | {"password": "not-the-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_DATAOPS_STORE", json.dumps(wrong))
    code, document = dataops("backup", "list", "orders", "--json")
    assert code == 2
    assert document["error"]
    assert "not-the-secret" not in str(document)
