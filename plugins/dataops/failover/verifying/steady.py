"""The steady state that a round must leave behind: as it was, or as the scenario says. Pure."""

from __future__ import annotations

from collections.abc import Collection

from dataops.evidence.verdict import Check, Part
from dataops.failover.topology import Node, Role, Topology
from dataops.failover.verifying.judged import judged, part


def steady_state(
    name: str,
    before: Topology,
    after: Topology,
    *,
    primary: str,
    lag: int,
    left: Collection[str] = (),
) -> Check:
    """One primary that clients are led to, every other node streams within ``lag`` bytes, nothing is left.

    ``left``: what the round put somewhere and could not take away, in words.
    """
    parts = [
        part(
            "one primary",
            [each.name for each in after.primaries] == [primary],
            expected=primary,
            observed=" and ".join(each.name for each in after.primaries) or "none",
        ),
        part("route", after.routed == primary, expected=primary, observed=after.routed),
        *(_follower(node, before, after, lag) for node in after.nodes if node.name != primary),
        *(part(each, False, expected="taken away", observed="left") for each in left),
    ]
    return judged(name, parts, expected=f"{primary} serves and is followed", observed=_told(after))


def is_steady(before: Topology, after: Topology, *, primary: str, lag: int) -> bool:
    """Whether the cluster is there already: for waiting."""
    from dataops.evidence.verdict import Verdict

    return steady_state("", before, after, primary=primary, lag=lag).verdict is Verdict.PASSED


def _follower(node: Node, before: Topology, after: Topology, lag: int) -> Part:
    known = {each.name: each for each in before.nodes}.get(node.name)
    if known is not None and known.role is Role.DOWN:
        return part(node.name, True, expected="down, as before", observed=node.role)
    behind = after.lag(node.name)
    good = node.role is Role.STANDBY and node.streaming and behind is not None and behind <= lag
    told = node.role.value if node.role is not Role.STANDBY else _lag(node, behind)
    unknown = node.role is Role.UNKNOWN or (node.role is Role.STANDBY and behind is None)
    return part(
        node.name,
        None if unknown else good,
        expected=f"streams, at most {lag} bytes behind",
        observed=told,
        why=node.reason,
    )


def _lag(node: Node, behind: int | None) -> str:
    how = "streams" if node.streaming else "does not stream"
    return f"{how}, {'an unknown number of' if behind is None else behind} bytes behind"


def _told(seen: Topology) -> str:
    return ", ".join(f"{each.name} {each.role}" for each in seen.nodes)
