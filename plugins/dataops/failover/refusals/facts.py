"""What the rules judge: everything that was found out, and of what was not, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from dataops.connections import Connection
from dataops.errors import InconclusiveError
from dataops.failover.planning.course import Course
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Topology
from dataops.inventory import Failover, Server

if TYPE_CHECKING:
    from dataops.failover.guard.heartbeat import Heartbeat
    from dataops.failover.hosts.host import Disk
    from dataops.failover.refusals.targets import SecondKey, Target

Found = TypeVar("Found")


@dataclass(frozen=True)
class Unknown:
    """Nobody could find it out, and why."""

    reason: str


class NotKnown(InconclusiveError):
    """A rule needs what nobody could find out."""


def known(fact: Found | Unknown) -> Found:
    """The fact. Raises ``NotKnown`` where it could not be found out."""
    if isinstance(fact, Unknown):
        raise NotKnown(fact.reason)
    return fact


@dataclass(frozen=True)
class Machine:
    """The machine of a node. ``data``: the data directory that its connection names."""

    hostname: str
    address: str
    """Where we reach it; empty where it is our own."""
    data: str
    alive: bool
    """Whether processes of PostgreSQL live in that directory."""
    disks: tuple[Disk, ...]
    """Of data and WAL, each filesystem once."""


@dataclass(frozen=True)
class Proven:
    """The newest proof of a backup of the server that stands."""

    backup_id: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """All that the rules look at. Where no ``candidate`` could be chosen it is empty: see ``why_none``."""

    scenario: Scenario
    server: Server
    settings: Failover
    environment: str
    course: Course
    way: Course
    """As ``course``; of a tabletop that which it tells of."""
    now: datetime
    seen: Topology
    candidate: str
    why_none: str
    unsupported: str
    """Why the driver cannot break this; empty where it can."""
    nodes: Mapping[str, Connection]
    targets: Mapping[str, Target] | Unknown
    machines: Mapping[str, Machine | Unknown] = field(default_factory=dict)
    """Of the drivers that reach machines."""
    key: SecondKey | Unknown | None = None
    """None where no connection holds one."""
    guards: tuple[Heartbeat, ...] | Unknown = ()
    lever: str | Unknown = ""
    """Who pulled it, when and why; empty where it is not pulled."""
    open_round: str | Unknown = ""
    """Whose round is open; empty where none is."""
    busy: str | Unknown = ""
    """Who backs the server up at this moment; empty where nobody does."""
    proven: Proven | Unknown | None = None
    publications: tuple[str, ...] | Unknown = ()
    """Publications of all tables of the database."""
    consumers: tuple[str, ...] | Unknown = ()
    """Logical slots of the database."""
    unlogged: tuple[str, ...] | Unknown = ()

    @property
    def primary(self) -> str:
        """The only primary; empty where there is not exactly one."""
        return self.seen.primaries[0].name if len(self.seen.primaries) == 1 else ""

    @property
    def identifier(self) -> str:
        """The system identifier of whatever calls itself primary."""
        return self.seen.primaries[0].system_identifier if self.seen.primaries else ""

    @property
    def production(self) -> bool:
        """Whether a second key is needed."""
        said = self.settings.production
        return self.environment.startswith("prod") if said is None else said

    @property
    def proven_within(self) -> timedelta:
        """How old the proof of a backup may be."""
        return self.settings.proven_within
