"""The whole inventory held against its rules and, where asked, against connections and servers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dataops.connections import Resolve
from dataops.errors import DataOpsError
from dataops.inventory.connections import missing_connections
from dataops.inventory.discovery import Lister, Unenrolled, databases_on, unenrolled
from dataops.inventory.inventory import Inventory
from dataops.inventory.loading import File, inventory_of, read
from dataops.inventory.problem import Problem
from dataops.platform import Platform


@dataclass(frozen=True)
class Report:
    """Everything that is wrong with the inventory. ``unreachable``: server and why it could not be asked."""

    servers: int
    databases: int
    scenarios: int = 0
    """Of failover tests: whoever asks adds them, since the inventory knows no capability."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    unenrolled: tuple[Unenrolled, ...] = ()
    unreachable: tuple[tuple[str, str], ...] = ()

    @property
    def exit_code(self) -> int:
        """2 for a wrong file, 1 for a database that nobody enrolled, 3 for a server not asked, else 0."""
        return 2 if self.problems else 1 if self.unenrolled else 3 if self.unreachable else 0


def check(include: Path, *, resolve: Resolve | None = None, environment: str | None = None) -> Report:
    """The report on all files of all environments; with ``resolve`` also on this environment's connections.

    Raises ``NoInclude`` where the folder is missing.
    """
    files = read(include)
    inventory = inventory_of(files)
    problems = [problem for file in files for problem in file.problems]
    if not any(file.kind == "server" for file in files):
        message = "holds no file: `dataops new server NAME` writes the first"
        problems.append(Problem(Path("include", "servers"), 0, "", message))
    if resolve:
        problems += missing_connections(_of(files, inventory_of(files, environment)), resolve)
    return Report(
        servers=len(inventory.servers),
        databases=len(inventory.databases),
        problems=tuple(sorted(problems)),
        warnings=tuple(sorted(inventory.warnings)),
    )


def discover(report: Report, platform: Platform, *, databases: Lister = databases_on) -> Report:
    """The report with what the servers of this environment say. One that cannot be asked stops no other."""
    found: list[Unenrolled] = []
    unreachable: list[tuple[str, str]] = []
    for server in platform.inventory.servers:
        if server.retired:
            continue
        try:
            found += unenrolled(platform, server, databases=databases)
        except DataOpsError as error:
            unreachable.append((server.name, str(error)))
    return replace(report, unenrolled=tuple(sorted(found)), unreachable=tuple(unreachable))


def _of(files: tuple[File, ...], inventory: Inventory) -> tuple[File, ...]:
    names = {subject.name for subject in inventory.subjects}
    return tuple(file for file in files if file.name in names)
