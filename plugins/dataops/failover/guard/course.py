"""What the guard does about a round that lost its coordinator. Pure: journal and topology in, course out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dataops.failover.journal import Phase, Round
from dataops.failover.topology import Role, Topology

FENCED = "fenced by the guard"
"""A fact: the node that the guard has fenced. It comes up read-only, unless a person makes it primary."""


class Course(StrEnum):
    """The four things that a guard may do."""

    HEAL = "heal"
    """Before the commit point: take back what was done; the primary stays the primary."""
    FORWARD = "forward"
    """After it: fence the old primary, promote the candidate where it is not yet, lead the route there."""
    SETTLE = "settle"
    """Roles have changed and both nodes are in their place: lead the route to the primary, touch nothing."""
    HANDS_OFF = "hands off"
    """Somebody else acts on the cluster: touch nothing, page."""


@dataclass(frozen=True)
class Decision:
    """What to do, and why in a sentence."""

    course: Course
    because: str


def decide(told: Round, seen: Topology, *, automatic: bool) -> Decision:
    """What to do about a round whose coordinator is gone.

    ``automatic``: the cluster promotes by itself, so that another primary than before needs no commit. Goes
    by the journal first, since the commit point is written before anybody promotes; by what is seen only
    where that says that somebody acted who does not write the journal.
    """
    if told.phase in {Phase.REJOINED, Phase.FAILED_BACK, Phase.FINISHED}:
        return Decision(Course.SETTLE, f"the round was {told.phase}: both nodes are in their place")
    if told.phase in {Phase.PREPARED, Phase.BREAKING}:
        return _before_commit(told, seen, automatic=automatic)
    return _after_commit(told, seen)


def _before_commit(told: Round, seen: Topology, *, automatic: bool) -> Decision:
    others = [each.name for each in seen.primaries if each.name != told.primary]
    if others and not automatic:
        return Decision(
            Course.HANDS_OFF,
            f"{' and '.join(others)} is primary, which this round never committed to: somebody else promoted "
            f"it, and starting {told.primary} again would make two primaries",
        )
    return Decision(Course.HEAL, f"the round was {told.phase}, before its commit point")


def _after_commit(told: Round, seen: Topology) -> Decision:
    roles = {each.name: each.role for each in seen.nodes}
    strangers = [each.name for each in seen.primaries if each.name not in {told.primary, told.candidate}]
    if strangers:
        return Decision(
            Course.HANDS_OFF,
            f"{' and '.join(strangers)} is primary, which has no part in this round: somebody else did that",
        )
    by_hand = told.facts.get(FENCED) == told.primary and roles.get(told.primary) is Role.PRIMARY
    if by_hand and roles.get(told.candidate) is not Role.PRIMARY:
        return Decision(
            Course.HANDS_OFF,
            f"{told.primary} was fenced by the guard and is primary again, which only a person can have done",
        )
    return Decision(Course.FORWARD, f"the round was {told.phase}, past its commit point")
