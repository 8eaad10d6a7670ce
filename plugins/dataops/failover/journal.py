"""The journal of a round: what was done and how to undo it, written before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Phase(StrEnum):
    """How far a round got. ``COMMITTED`` is the commit point: before it abort means heal, after it never."""

    PREPARED = "prepared"
    """Checked, approved, the canary writes. Nothing is broken."""
    BREAKING = "breaking"
    """The fault is about to be in effect, or is."""
    COMMITTED = "committed"
    """A node is about to be promoted, or was: nothing reverts this by itself."""
    PROMOTED = "promoted"
    """The new primary takes writes and the route leads there."""
    REJOINED = "rejoined"
    """The old primary follows the new one."""
    FAILED_BACK = "failed back"
    """Roles are as they were before."""
    FINISHED = "finished"
    """Nothing is left to do: verified clean."""


@dataclass(frozen=True)
class Undo:
    """One thing that takes back what was done: done in reverse order, each may be done twice."""

    action: Literal["heal", "unfence", "start", "route"]
    node: str
    fault: str = ""


@dataclass(frozen=True)
class Round:
    """What stands in the store about a round, for the guard and for whoever comes after a crash."""

    scenario: str
    run: str
    """Time and random, safe in a key."""
    server: str
    system_identifier: str
    plan: str
    """Hash of the approved plan."""
    holder: str
    """Who leads it, as its lease says."""
    phase: Phase
    primary: str
    """The node that was primary before."""
    candidate: str
    """The node that is to be promoted."""
    undo: tuple[Undo, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """Small things that whoever goes on needs; no secrets."""
