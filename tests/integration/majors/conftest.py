"""A real server of each other major, one after the other; the installed major is everywhere else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.majors import MAJORS, server_programs
from sandbox.ports import free_port
from sandbox.postgresql import Cluster
from tests.conftest import DatabaseServer
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
    "max_logical_replication_workers": "0",
    "lc_messages": "C",
}
"""As problems are made under, and everything that feeds a counter or a line of the log is on."""


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"PostgreSQL {major}")
def server(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[DatabaseServer]:
    """A server of this major, without the client programs of it."""
    major: int = request.param
    formats = "jsonlog,csvlog,stderr" if major >= 15 else "csvlog,stderr"
    cluster = Cluster(
        server_folder / f"major{major}",
        free_port(),
        secrets.token_hex(8),
        {**SETTINGS, "log_destination": formats},
        server_programs=server_programs(major),
    )
    cluster.initialise()
    try:
        cluster.start()
        yield DatabaseServer(cluster, "test_primary")
    finally:
        cluster.stop("immediate")


@pytest.fixture
def major(server: DatabaseServer) -> int:
    """The major of the server, as it says itself."""
    return int(server.execute("SHOW server_version_num")[0][0]) // 10000
