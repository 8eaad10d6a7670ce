"""DAGs parsed from include folders that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.airflow_home import ROOT

from airflow.dag_processing.dagbag import DagBag  # isort: skip  after its home is known

SERVER = """server: {name}
environment: {environment}
connection: {name}_primary
owner: platform-team
"""
DATABASE = """database: {name}
server: {server}
owner: data-team
"""


CLUSTER = """cluster: {name}
environment: {environment}
connection: kafka_{name}
cluster_id: MkU3OEVBNTcwNTJENDM2Qg
owner: streaming-team
"""

FAILOVER = """failover:
  nodes:
    alpha: {connection: main_alpha, host: main_alpha_host}
    beta: {connection: main_beta, host: main_beta_host}
  route: {kind: haproxy, connection: main_route, control: main_haproxy, backend: writers}
"""
SCENARIO = """scenario: {name}
database: {database}
mode: crash
"""


class Include:
    """An include folder under construction."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for kind in ("servers", "databases"):
            (folder / kind).mkdir()

    def server(self, name: str = "main", more: str = "", environment: str = "test") -> None:
        text = SERVER.format(name=name, environment=environment) + more
        (self.folder / "servers" / f"{name}.yaml").write_text(text)

    def database(self, name: str = "orders", more: str = "", server: str = "main") -> None:
        text = DATABASE.format(name=name, server=server) + more
        (self.folder / "databases" / f"{name}.yaml").write_text(text)

    def kafka(self, name: str = "stream", more: str = "", environment: str = "test") -> None:
        """A Kafka cluster with one topic."""
        folder = self.folder / "kafka" / name
        (folder / "topics").mkdir(parents=True)
        (folder / "cluster.yaml").write_text(CLUSTER.format(name=name, environment=environment) + more)
        topics = "team: shop\ntopics:\n  shop.orders: {partitions: 3, replication_factor: 3}\n"
        (folder / "topics" / "shop.yaml").write_text(topics)

    def failover_server(self, name: str = "main", more: str = "") -> None:
        """A server of two nodes that tests may fail over."""
        self.server(name, FAILOVER + more)

    def scenario(self, name: str = "crash", more: str = "", database: str = "orders") -> None:
        """A scenario of a failover test, which kills the primary."""
        (self.folder / "failover").mkdir(exist_ok=True)
        text = SCENARIO.format(name=name, database=database) + more
        (self.folder / "failover" / f"{name}.yaml").write_text(text)

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Include:
    folder = tmp_path / "include"
    folder.mkdir()
    monkeypatch.setenv("DATAOPS_INCLUDE", str(folder))
    monkeypatch.setenv("DATAOPS_ENVIRONMENT", "test")
    return Include(folder)


@pytest.fixture
def parse() -> Callable[[], DagBag]:
    """Parse dags/ as Airflow does."""
    from dataops.airflow import subjects

    def parsed() -> DagBag:
        subjects._read_once.cache_clear()
        return DagBag(str(ROOT / "dags"))

    return parsed
