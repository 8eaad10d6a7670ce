"""The verbs that read and mend what lies in a real store."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dataops.backup import catalog
from dataops.store import ObjectStore

from tests.integration.backup.published import header, prove, publish
from tests.integration.cli.conftest import Dataops, as_json

if TYPE_CHECKING:
    from tests.conftest import ObjectStoreServer

WEEK = timedelta(days=7)


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
    assert first.endswith("no drill yet")
    assert second.startswith(old)
    assert "  proven " in second
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
