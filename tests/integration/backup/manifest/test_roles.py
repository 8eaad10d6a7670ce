"""The role of docs/roles.md makes the whole manifest and dump, and says what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences
from dataops.connections import Connection
from dataops.postgres import connect
from dataops.store import Keys

from sandbox import flights
from tests.conftest import DatabaseServer

OUTSIDE = {"database properties", "database setting"}


@pytest.fixture(scope="module")
def server(start_primary: Callable[..., DatabaseServer]) -> Iterator[DatabaseServer]:
    """A server of its own, with flights and the role."""
    own = start_primary("roles")
    flights.load(own.dsn(), dbname="flights", limit=2000)
    own.execute((files("dataops.backup") / "sql" / "roles" / "logical.sql").read_text())
    own.execute("ALTER ROLE dataops_backup PASSWORD 'p'")
    yield own


@pytest.fixture
def role(server: DatabaseServer) -> Connection:
    superuser = server.connection
    return Connection(
        id="role",
        type="postgres",
        host=superuser.host,
        port=superuser.port,
        login="dataops_backup",
        password="p",
    )


def test_a_dump_by_the_role_restores_to_what_its_manifest_says(
    server: DatabaseServer, role: Connection, keys: Keys, restored_copy: Callable[..., str]
) -> None:
    expected = collect(role, dbname="flights", keys=keys)
    assert {blind.what for blind in expected.blind} == {"subscription", "user mapping"}
    assert expected.large_objects is not None and expected.large_objects.count > 0
    copy = restored_copy(server, "flights", user=role)
    observed = collect(server.connection, dbname=copy, keys=keys)
    assert differences(expected, observed, without=OUTSIDE) == []


def test_the_role_and_the_superuser_see_the_same_but_for_what_is_declared(
    server: DatabaseServer, role: Connection, keys: Keys
) -> None:
    ours = collect(role, dbname="flights", keys=keys)
    theirs = collect(server.connection, dbname="flights", keys=keys)
    assert {one.identity for one in differences(ours, theirs)} == {"from_partner"}  # the subscription
    unseen = {one.kind for one in differences(theirs, ours) if one.deviation == "unseen"}
    assert unseen == {"subscription", "user mapping"}


@pytest.mark.parametrize("statement", ["CREATE TABLE t (a int)", "DELETE FROM flights", "TRUNCATE flights"])
def test_the_role_cannot_write(server: DatabaseServer, role: Connection, statement: str) -> None:
    with pytest.raises(Exception, match=r"read-only|permission denied"):
        connect(role, dbname="flights", autocommit=True).cursor().execute(statement)
