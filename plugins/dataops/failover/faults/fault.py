"""What one kind of fault is: injected, proven and healed by values alone, so that any process can heal it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Told
from dataops.failover.hosts.member import Member

Ask = Callable[[str, str, float], list[tuple[Any, ...]]]
"""``ask(node, statement, seconds)``: the rows of a statement straight from a node."""
NAME = "fault took effect"


@dataclass(frozen=True)
class Ground:
    """Where faults happen: the nodes, and how their cluster starts, stops and asks one of them."""

    members: Mapping[str, Member]
    start: Callable[[str], None]
    stop: Callable[[str], None]
    ask: Ask
    shared: bool = False
    """Whether several nodes share one machine, so that an address alone does not tell them apart."""

    def others(self, node: str) -> tuple[Member, ...]:
        """Every node but this one."""
        return tuple(member for name, member in self.members.items() if name != node)


class Fault(Protocol):
    """One way to break a node. Each method may be called twice, and by different processes."""

    def supports(self, ground: Ground) -> str:
        """Empty where it can be injected and healed here; else why not, in a sentence."""

    def tell(self, ground: Ground, node: str) -> Told:
        """What it does and how it is undone, in commands. Pure; holds neither a pid nor a time."""

    def inject(self, ground: Ground, node: str) -> None:
        """Break the node; returns as soon as it is broken."""

    def effect(self, ground: Ground, node: str) -> Check:
        """Proof that it is in effect now: passed, or inconclusive with what was seen instead."""

    def heal(self, ground: Ground, node: str) -> None:
        """Take it away; raises where it is still there afterwards."""


def proven(expected: str, observed: str) -> Check:
    """The fault is in effect."""
    return Check(name=NAME, verdict=Verdict.PASSED, expected=expected, observed=observed)


def unproven(expected: str, observed: str) -> Check:
    """The fault is not in effect, so that nothing which follows proves anything."""
    return Check(
        name=NAME,
        verdict=Verdict.INCONCLUSIVE,
        expected=expected,
        observed=observed,
        reason=f"The fault never took effect: {observed}",
    )
