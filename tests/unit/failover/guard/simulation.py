"""A cluster of two nodes in memory, which obeys as the real ones do, and fails where a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Driver
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.topology import Role, Topology

from tests.unit.failover.builders import IDENTIFIER, cluster, node


@dataclass
class Cluster:
    """alpha is primary, beta follows. ``failing``: what raises, by the action's name."""

    roles: dict[str, Role] = field(default_factory=lambda: {"alpha": Role.PRIMARY, "beta": Role.STANDBY})
    routed: str = "alpha"
    automatic: bool = False
    failing: dict[str, Exception] = field(default_factory=dict)
    fence_proven: bool = True
    rises_as: Role = Role.PRIMARY
    """What a node is once it is started again."""
    done: list[str] = field(default_factory=list)

    @property
    def driver(self) -> Driver:
        itself: Any = self
        return itself

    def observe(self) -> Topology:
        nodes = [node(name, role, streaming=self._follows(name)) for name, role in self.roles.items()]
        routed = self.routed if self.roles.get(self.routed) is Role.PRIMARY else ""
        return cluster(*nodes, routed=routed)

    def _follows(self, name: str) -> bool:
        return self.roles[name] is Role.STANDBY and Role.PRIMARY in self.roles.values()

    def heal(self, fault: str, name: str) -> None:
        self._do(f"heal {fault} {name}")
        if fault in {"kill", "stop"} and self.roles[name] is Role.DOWN:
            self.roles[name] = self.rises_as

    def fence(self, name: str) -> Check:
        self._do(f"fence {name}")
        if not self.fence_proven:
            return Check(name="fence", verdict=Verdict.INCONCLUSIVE, reason=f"{name}'s host is silent")
        self.roles[name] = Role.DOWN
        return Check(name="fence", verdict=Verdict.PASSED, observed="no process lives")

    def promote(self, name: str) -> None:
        self._do(f"promote {name}")
        self.roles[name] = Role.PRIMARY

    def switch(self, old: str, new: str) -> None:
        self._do(f"switch {old} {new}")
        self.roles |= {old: Role.DOWN, new: Role.PRIMARY}

    def route(self, name: str) -> None:
        self._do(f"route {name}")
        self.routed = name

    def _do(self, what: str) -> None:
        self.done.append(what)
        action = what.partition(" ")[0]
        if action in self.failing:
            raise self.failing[action]


def told(phase: Phase, *undo: Undo, **facts: str) -> Round:
    """A round from alpha to beta."""
    return Round(
        scenario="crash",
        run="20261128T060000Z-abc123",
        server="main",
        system_identifier=IDENTIFIER,
        plan="0" * 64,
        holder="coordinator",
        phase=phase,
        primary="alpha",
        candidate="beta",
        undo=undo,
        facts=facts,
    )
