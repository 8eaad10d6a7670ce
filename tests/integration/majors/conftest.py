"""A real server of each other major, one after the other; the installed major is everywhere else."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.majors import MAJORS, server_programs
from sandbox.ports import free_port
from sandbox.postgresql import Cluster
from tests.conftest import FAST, DatabaseServer
from tests.integration.bench import make_owner
from tests.integration.performance.seeds import seeded

SETTINGS = {
    **seeded.SETTINGS,
    "fsync": "off",
    "track_wal_io_timing": "on",
    "session_preload_libraries": "auto_explain",
    "logging_collector": "on",
    "log_filename": "postgresql.log",
    "log_min_duration_statement": "0",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_temp_files": "0",
    "log_line_prefix": "%m [%p] %q%u@%d %e %Q ",
    "lc_messages": "C",
}
"""As problems are made under, and everything that feeds a counter or a line of the log is on."""


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"PostgreSQL {major}")
def major(request: pytest.FixtureRequest) -> int:
    """The major that a test runs on; a test that is about some names them itself."""
    chosen: int = request.param
    return chosen


@contextmanager
def running(folder: Path, major: int, settings: Mapping[str, str]) -> Generator[DatabaseServer]:
    """A server of this major, without the client programs of it, as long as the block lasts."""
    programs = server_programs(major)
    cluster = Cluster(folder, free_port(), secrets.token_hex(8), settings, server_programs=programs)
    cluster.initialise()
    try:
        cluster.start()
        server = DatabaseServer(cluster, "test_primary")
        assert server.execute("SHOW server_version_num")[0][0].startswith(str(major))
        yield server
    finally:
        cluster.stop("immediate")


@pytest.fixture(scope="session")
def server(major: int, server_folder: Path) -> Iterator[DatabaseServer]:
    """A server that is sampled and backed up, and logs in every format that it has."""
    formats = "jsonlog,csvlog,stderr" if major >= 15 else "csvlog,stderr"
    settings = {**SETTINGS, "log_destination": formats}
    with running(server_folder / f"major{major}", major, settings) as started:
        yield started


@pytest.fixture(scope="session")
def scratch(major: int, server_folder: Path) -> Iterator[DatabaseServer]:
    """A server set up as a drill sets up its own."""
    settings = {**FAST, "max_logical_replication_workers": "0"}
    with running(server_folder / f"scratch{major}", major, settings) as started:
        yield started


@pytest.fixture(scope="session")
def primary(server: DatabaseServer) -> DatabaseServer:
    """What the fixtures that several capabilities share work on: here the server of this major."""
    return server


@pytest.fixture(scope="session")
def owner(server: DatabaseServer) -> str:
    """The owner on this server; the one that this hides was perhaps made on another already."""
    return make_owner(server)
