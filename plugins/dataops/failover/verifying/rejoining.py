"""Proof that an old primary follows the new one, and kept nothing of its own. Pure, but for the looking.

That pg_rewind answered "no rewind required" proves nothing: before the new primary's first checkpoint it
says so to a node that has rows of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.topology import Node, Role
from dataops.failover.verifying.judged import judged, part


@dataclass(frozen=True)
class Follower:
    """A node that should follow, as it was seen. ``needed``: the LSN of the primary that it had to reach.

    ``own``: rows that it has and the primary has not; None where nobody could compare them.
    """

    node: Node
    primary: Node
    needed: int
    own: Collection[str] | None = ()
    missing: Collection[str] = ()
    has_wal: bool = True
    """False where nodes share one storage: then there is no timeline and nothing to replay."""


def follows(name: str, seen: Follower, *, how: str = "") -> Check:
    """It is a standby, on the primary's timeline, streams, replays on, and has no row of its own."""
    return judged(
        name,
        _parts(seen),
        expected=f"{seen.node.name} follows {seen.primary.name} and has no row of its own",
        observed=how or seen.node.role.value,
    )


def _parts(seen: Follower) -> tuple[Part, ...]:
    node, primary = seen.node, seen.primary
    told = node.role is not Role.UNKNOWN
    same = node.system_identifier == primary.system_identifier
    return (
        part(
            "standby",
            node.role is Role.STANDBY if told else None,
            expected="standby",
            observed=node.role,
            why=node.reason,
        ),
        part(
            "system identifier",
            same if node.system_identifier else None,
            expected=primary.system_identifier,
            observed=node.system_identifier,
        ),
        *(_of_wal(seen) if seen.has_wal else ()),
        part(
            "streaming",
            node.streaming if told else None,
            expected="its WAL receiver streams",
            observed="it streams" if node.streaming else "it does not",
        ),
        _rows(seen),
    )


def _of_wal(seen: Follower) -> tuple[Part, ...]:
    node, primary = seen.node, seen.primary
    timelines = node.timeline and primary.timeline
    return (
        part(
            "timeline",
            node.timeline == primary.timeline if timelines else None,
            expected=primary.timeline,
            observed=node.timeline,
        ),
        part(
            "replay advances",
            node.lsn >= seen.needed if node.lsn else None,
            expected=f"at least LSN {seen.needed}",
            observed=f"LSN {node.lsn}",
        ),
    )


def _rows(seen: Follower) -> Part:
    if seen.own is None:
        return Part(
            name="no row of its own",
            verdict=Verdict.INCONCLUSIVE,
            expected="the rows of the primary",
            reason=f"the rows of {seen.node.name} could not be compared",
        )
    told = [f"{len(seen.own)} rows that {seen.primary.name} has not: {_few(seen.own)}"] if seen.own else []
    told += [f"{len(seen.missing)} rows less: {_few(seen.missing)}"] if seen.missing else []
    return part(
        "no row of its own",
        not told,
        expected="the rows of the primary",
        observed=f"{seen.node.name} has {'; '.join(told)}" if told else "the same rows",
    )


def _few(names: Collection[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(shown) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
