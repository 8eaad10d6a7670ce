"""An include folder that a test fills with a few files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

SERVER = "server: {name}\nenvironment: {environment}\nconnection: {name}_primary\nowner: dba\n"
DATABASE = "database: {name}\nserver: {server}\nowner: dba\n"


class Include:
    """A folder of YAML files, valid unless a test says otherwise."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())

    def server(self, name: str, extra: str = "", environment: str = "prod") -> None:
        self.write(f"servers/{name}.yaml", SERVER.format(name=name, environment=environment) + dedent(extra))

    def database(self, name: str, extra: str = "", server: str = "main") -> None:
        self.write(f"databases/{name}.yaml", DATABASE.format(name=name, server=server) + dedent(extra))


@pytest.fixture
def include(tmp_path: Path) -> Include:
    """One server, ``main``, on which databases can be put."""
    folder = Include(tmp_path / "include")
    folder.server("main")
    return folder
