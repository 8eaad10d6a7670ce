"""What a round asks of a cluster, whatever runs it. Every action is idempotent: it may be done twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from dataops.connections import Connection
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check
from dataops.failover.topology import Topology

ActionName = Literal["break", "heal", "fence", "promote", "switch", "route", "rejoin", "start", "stop"]


class DriverFailed(DataOpsError):
    """The cluster did not do what it was told: the message says which node, what, and what it answered."""


class OutcomeUnknown(InconclusiveError):
    """Nobody can tell whether it was done: a time ran out, or an answer was lost."""


@dataclass(frozen=True)
class Told:
    """What an action is, in words for a plan: nothing is done to find it out.

    ``commands`` are the very commands or API calls, one a line, without secrets. ``undo`` likewise; empty
    where it cannot be undone. ``worst`` is what it may cost at most.
    """

    commands: tuple[str, ...]
    undo: tuple[str, ...] = ()
    worst: str = ""


@dataclass(frozen=True)
class Rejoined:
    """How an old primary came back. ``kept``: where its old data directory was moved to; empty if rewound."""

    how: Literal["rewind", "rebuild", "restart", "automatic"]
    seconds: float
    kept: str = ""
    reason: str = ""
    """Why it was rebuilt where rewinding was tried."""


class Driver(Protocol):
    """One kind of cluster. ``automatic``: it promotes by itself, and the round waits instead of promoting."""

    name: str
    automatic: bool

    def observe(self) -> Topology:
        """The cluster now. Never raises for a node that does not answer: it is down or unknown then."""

    def connection(self, node: str) -> Connection:
        """Straight to the node, never through the route."""

    def routed(self) -> Connection:
        """As clients connect."""

    def supports(self, fault: str) -> str:
        """Empty where this driver can inject and heal the fault here; else why not, in a sentence."""

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        """What the action would be. Pure: values in, values out."""

    def inject(self, fault: str, node: str) -> None:
        """Break the node. Returns as soon as it is broken; its proof is ``effect``."""

    def effect(self, fault: str, node: str) -> Check:
        """Proof that the fault is in effect now: passed, or inconclusive with what was seen instead."""

    def heal(self, fault: str, node: str) -> None:
        """Take the fault away: processes go on or are started, cuts are removed."""

    def fence(self, node: str) -> Check:
        """Make sure that the node takes no write, and would not after a restart. Passed only with proof."""

    def unfence(self, node: str) -> None:
        """Take the fence away where the node never lost its role: part of healing before the commit point."""

    def promote(self, node: str) -> None:
        """Make it primary; returns once it takes writes. ``DriverFailed`` or ``OutcomeUnknown`` otherwise."""

    def switch(self, old: str, new: str) -> None:
        """A planned change of roles without loss: the old one stops cleanly, the new one has all of it."""

    def route(self, node: str) -> None:
        """Lead the clients' endpoint to this node, and cut what still leads elsewhere."""

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        """Make it a standby of ``upstream``: rewound where possible, else rebuilt; its old data is kept."""
