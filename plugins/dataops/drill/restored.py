"""What a drill's checks look at: a restored server, its databases, and what the backup says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Header
from dataops.connections import Connection
from dataops.drill.point import Point
from dataops.inventory import Drill

if TYPE_CHECKING:
    from dataops.store import Keys

Method = Literal["logical", "physical"]


@dataclass(frozen=True)
class Phases:
    """Seconds of each phase of a restore; 0 where a method has no such phase."""

    fetch: float = 0.0
    restore: float = 0.0
    replay: float = 0.0
    start: float = 0.0
    analyze: float = 0.0

    @property
    def rto(self) -> float:
        """Seconds from the decision to restore until service could be given back, without the checks."""
        return self.fetch + self.restore + self.replay + self.start + self.analyze


@dataclass(frozen=True)
class RestoredDatabase:
    """One database on the scratch server. ``expected`` is its part of the manifest.

    ``exact``: the manifest tells of the very moment that was restored, so everything must be equal.
    Where it is false, ``inexact`` says why: contents cannot be compared then, which is declared
    (not applicable), or differences may be later writes (inconclusive).
    """

    server: RestoredServer
    dbname: str
    expected: Details | None
    exact: bool
    inexact: str = ""

    @property
    def connection(self) -> Connection:
        """As superuser, with ``dbname`` as its schema."""
        from dataclasses import replace

        return replace(self.server.connection, schema=self.dbname)


@dataclass(frozen=True)
class RestoredServer:
    """A scratch server on which a recovery point was restored, open for queries."""

    drill_id: str
    point: Point
    header: Header
    method: Method
    connection: Connection
    """As superuser, over a Unix socket or a private network."""
    major: int
    keys: Keys
    settings: Drill
    phases: Phases
    dbnames: tuple[str, ...]
    expectations: Mapping[str, Details | None]
    """From database to its part of the manifest."""
    inexact: str = ""
    """Why the manifest does not tell of this very moment; empty where it does."""
    without_manifest: str = ""
    """Why nothing is known of what must be there; empty where a manifest says it."""
    data_directory: Path | None = None
    """None where there is no access to the server's files."""
    restore_log: Sequence[str] = ()
    """Every line that the restoring program printed, redacted."""
    server_log: Callable[[], Sequence[str]] = field(default=lambda: ())
    """Every line that the scratch server has logged until now."""
    last_commit: datetime | None = None
    """Of a physical restore: the last replayed commit's time, UTC."""
    os_user: str | None = None
    """Who owns the data directory, where that is not ourselves."""
    ours: bool = True
    """Whether this drill made the server; on one that somebody else restored nothing is written."""

    @cached_property
    def databases(self) -> tuple[RestoredDatabase, ...]:
        """Every restored database, sorted by name."""
        return tuple(
            RestoredDatabase(self, name, self.expectations.get(name), not self.inexact, self.inexact)
            for name in sorted(self.dbnames)
        )
