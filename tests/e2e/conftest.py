"""One whole sandbox for all end-to-end tests: its own home, its own ports, a real Airflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import airflow_runs, dotenv, processes
from sandbox.airflow_runs import Told
from sandbox.airflow_server import AirflowClient
from sandbox.home import REPOSITORY, Home
from sandbox.ports import is_free
from sandbox.postgresql import Cluster
from sandbox.stop import DATABASE_SERVERS
from sandbox.supervision import Supervisor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs the sandbox, whose first start alone may take minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, and the ways to use it."""

    home: Home

    @property
    def include(self) -> Path:
        """Its inventory: a copy of the repository's, to which a test may add."""
        return self.home.path / "include"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of ``.sandbox/env``."""
        return dotenv.read(self.home.environment)

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.home)

    @property
    def clusters(self) -> list[Cluster]:
        """Its PostgreSQL servers, by their folders."""
        return [self.cluster(name) for name in DATABASE_SERVERS]

    def cluster(self, name: str) -> Cluster:
        """One of its PostgreSQL servers, by its folder."""
        return Cluster(self.home.private / name, 0, "")

    def processes(self) -> list[int]:
        """Every process of this sandbox: services, what they started, PostgreSQL's backends."""
        backends = [pid for cluster in self.clusters for pid in processes.in_folder(cluster.data)]
        return [*self.supervisor.leftovers(), *backends]

    def make(self, verb: str) -> subprocess.CompletedProcess[str]:
        """What ``make up``, ``down`` or ``status`` runs, with its output."""
        return self._program([sys.executable, "-m", "sandbox", verb])

    def dataops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, with the sandbox's connections."""
        return self._program([sys.executable, "-m", "dataops.cli", *arguments])

    def airflow(self, user: str = "admin") -> AirflowClient:
        """Airflow's REST API as ``admin``, ``approver`` or ``viewer``."""
        own = {"admin": "AIRFLOW"}.get(user, user.upper())
        values = self.environment
        return AirflowClient(
            values["SANDBOX_AIRFLOW_URL"], values[f"SANDBOX_{own}_USER"], values[f"SANDBOX_{own}_PASSWORD"]
        )

    def run(self, dag_id: str, conf: Mapping[str, Any] | None = None, *, seconds: float = 300) -> Told:
        """Trigger a run of the DAG, wait until it has ended, and give what it said."""
        client = self.airflow()
        airflow_runs.parsed(client, [dag_id])
        run = airflow_runs.trigger(client, dag_id, conf)
        return airflow_runs.await_all(client, [run], seconds=seconds, say=print)[0]

    def _program(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        known = self.environment if self.home.environment.exists() else {}
        own = {"SANDBOX_HOME": str(self.home.path), "DATAOPS_INCLUDE": str(self.include)}
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env={**os.environ, **known, **own},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of the tests' own, started once; ``up`` is the first test of all.

    Who writes tests may keep one running and name its home in ``DATAOPS_E2E_HOME``.
    """
    kept = os.environ.get("DATAOPS_E2E_HOME")
    if kept:
        yield Sandbox(Home(Path(kept)))
        return
    folder = Path(tempfile.mkdtemp(prefix="dataops-e2e-", dir="/var/tmp"))
    folder.chmod(0o711)
    started = Sandbox(Home(folder))
    shutil.copytree(REPOSITORY / "include", started.include)
    before = {path: path.stat().st_mtime for path in _store_sockets()}
    try:
        finished = started.make("up")
        assert finished.returncode == 0, finished.stdout + finished.stderr
        yield started
        _down_leaves_nothing(started, before)
    finally:
        started.make("down")
        shutil.rmtree(folder, ignore_errors=True)


def _store_sockets() -> list[Path]:
    return list(Path("/tmp").glob("seaweedfs-*.sock"))


def _down_leaves_nothing(sandbox: Sandbox, before: dict[Path, float]) -> None:
    segments = {
        (cluster.data / "postmaster.pid").read_text().splitlines()[6].split()[1]
        for cluster in sandbox.clusters
    }
    finished = sandbox.make("down")
    assert finished.returncode == 0, finished.stderr
    ports = sandbox.home.known_ports
    listed = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, check=True).stdout
    assert sandbox.processes() == []
    assert [name for name, port in ports.items() if not is_free(port)] == []
    assert not segments & {line.split()[1] for line in listed.splitlines() if len(line.split()) > 5}
    assert not [
        path
        for path in _store_sockets()
        if path.stem.rpartition("-")[2] in map(str, ports.values())
        # A store that was killed long ago may have had the same port.
        and before.get(path) != path.stat().st_mtime
    ]
