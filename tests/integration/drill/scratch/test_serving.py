"""A restored data directory brings its production's configuration along, which must do no harm here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from dataops import postgres, process
from dataops.backup.restore.serving import Serving, serving
from dataops.connections import Connection
from dataops.drill.scratch.local import os_user, own_folder, serving_of
from dataops.drill.scratch.wanted import Wanted

from sandbox.os_user import own_file

PRODUCTION = """
shared_buffers = '9000GB'
huge_pages = on
listen_addresses = '*'
ssl = on
ssl_cert_file = '/etc/production/server.crt'
archive_mode = on
archive_command = 'touch {witness}'
recovery_end_command = 'touch {witness}'
synchronous_standby_names = 'FIRST 1 (elsewhere)'
synchronous_commit = remote_apply
unix_socket_group = 'nosuchgroup'
unix_socket_directories = '/run/production'
session_preload_libraries = 'nowhere'
logging_collector = on
log_directory = '/var/log/production'
log_statement = 'all'
external_pid_file = '/run/production/main.pid'
hba_file = '/etc/production/pg_hba.conf'
primary_conninfo = 'host=production'
cron.launch_active_jobs = on
"""
LOGIN = Connection(id="scratch", type="postgres", login="postgres", schema="postgres")


@pytest.fixture(scope="module")
def cluster(server_folder: Path) -> Path:
    """The folder of a data directory that nothing serves yet."""
    folder = own_folder(server_folder / "configured")
    process.run(
        [
            process.find_program("initdb", 15),
            f"--pgdata={own_folder(folder / 'data')}",
            "--username=postgres",
            "--no-sync",
        ],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        user=os_user(),
        cwd="/",
    )
    own_folder(folder / "socket")
    return folder


@pytest.fixture
def configured(cluster: Path) -> Callable[[str], Serving]:
    """How the cluster is served with a production's configuration of this text."""
    main = cluster / "data" / "postgresql.conf"
    original = main.read_text()

    def write(text: str) -> Serving:
        own_file(main, original + text)
        return serving_of(cluster, Wanted(15, {}, {}, ()), jobs=1, settings={})

    yield write
    own_file(main, original)


def changed(how: Serving, log: list[str]) -> dict[str, str]:
    """The settings of the running server, after a commit that production's would wait for."""
    with (
        serving(how, LOGIN, seconds=60, say=log.append, hear=log.append) as connection,
        closing(postgres.connect(connection, autocommit=True, statement_timeout=10)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE written AS SELECT 'canary' AS a; DROP TABLE written")
        cursor.execute("SELECT name, setting FROM pg_settings")
        return dict(cursor.fetchall())


def test_production_s_configuration_does_no_harm(
    configured: Callable[[str], Serving], tmp_path: Path
) -> None:
    log: list[str] = []
    witness = tmp_path / "witness"
    settings = changed(configured(PRODUCTION.format(witness=witness)), log)
    assert settings["archive_mode"] == "off"
    assert not settings["listen_addresses"]
    assert not settings["synchronous_standby_names"]
    assert settings["ssl"] == "off"
    assert not witness.exists()
    assert "canary" not in "".join(log)


def test_a_configuration_that_means_nothing_here_is_left_out(configured: Callable[[str], Serving]) -> None:
    how = configured("include '/etc/production/more.conf'\nno_such_setting = 1\n")
    assert not how.readable_configuration()
    log: list[str] = []
    assert changed(how, log)["archive_mode"] == "off"
