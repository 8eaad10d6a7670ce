"""Every way in which a server says no is one plain sentence of its own kind."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dataops import postgres
from dataops.connections import Connection
from dataops.errors import ConfigurationError, DataOpsError
from dataops.process import find_program, run

from sandbox import os_user
from sandbox.certificates import Authority


def refusal(connection: Connection, **arguments: Any) -> DataOpsError:
    with pytest.raises(DataOpsError) as caught:
        postgres.connect(connection, **arguments).close()
    assert connection.password not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value


@pytest.fixture
def ordinary(primary: Any) -> Iterator[Connection]:
    """A role without any right but to connect."""
    primary.execute("CREATE ROLE ordinary LOGIN PASSWORD 'ordinary-secret'")
    yield dataclasses.replace(primary.connection, login="ordinary", password="ordinary-secret")
    primary.execute("DROP ROLE ordinary")


def test_a_session_has_our_name_and_timeouts(primary: Any) -> None:
    with closing(
        postgres.connect(primary.connection, application_name="take", statement_timeout=90, lock_timeout=1.5)
    ) as conn:
        conn.rollback()
        with conn.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('application_name'), current_setting('statement_timeout'),"
                " current_setting('lock_timeout'), current_database()"
            )
            assert cursor.fetchone() == ("dataops take", "90s", "1500ms", "postgres")
        assert not conn.autocommit


def test_the_programs_reach_the_same_place_without_secrets_in_arguments(primary: Any) -> None:
    name = primary.create_database("doors")
    environment = postgres.environment_of(primary.connection, name)
    psql = find_program("psql", 15)
    answer = run([psql, "-AtXc", "SELECT current_database(), current_user"], env=environment)
    assert answer.stdout == f"{name}|postgres\n"


def test_a_wrong_password(primary: Any) -> None:
    error = refusal(dataclasses.replace(primary.connection, password="wrong-secret"))
    assert isinstance(error, postgres.LoginRefused)
    assert "login was refused" in str(error)
    assert error.exit_code == 2


def test_an_unknown_role_and_a_missing_password(primary: Any) -> None:
    error = refusal(dataclasses.replace(primary.connection, login="nobody", password="nobody-secret"))
    assert isinstance(error, postgres.LoginRefused)
    with pytest.raises(postgres.LoginRefused):
        postgres.connect(dataclasses.replace(primary.connection, password=""))


def test_an_unreachable_server(primary: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refusal(dataclasses.replace(primary.connection, port=unused.getsockname()[1]))
    assert isinstance(error, postgres.ServerUnreachable)
    assert "Connection refused" in str(error)
    missing = refusal(dataclasses.replace(primary.connection, host="no-such-host.invalid"))
    assert isinstance(missing, postgres.ServerUnreachable)


def test_an_unknown_database(primary: Any) -> None:
    error = refusal(primary.connection, dbname="no_such_database")
    assert isinstance(error, postgres.DatabaseMissing)
    assert 'database "no_such_database" does not exist' in str(error)


def test_a_role_without_rights(primary: Any, ordinary: Connection) -> None:
    primary.execute("CREATE TABLE IF NOT EXISTS guarded (x int); REVOKE ALL ON guarded FROM PUBLIC")
    with (
        closing(postgres.connect(ordinary, autocommit=True)) as conn,
        conn.cursor() as cursor,
        pytest.raises(postgres.RightsMissing, match=r"permission denied for table guarded.*counting rows"),
        postgres.explained("counting rows"),
    ):
        cursor.execute("SELECT count(*) FROM guarded")
    primary.execute("DROP TABLE guarded")
    name = primary.create_database("closed")
    primary.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    assert isinstance(refusal(ordinary, dbname=name), postgres.RightsMissing)


def test_too_many_connections(primary: Any, ordinary: Connection) -> None:
    primary.execute("ALTER ROLE ordinary CONNECTION LIMIT 1")
    with closing(postgres.connect(ordinary)):
        assert isinstance(refusal(ordinary), postgres.TooManyConnections)


def test_a_statement_or_a_lock_that_takes_too_long(primary: Any) -> None:
    with (
        closing(postgres.connect(primary.connection, statement_timeout=0.1)) as conn,
        conn.cursor() as cursor,
        pytest.raises(postgres.QueryTimeout, match="statement timeout"),
        postgres.explained(),
    ):
        cursor.execute("SELECT pg_sleep(60)")
    with (
        closing(postgres.connect(primary.connection)) as holder,
        closing(postgres.connect(primary.connection, lock_timeout=0.1)) as waiter,
        holder.cursor() as holding,
        waiter.cursor() as waiting,
    ):
        holding.execute("LOCK TABLE pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(postgres.LockTimeout, match="lock timeout"), postgres.explained():
            waiting.execute("SELECT count(*) FROM pg_largeobject_metadata")


def test_a_session_that_the_server_ends(primary: Any) -> None:
    with closing(postgres.connect(primary.connection)) as conn, conn.cursor() as cursor:
        primary.execute(f"SELECT pg_terminate_backend({conn.info.backend_pid})")
        with pytest.raises(postgres.ConnectionLost), postgres.explained():
            cursor.execute("SELECT 1")


def test_a_standby_is_read_only_and_has_the_same_identity(primary: Any, standby: Any) -> None:
    with closing(postgres.connect(standby.connection)) as conn, conn.cursor() as cursor:
        replica = postgres.server_identity(conn)
        with pytest.raises(postgres.QueryFailed, match="read-only"), postgres.explained():
            cursor.execute("CREATE TABLE x ()")
    with closing(postgres.connect(primary.connection)) as conn:
        origin = postgres.server_identity(conn)
    assert replica.in_recovery
    assert not origin.in_recovery
    assert replica.system_identifier == origin.system_identifier
    assert replica.timeline == origin.timeline == 1
    assert replica.data_directory != origin.data_directory
    assert (origin.major, origin.data_checksums) == (15, True)
    assert origin.address == f"127.0.0.1:{primary.port}"


def test_the_identity_needs_no_right_but_to_connect(ordinary: Connection) -> None:
    with closing(postgres.connect(ordinary)) as conn:
        identity = postgres.server_identity(conn)
    assert identity.system_identifier.isdecimal()
    assert not identity.data_directory


def test_certificates_expired_and_from_a_stranger(
    start_primary: Callable[..., Any], server_folder: Path, tmp_path: Path
) -> None:
    folder = server_folder / "tls"
    authority = Authority(folder / "authority")
    good = authority.issue("good")
    expired = authority.issue("expired", until=datetime(2020, 1, 1, tzinfo=UTC))
    stranger = Authority(tmp_path / "stranger")
    stranger.issue("unused")
    folder.chmod(0o755)
    authority.folder.chmod(0o755)
    for certificate in (good, expired):
        owner = os_user.database_user()
        run(["chown", owner, certificate.key_file, certificate.cert_file], env={"PATH": os.environ["PATH"]})
    server = start_primary(
        "tls", {"ssl": "on", "ssl_cert_file": str(good.cert_file), "ssl_key_file": str(good.key_file)}
    )
    trusting = {"sslmode": "verify-full", "sslrootcert": str(authority.ca_file)}
    secure = dataclasses.replace(server.connection, extra=trusting)
    postgres.connect(secure).close()
    unknown = refusal(dataclasses.replace(secure, extra=trusting | {"sslrootcert": str(stranger.ca_file)}))
    assert isinstance(unknown, postgres.UntrustedServer)
    server.execute(f"ALTER SYSTEM SET ssl_cert_file = '{expired.cert_file}'")
    server.execute(f"ALTER SYSTEM SET ssl_key_file = '{expired.key_file}'")
    server.execute("SELECT pg_reload_conf()")
    late = refusal(secure)
    assert isinstance(late, postgres.UntrustedServer)
    assert "certificate has expired" in str(late)


def test_a_dsn_becomes_a_connection_and_a_bad_one_shows_no_password() -> None:
    given = postgres.from_dsn("postgresql://me:s%40cret@host:6543/shop?sslmode=require")
    assert (given.host, given.port, given.login, given.schema) == ("host", 6543, "me", "shop")
    assert given.password == "s@cret"
    assert given.extra == {"sslmode": "require"}
    with pytest.raises(ConfigurationError) as caught:
        postgres.from_dsn("postgresql://me:s3cret-word@[broken")
    assert "s3cret-word" not in str(caught.value)
