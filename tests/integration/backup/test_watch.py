"""The watch goes red for each thing that would break a promise, and green on a healthy platform."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from dataops.backup.watch import watch
from dataops.connections import Connection
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict
from dataops.inventory import Database, Server
from dataops.inventory.discovery import databases_on
from dataops.platform import Platform

from tests.integration.backup.published import database, header, platform, publish, server

if TYPE_CHECKING:
    from tests.conftest import DatabaseServer, ObjectStoreServer

RDS = {"instance": "main", "region": "eu-central-1"}
WITHIN_RPO, FRESH, STORE, ORPHANS, REPLICA, ENROLLED = (
    "newest recoverable moment within RPO",
    "newest manifest is readable",
    "store: versioning and object lock are on",
    "store: no backups of unknown subjects",
    "replica: has every backup after",
    "main: every database is enrolled",
)


class Estate:
    """A platform of one managed server and one database, both freshly backed up into two buckets."""

    def __init__(self, store: ObjectStoreServer, primary: DatabaseServer, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        patch.setenv("DATAOPS_BUCKET", store.bucket())
        patch.setenv("DATAOPS_REPLICA_BUCKET", store.bucket())
        self.connections: dict[str, Connection] = {
            "main_primary": primary.connection,
            **{name: store.connection(name) for name in ("dataops_store", "dataops_replica")},
        }
        names = databases_on(primary.connection)
        self.databases = [database(dbname=name, name=f"known{rank}") for rank, name in enumerate(names)]
        self.server = server(rds=RDS)

    def platform(self, *extra: Database | Server) -> Platform:
        servers = (self.server, *(each for each in extra if isinstance(each, Server)))
        return platform(
            self.connections,
            servers=servers,
            databases=(*self.databases, *(each for each in extra if isinstance(each, Database))),
        )

    def back_up(self, age: Mapping[str, timedelta] | None = None, *, replicate: bool = True) -> None:
        """Publish one backup of every subject, of the age asked for."""
        at = self.platform()
        for subject in at.inventory.subjects:
            written = header(subject.name, age=(age or {}).get(subject.name, timedelta(0)))
            publish(at.store, written)
            if replicate and at.replica:
                publish(at.replica, written)


@pytest.fixture(scope="module")
def watched(start_primary: Callable[..., DatabaseServer]) -> DatabaseServer:
    """A server with few databases: each one is a subject that every test backs up."""
    server = start_primary("watched")
    server.create_database("watched")
    return server


@pytest.fixture
def estate(
    object_store_server: ObjectStoreServer, watched: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> Estate:
    return Estate(object_store_server, watched, monkeypatch)


def look(at: Platform) -> Record:
    return watch(at, say=lambda line: None)


def verdicts(record: Record, name: str) -> set[Verdict]:
    found = {check.verdict for check in record.checks if name in check.name}
    assert found, f"no check is named {name}: {[check.name for check in record.checks]}"
    return found


def test_a_healthy_platform_is_green(estate: Estate):
    estate.back_up()
    record = look(estate.platform())
    assert record.verdict is Verdict.PASSED, record.reason


def test_a_subject_without_backup_is_red(estate: Estate):
    estate.back_up()
    record = look(estate.platform(database("payments")))
    assert record.verdict is Verdict.FAILED
    assert "payments" in record.reason


def test_a_backup_older_than_the_rpo_is_red(estate: Estate):
    estate.back_up({"known0": timedelta(days=2)})
    record = look(estate.platform())
    assert verdicts(record, f"known0: {WITHIN_RPO}") == {Verdict.FAILED}
    assert verdicts(record, f"main: {WITHIN_RPO}") == {Verdict.PASSED}


def test_a_clock_that_jumped_ahead_neither_makes_fresh_nor_hides_what_came_later(estate: Estate):
    estate.back_up({"known0": timedelta(days=-300)})
    assert verdicts(look(estate.platform()), f"known0: {WITHIN_RPO}") == {Verdict.FAILED}
    estate.back_up({"known0": timedelta(days=2)})
    assert verdicts(look(estate.platform()), f"known0: {WITHIN_RPO}") == {Verdict.FAILED}
    estate.back_up()
    assert verdicts(look(estate.platform()), f"known0: {WITHIN_RPO}") == {Verdict.PASSED}


def test_a_newest_manifest_that_cannot_be_read_is_red(estate: Estate):
    estate.back_up()
    estate.platform().store.put("backups/known0/20991231T000000Z-abcdef/manifest.json", b"{")
    assert verdicts(look(estate.platform()), f"known0: {FRESH}") == {Verdict.FAILED}


def test_backups_whose_file_was_deleted_are_red_unless_retired(estate: Estate):
    estate.back_up()
    publish(estate.platform().store, header("gone"))
    assert verdicts(look(estate.platform()), ORPHANS) == {Verdict.FAILED}
    retired = database("gone", retired=date(2026, 1, 1))
    assert verdicts(look(estate.platform(retired)), ORPHANS) == {Verdict.PASSED}


def test_a_database_without_a_file_is_red(estate: Estate):
    estate.back_up()
    missing = estate.databases.pop()
    record = look(estate.platform())
    assert verdicts(record, ENROLLED) == {Verdict.FAILED}
    (check,) = (check for check in record.checks if check.name == ENROLLED)
    assert check.observed == [missing.dbname]


def test_a_backup_that_never_reached_the_replica_is_red(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    estate.back_up(replicate=False)
    monkeypatch.setattr("dataops.backup.watch.REPLICA_GRACE", timedelta(seconds=-60))
    assert verdicts(look(estate.platform()), REPLICA) == {Verdict.FAILED}


def test_no_replica_at_all_is_red(estate: Estate):
    estate.back_up()
    estate.patch.delenv("DATAOPS_REPLICA_BUCKET")
    assert verdicts(look(estate.platform()), REPLICA) == {Verdict.FAILED}


def test_a_bucket_that_anybody_could_empty_is_red(estate: Estate, object_store_server: ObjectStoreServer):
    estate.patch.setenv("DATAOPS_BUCKET", object_store_server.bucket(versioning=False, lock=False))
    estate.back_up()
    assert verdicts(look(estate.platform()), STORE) == {Verdict.FAILED}


def test_what_cannot_be_asked_is_inconclusive(estate: Estate):
    estate.back_up()
    estate.connections["main_primary"] = Connection("main_primary", host="127.0.0.1", port=1, login="nobody")
    record = look(estate.platform())
    assert verdicts(record, ENROLLED) == {Verdict.INCONCLUSIVE}
    assert record.verdict is Verdict.INCONCLUSIVE


@pytest.fixture
def heartbeat() -> Iterator[tuple[Connection, list[str]]]:
    """A service that notes every call."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield (
        Connection("dataops_heartbeat", type="http", host="http://127.0.0.1/token", port=served.server_port),
        calls,
    )
    served.shutdown()
    served.server_close()
    thread.join()


def test_only_a_green_watch_calls_the_heartbeat(estate: Estate, heartbeat: tuple[Connection, list[str]]):
    estate.connections["dataops_heartbeat"], calls = heartbeat
    assert look(estate.platform()).verdict is Verdict.FAILED
    assert calls == []
    estate.back_up()
    record = look(estate.platform())
    assert record.verdict is Verdict.PASSED, record.reason
    assert calls == ["/token"]


def test_a_heartbeat_that_does_not_answer_is_red_and_its_address_is_not_told(estate: Estate):
    estate.back_up()
    estate.connections["dataops_heartbeat"] = Connection(
        "dataops_heartbeat", type="http", host="http://127.0.0.1/secret-token", port=1
    )
    record = look(estate.platform())
    assert record.verdict is Verdict.INCONCLUSIVE
    assert "secret-token" not in record.to_bytes().decode()
