"""Which node is promoted: the one that is named, else the one that has what was acknowledged."""

from __future__ import annotations

from dataops.errors import InconclusiveError
from dataops.failover.planning.course import AT_ANY, AT_STANDBY
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory.size import bytes_of

SYNCHRONOUS = frozenset(("sync", "quorum"))


class NoPlan(InconclusiveError):
    """The cluster is not in a state from which the scenario could start: the message says why."""


def primary_of(seen: Topology) -> Node:
    """The only primary. Raises ``NoPlan`` where there is none, or more than one."""
    if len(seen.primaries) == 1:
        return seen.primaries[0]
    told = "; ".join(f"{each.name} is {each.role}{_because(each)}" for each in seen.nodes)
    found = "no node" if not seen.primaries else " and ".join(each.name for each in seen.primaries)
    raise NoPlan(f"Exactly one node must be primary, and {found} says that it is: {told}.")


def candidate_of(scenario: Scenario, seen: Topology, *, lag: str, automatic: bool = False) -> str:
    """The node that is to be promoted. Raises ``NoPlan`` where no standby could be.

    Standbys that differ by less than ``lag`` count as equal and are taken by name: a plan must not change
    with every byte of WAL. A cluster of one node that fails over by itself (RDS Multi-AZ) names itself.
    """
    primary = primary_of(seen)
    if len(seen.nodes) == 1 and automatic:
        return primary.name
    if scenario.standby:
        return _named(scenario.standby, seen, "promotes").name
    standbys = [each for each in seen.standbys if each.streaming] or list(seen.standbys)
    if not standbys:
        told = "; ".join(f"{each.name} is {each.role}{_because(each)}" for each in seen.nodes)
        raise NoPlan(f"No standby could take over from {primary.name}: {told}.")
    synchronous = [each for each in standbys if each.sync_state in SYNCHRONOUS]
    ahead = max(each.received for each in standbys)
    near = [each for each in standbys if ahead - each.received <= bytes_of(lag)]
    return min(each.name for each in (synchronous or near))


def broken_of(scenario: Scenario, seen: Topology, candidate: str) -> str:
    """The node that is broken. Raises ``NoPlan`` where the one that is named has another role now.

    Roles may have changed since the scenario was written: breaking a standby in the primary's place would
    fence the primary for nothing.
    """
    primary, named = primary_of(seen).name, scenario.node
    at_standby = scenario.breaks in AT_STANDBY
    if named is None:
        return candidate if at_standby else primary
    if named not in {each.name for each in seen.nodes}:
        raise NoPlan(f"{named}, which the scenario breaks, was not seen.")
    if at_standby:
        return _named(named, seen, "breaks").name
    if named != primary and scenario.breaks not in AT_ANY:
        raise NoPlan(
            f"The scenario breaks {named} as the primary, and {primary} is primary now: fail back first, or "
            "leave `node` out of the scenario."
        )
    return named


def _named(name: str, seen: Topology, does: str) -> Node:
    node = next((each for each in seen.nodes if each.name == name), None)
    if node is None or node.role is not Role.STANDBY:
        what = f"is {node.role}{_because(node)}" if node else "was not seen"
        raise NoPlan(f"{name}, which the scenario {does}, is no standby: it {what}.")
    return node


def _because(node: Node) -> str:
    return f" ({node.reason.rstrip('.')})" if node.reason else ""
