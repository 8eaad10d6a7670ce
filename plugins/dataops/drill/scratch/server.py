"""What every scratch server is, whoever provides it: a driver's contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataops.connections import Connection
from dataops.drill.scratch.wanted import Wanted


@dataclass(frozen=True)
class Scratch:
    """A running PostgreSQL server that nobody else uses, and that is thrown away.

    ``connection`` is its superuser's. ``tablespaces`` is a folder on the server's host where tablespaces may
    lie; None where they can only lie in the data directory. ``data_directory`` is None where there is no
    access to the server's files.
    """

    connection: Connection
    major: int
    tablespaces: Path | None = None
    data_directory: Path | None = None
    os_user: str | None = None
    log: Callable[[], Sequence[str]] = lambda: ()


class Driver(Protocol):
    """Where empty scratch servers come from. A driver guarantees:

    - it matches what is wanted, or raises ``InconclusiveError`` saying what it cannot match;
    - nobody but the drill reaches the server, and nothing in it reaches out, as far as its docstring says;
    - everything that it makes carries the drill's id and is gone when the block ends, however it ends;
    - what a killed worker left behind is found by that id and removed by ``dataops.drill.leftovers``.
    """

    def empty(self, wanted: Wanted, *, superuser: str) -> AbstractContextManager[Scratch]:
        """A server with ``superuser`` as its bootstrap superuser and nothing in it, while the block lasts."""
        ...
