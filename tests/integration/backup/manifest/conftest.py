"""What the tests of the manifest share: a key, and a dump and restore by PostgreSQL's own programs alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.connections import Connection
from dataops.store import Keys

from tests.conftest import DatabaseServer

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(recipients=(), secret=b"a key of the tests, 32 bytes lon")


@pytest.fixture(scope="session")
def describe(keys: Keys) -> Callable[..., Details]:
    """The manifest of a database, as its superuser sees it."""

    def described(server: DatabaseServer, dbname: str, **options: object) -> Details:
        return collect(server.connection, dbname=dbname, keys=keys, **options)  # type: ignore[arg-type]

    return described


@pytest.fixture(scope="session")
def restored_copy() -> Callable[..., str]:
    """A new database, restored from a dump of the given one on the same or another server; its name."""

    def copy(
        source: DatabaseServer,
        dbname: str,
        target: DatabaseServer | None = None,
        *,
        user: Connection | None = None,
    ) -> str:
        server = target or source
        name = server.create_database("restored", template="template0")
        dump = _run(user or source.connection, "pg_dump", "-Fc", dbname).stdout
        _run(server.connection, "pg_restore", "--exit-on-error", "-d", name, stdin=dump)
        return name

    return copy


def _run(
    connection: Connection, program: str, *arguments: str, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGUSER": connection.login,
        "PGPASSWORD": connection.password,
    }
    done = subprocess.run(
        [PROGRAMS / program, *arguments], env=environment, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done
