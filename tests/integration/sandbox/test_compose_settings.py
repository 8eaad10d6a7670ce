"""PostgreSQL itself reads the settings that docker-compose.yml's servers start with."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import compose, os_user
from sandbox.errors import ServiceFailed
from sandbox.postgresql import programs
from tests.conftest import DatabaseServer


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The volume `sandbox` after `prepare`."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-compose-", dir="/tmp"))
    folder.chmod(0o711)
    compose.prepare(folder)
    yield folder
    shutil.rmtree(folder)


def _read(server: DatabaseServer, settings: Path, name: str) -> str:
    command = [
        programs() / "postgres",
        "-D",
        server.cluster.data,
        "-c",
        f"config_file={settings}",
        "-C",
        name,
    ]
    return os_user.run(command).strip()


@pytest.mark.parametrize(
    ("name", "upstream"), [("primary", "standby"), ("standby", "primary"), ("metadata", "")]
)
def test_the_settings_of_a_container_are_valid(
    primary: DatabaseServer, home: Path, name: str, upstream: str
) -> None:
    settings = home / "containers" / name / "postgresql.conf"
    assert _read(primary, settings, "port") == str(compose.FIXED_PORTS[name])
    assert _read(primary, settings, "listen_addresses") == "*"
    assert _read(primary, settings, "unix_socket_directories") == compose.SOCKETS
    follows = _read(primary, settings, "primary_conninfo")
    assert (f"host={upstream} " in follows) if upstream else not follows
    if upstream:
        assert str(home) in _read(primary, settings, "archive_command")


def test_an_invalid_setting_would_be_refused(primary: DatabaseServer, home: Path) -> None:
    settings = home / "containers" / "primary" / "wrong.conf"
    text = (home / "containers" / "primary" / "postgresql.conf").read_text()
    os_user.own_file(settings, text.replace("wal_level = 'logical'", "wal_level = 'logicall'"))
    with pytest.raises(ServiceFailed, match="wal_level"):
        _read(primary, settings, "port")
