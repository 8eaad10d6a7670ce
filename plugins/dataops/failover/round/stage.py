"""What a round works with, from its first step to its last."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.failover.drivers.driver import Driver
from dataops.failover.job import Job
from dataops.failover.journal import Phase
from dataops.failover.journaling import Journal
from dataops.failover.round.acts import Recorded
from dataops.failover.round.findings import Findings
from dataops.failover.round.leg import Leg
from dataops.failover.round.watch import Watch
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Topology

if TYPE_CHECKING:
    from dataops.failover.planning.plan import Plan


class RefusedNow(DataOpsError):
    """Something that refuses a round came up just before the fault: nothing was broken."""


@dataclass
class Stage:
    """Everything that the parts of one round share. ``before`` is the cluster as it was found.

    ``primary`` and ``candidate`` are the plan's; ``serving`` is the node that is to take writes now.
    """

    job: Job
    plan: Plan
    run: str
    before: Topology
    journal: Journal
    watch: Watch
    findings: Findings
    folder: Path
    """Private to this process: the canary's ledgers."""
    serving: str = ""
    orderly: bool | None = None
    """Of a round that ended early: whether the cluster is in order, so that the journal can be closed."""
    legs: list[Leg] = field(default_factory=list)
    servers: dict[str, str] = field(default_factory=dict)
    """Nodes by the address at which they see themselves, ``host:port``."""

    @property
    def has_wal(self) -> bool:
        """Whether nodes tell timelines and LSNs at all: those that share one storage (Aurora) have none."""
        return any(each.timeline for each in self.before.nodes)

    @property
    def followers(self) -> tuple[str, ...]:
        """Standbys that are neither of the two: they are led to the new primary once there is one."""
        two = {self.plan.primary, self.plan.candidate}
        return tuple(each.name for each in self.before.standbys if each.name not in two)

    @cached_property
    def acts(self) -> Recorded:
        """The driver, which notes what it is told."""
        return Recorded(self.job.driver)

    @property
    def driver(self) -> Driver:
        """What breaks, promotes and mends."""
        return cast("Driver", self.acts)

    @property
    def scenario(self) -> Scenario:
        """What is broken, and what must hold."""
        return self.job.scenario

    @property
    def phase(self) -> Phase:
        """How far the round got, as the journal says."""
        return self.journal.round.phase

    @property
    def committed(self) -> bool:
        """Whether a node was promoted, or may have been: nothing reverts by itself then."""
        return self.phase not in {Phase.PREPARED, Phase.BREAKING}

    @property
    def dbname(self) -> str:
        """The database whose clients are looked at."""
        return self.job.database.dbname

    def connections(self) -> dict[str, Connection]:
        """Straight to every node, by its name."""
        return {each.name: self.driver.connection(each.name) for each in self.before.nodes}
