"""An include folder with one server that may be failed over, and files of scenarios on demand."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

SERVER = """\
server: main
environment: prod
connection: main_primary
owner: dba
failover:
  nodes:
    alpha: {connection: main_alpha, host: main_alpha_host}
    beta: {connection: main_beta, host: main_beta_host}
  route: {connection: main_route}
"""
SCENARIO = "scenario: {name}\ndatabase: shop\nmode: crash\n"


class Include:
    """A folder of YAML files, valid unless a test says otherwise."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())

    def scenario(self, name: str, extra: str = "") -> None:
        self.write(f"failover/{name}.yaml", SCENARIO.format(name=name) + dedent(extra))


@pytest.fixture
def include(tmp_path: Path) -> Include:
    """The server ``main`` with the nodes alpha and beta, and on it the database ``shop``."""
    folder = Include(tmp_path / "include")
    folder.write("servers/main.yaml", SERVER)
    folder.write("databases/shop.yaml", "database: shop\nserver: main\nowner: shop-team\n")
    return folder
