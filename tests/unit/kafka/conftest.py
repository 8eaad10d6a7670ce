"""A folder of a cluster that a test fills with a few files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from dataops.kafka.desired import Desired
from dataops.kafka.files.loading import Report, check, load

CLUSTER = """\
cluster: main
environment: prod
connection: kafka_main
cluster_id: MkU3OEVBNTcwNTJENDM2Qg
owner: platform
"""


class Include:
    """An include folder with one cluster, ``main``, valid unless a test says otherwise."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / "kafka" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def cluster(
        self, more: str = "defaults: {partitions: 3, replication_factor: 3}\n", name: str = "main"
    ) -> None:
        self.write(f"{name}/cluster.yaml", CLUSTER.replace("main", name) + dedent(more))

    def topics(self, topics: str, team: str = "flights", more: str = "") -> None:
        """The file of a team: the topics begin in its line 3."""
        text = f"team: {team}\ntopics:\n" + indent(dedent(topics), "  ") + dedent(more)
        self.write(f"main/topics/{team}.yaml", text)

    def check(self) -> Report:
        return check(self.root, "main")

    def told(self) -> list[str]:
        return [str(problem) for problem in self.check().problems]

    def load(self) -> Desired:
        return load(self.root, "main")


@pytest.fixture
def include(tmp_path: Path) -> Include:
    """A cluster with defaults and without topics."""
    folder = Include(tmp_path / "include")
    folder.cluster()
    return folder
