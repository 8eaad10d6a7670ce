"""The inventory: every server and database that is looked after."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from dataops.errors import ConfigurationError
from dataops.inventory.database import Database
from dataops.inventory.problem import InvalidFile, Problem
from dataops.inventory.server import Server

Subject = Server | Database
"""What the inventory looks after; names are unique over both."""


class UnknownSubject(ConfigurationError):
    """No file of the inventory declares this name, or its file is invalid."""


@dataclass(frozen=True)
class Inventory:
    """Valid servers and databases, the files that are invalid, and warnings about valid ones."""

    servers: tuple[Server, ...] = ()
    databases: tuple[Database, ...] = ()
    invalid: tuple[InvalidFile, ...] = ()
    warnings: tuple[Problem, ...] = ()
    folder: Path | None = None
    """The include folder that it was read from, where the files beside it lie; None where it was not read."""

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Every valid server and database, retired ones too, sorted by name."""
        return tuple(sorted((*self.servers, *self.databases), key=lambda subject: subject.name))

    @cached_property
    def active(self) -> tuple[Subject, ...]:
        """The subjects that are looked after: those not retired, sorted by name."""
        return tuple(subject for subject in self.subjects if subject.retired is None)

    @cached_property
    def backed_up(self) -> tuple[Subject, ...]:
        """The active subjects whose backups we take ourselves; of the others we drill what others took."""
        return tuple(subject for subject in self.active if subject.drill.third_party is None)

    def subject(self, name: str) -> Subject:
        """The subject of this name; ``UnknownSubject`` where there is none."""
        if found := self._by_name.get(name):
            return found
        for file in self.invalid:
            if file.name == name:
                raise UnknownSubject(f"{name} cannot be used: {file.errors[0]}")
        near = get_close_matches(name, self._by_name, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Add a file to include/, or choose of: {self._names}."
        raise UnknownSubject(f"The inventory has no server or database named {name!r}. {hint}")

    def server_of(self, subject: Subject) -> Server:
        """The server that a database is on; a server is its own."""
        if isinstance(subject, Server):
            return subject
        server = self.subject(subject.server)
        if not isinstance(server, Server):
            raise UnknownSubject(f"{subject.server}, named as the server of {subject.name}, is a database.")
        return server

    def databases_of(self, server: Server) -> tuple[Database, ...]:
        """The databases on a server, sorted by name."""
        return tuple(sorted((d for d in self.databases if d.server == server.name), key=lambda d: d.name))

    @cached_property
    def _by_name(self) -> dict[str, Subject]:
        return {subject.name: subject for subject in self.subjects}

    @property
    def _names(self) -> str:
        names = [subject.name for subject in self.subjects]
        return ", ".join(names[:10]) + (" …" if len(names) > 10 else "") or "none is declared"
