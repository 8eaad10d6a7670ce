"""A connection to a machine says where PostgreSQL is, or names the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.hosts.local import LocalHost
from dataops.failover.hosts.opening import open_host, place_of
from dataops.failover.hosts.ssh import SshHost

WELL = {"data": "/srv/pg/main/", "bin": "/usr/lib/postgresql/15/bin"}


def host(kind: str = "local", **extra: Any) -> Connection:
    return Connection("db1_host", kind, host="db1", login="dataops", extra={**WELL, **extra})


def test_the_least_is_the_data_directory_and_the_programs() -> None:
    place = place_of(host())
    assert (place.data, place.user, place.start, place.privileged) == ("/srv/pg/main", "postgres", (), None)
    assert place.program("pg_ctl") == "/usr/lib/postgresql/15/bin/pg_ctl"
    assert place.beside == "/srv/pg"


def test_each_kind_is_opened_without_a_connection() -> None:
    assert isinstance(open_host(host()), LocalHost)
    assert isinstance(open_host(host("ssh", key_file="/k", known_hosts="/h")), SshHost)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"data": ""}, r"extra\.data must be an absolute path"),
        ({"data": "relative"}, r"extra\.data must be"),
        ({"data": "/srv/../etc"}, r"extra\.data must be"),
        ({"data": "/srv/a b"}, r"extra\.data must be"),
        ({"data": "/srv/[ab]*"}, r"extra\.data must be"),
        ({"data": 5}, r"extra\.data must be text"),
        ({"start": "systemctl start x"}, r"extra\.start must be a list of arguments"),
        ({"stop": ["systemctl", ""]}, r"extra\.stop must be a list"),
        ({"privileged": "sudo"}, r"extra\.privileged must be a list"),
        ({"replication_uid": "postgres"}, r"extra\.replication_uid must be the number"),
        ({"replication_uid": True}, r"extra\.replication_uid must be the number"),
        ({"dta": "/x"}, r"extra\.dta is unknown; known are address, bin"),
    ],
)
def test_what_is_wrong_is_named(extra: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Connection 'db1_host': {said}"):
        open_host(host(**extra))


def test_another_kind_of_connection_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="needs conn_type 'local' or 'ssh'"):
        open_host(host("postgres"))


def test_ssh_needs_a_login() -> None:
    nobody = Connection("db1_host", "ssh", host="db1", extra={**WELL, "key_file": "/k", "known_hosts": "/h"})
    with pytest.raises(ConfigurationError, match="needs a host and a login"):
        open_host(nobody)
