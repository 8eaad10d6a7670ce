"""Whatever stands in the way of a backup has a sentence and an exit code of its own on the command line."""

from __future__ import annotations

import dataclasses
import json
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops.cli import main
from dataops.connections import Connection
from dataops.store import new_identity

from sandbox.certificates import Authority
from tests.conftest import DatabaseServer, ObjectStoreServer

SECRET = "canary-7c1d55-secret"


@dataclasses.dataclass
class Place:
    """A platform where a backup of one database passes, to be spoilt in one thing."""

    connections: dict[str, Connection]
    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    databases: Path

    def spoil(self, name: str, **changes: Any) -> None:
        self.connections[name] = dataclasses.replace(self.connections[name], **changes)

    def run(self, *arguments: str) -> tuple[int, str, dict[str, Any]]:
        """Exit code, what was said, and the JSON document of ``dataops backup run orders``."""
        for name, one in self.connections.items():
            fields = {"conn_type": one.type, "host": one.host, "login": one.login, "password": one.password}
            fields |= {"port": one.port, "schema": one.schema, "extra": dict(one.extra)}
            self.patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))
        code = main(["backup", "run", "orders", "--json", *arguments])
        caught = self.capsys.readouterr()
        return code, caught.err, json.loads(caught.out)


@pytest.fixture
def place(
    primary: DatabaseServer,
    object_store_server: ObjectStoreServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Place:
    include = tmp_path / "include"
    for folder in ("servers", "databases"):
        (include / folder).mkdir(parents=True)
    (include / "servers" / "main.yaml").write_text(
        "server: main\nenvironment: sandbox\nconnection: main_primary\nowner: dba\n"
    )
    dbname = primary.create_database("refused", "CREATE TABLE t AS SELECT 1 AS i")
    (include / "databases" / "orders.yaml").write_text(
        f"database: orders\nserver: main\nowner: dba\ndbname: {dbname}\n"
    )
    for name, value in {
        "DATAOPS_INCLUDE": include,
        "DATAOPS_ENVIRONMENT": "sandbox",
        "DATAOPS_SPOOL": tmp_path / "spool",
        "DATAOPS_BUCKET": object_store_server.bucket(),
        "DATAOPS_REPLICA_BUCKET": object_store_server.bucket(),
    }.items():
        monkeypatch.setenv(name, str(value))
    _, recipient = new_identity()
    encryption = Connection("dataops_encryption", password="00" * 32, extra={"recipients": [recipient]})
    return Place(
        {
            "main_primary": primary.connection,
            "dataops_store": object_store_server.connection(),
            "dataops_replica": object_store_server.connection("dataops_replica"),
            "dataops_encryption": encryption,
        },
        monkeypatch,
        capsys,
        include / "databases",
    )


def without_pg_dump(place: Place, tmp_path: Path) -> None:
    place.patch.setattr("dataops.process.programs._FOLDERS", ())
    place.patch.setenv("PATH", str(tmp_path))


def another_major(place: Place, tmp_path: Path) -> None:
    without_pg_dump(place, tmp_path)
    for program in ("pg_dump", "pg_dumpall"):
        (tmp_path / program).write_text(f'#!/bin/sh\necho "{program} (PostgreSQL) 14.1"\n')
        (tmp_path / program).chmod(0o700)


def expired(place: Place, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    certificate = authority.issue("expired", until=datetime(2020, 1, 1, tzinfo=UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.StreamRequestHandler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"https://127.0.0.1:{server.server_address[1]}"
    extra = {**place.connections["dataops_store"].extra, "endpoint_url": endpoint}
    place.spoil("dataops_store", extra=extra | {"verify": str(authority.ca_file)})


def reads_only(place: Place, server: ObjectStoreServer) -> None:
    place.connections["dataops_store"] = server.connection(user=server.reader)


@pytest.fixture
def nobody(primary: DatabaseServer) -> Iterator[str]:
    """A role that may log in and no more."""
    primary.execute(f"CREATE ROLE refused_nobody LOGIN PASSWORD '{SECRET}'")
    yield "refused_nobody"
    primary.execute("DROP ROLE refused_nobody")


Spoil = Callable[[Place, Path, ObjectStoreServer], object]
ROWS: dict[str, tuple[Spoil, int, str]] = {
    "wrong password": (
        lambda place, _, __: place.spoil("main_primary", password=SECRET),
        2,
        "login was refused",
    ),
    "unreachable server": (lambda place, _, __: place.spoil("main_primary", port=1), 1, "does not answer"),
    "missing pg_dump": (
        lambda place, tmp_path, _: without_pg_dump(place, tmp_path),
        2,
        "pg_dump of PostgreSQL 15 is not installed here",
    ),
    "client of another major": (
        lambda place, tmp_path, _: another_major(place, tmp_path),
        2,
        "14.1.*server is PostgreSQL 15",
    ),
    "wrong bucket": (
        lambda place, _, __: place.patch.setenv("DATAOPS_BUCKET", "no-such-bucket"),
        2,
        "no such bucket",
    ),
    "wrong access key": (
        lambda place, _, __: place.spoil("dataops_store", login="nobody"),
        2,
        "does not know the access key",
    ),
    "wrong secret key": (
        lambda place, _, __: place.spoil("dataops_store", password=SECRET),
        2,
        "does not accept the secret key",
    ),
    "read-only bucket": (lambda place, _, server: reads_only(place, server), 2, "does not allow this"),
    "expired TLS of the store": (
        lambda place, tmp_path, _: expired(place, tmp_path),
        2,
        "certificate has expired; renew",
    ),
    "role without rights": (
        lambda place, _, __: place.spoil("main_primary", login="refused_nobody", password=SECRET),
        2,
        "role refused_nobody may not read public.t",
    ),
}


@pytest.mark.parametrize("row", list(ROWS))
def test_a_refused_backup_says_why_in_a_sentence(
    row: str, place: Place, nobody: str, tmp_path: Path, object_store_server: ObjectStoreServer
) -> None:
    spoil, expected, words = ROWS[row]
    programs = tmp_path / "programs"
    programs.mkdir()
    spoil(place, programs, object_store_server)
    code, said, document = place.run()
    assert code == expected, said
    assert document["verdict"] == "failed"
    assert re.search(words, document["reason"])
    told = said + json.dumps(document)
    kept = "".join(path.read_text() for path in (tmp_path / "spool").rglob("*") if path.is_file())
    assert "Traceback" not in told + kept
    secrets = {SECRET, *(one.password for one in place.connections.values())}
    assert [secret for secret in secrets if secret in told + kept] == []


def test_a_full_disk_says_so_and_nothing_is_published(place: Place, tmp_path: Path) -> None:
    code, _, document = place.run("--option", f"disk_bound={1 << 62}")
    assert code == 1
    assert re.search(r"MiB free, the dump may take .*lower the option disk_bound", document["reason"])
    assert document["verdict"] == "failed"
