"""What each action would be, in commands that a reader could type: for plans. Nothing is done to find out."""

from __future__ import annotations

from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.faults.fault import Ground
from dataops.failover.faults.processes import start_words, stop_words
from dataops.failover.faults.registry import fault_of
from dataops.failover.hosts.member import Member
from dataops.failover.routes.route import ClientRoute
from dataops.failover.topology import Topology


def told(
    action: ActionName, member: Member, seen: Topology, ground: Ground, route: ClientRoute, fault: str
) -> Told:
    """See ``Driver.tell``."""
    if action == "break":
        return fault_of(fault).tell(ground, member.name)
    if action == "heal":
        broken = fault_of(fault).tell(ground, member.name)
        return Told(broken.undo, worst="Nothing: the fault is taken away.")
    if action == "route":
        return route.tell(member.name)
    return {
        "fence": _fence,
        "promote": _promote,
        "switch": _switch,
        "rejoin": _rejoin,
        "start": _start,
        "stop": _stop,
    }[action](member, seen)


def _fence(member: Member, seen: Topology) -> Told:
    data = member.host.place.data
    return Told(
        (
            f"{member.name}: touch {data}/standby.signal",
            f"{member.name}: kill -KILL <every process of {data}>",
        ),
        (f"{member.name}: rm {data}/standby.signal", start_words(member)),
        "The node serves nobody until it is rejoined.",
    )


def _promote(member: Member, seen: Topology) -> Told:
    waiting = _synchronous(member, seen)
    held = (
        f" Writes wait on {member.name} for a synchronous standby ({waiting}) until one follows it."
        if waiting
        else ""
    )
    return Told(
        (f"{member.name}: SELECT pg_promote(wait => false)",),
        (),
        f"This cannot be undone: from here on {member.name} writes a timeline of its own.{held}",
    )


def _switch(member: Member, seen: Topology) -> Told:
    primary = next((node.name for node in seen.primaries if node.name != member.name), "the primary")
    return Told(
        (
            f"{primary}: CHECKPOINT",
            f"{primary}: a fast stop",
            f"{member.name}: compare what it received with the last checkpoint of {primary}",
            f"{primary}: touch standby.signal",
            f"{member.name}: SELECT pg_promote(wait => false)",
        ),
        (),
        "Nobody can write from the stop to the promotion; nothing is lost.",
    )


def _rejoin(member: Member, seen: Topology) -> Told:
    place = member.host.place
    upstream = next((node.name for node in seen.primaries if node.name != member.name), "the new primary")
    return Told(
        (
            f"{upstream}: CHECKPOINT",
            f"{member.name}: {place.program('pg_rewind')} -D {place.data} --source-server=<{upstream}>",
            f"{member.name}: where that is impossible: mv {place.data} {place.data}.before-<time>; "
            f"{place.program('pg_basebackup')} -D {place.data} -X stream -c fast",
            f"{member.name}: primary_conninfo, primary_slot_name, standby.signal",
            start_words(member),
        ),
        (),
        "Writes that only the old primary has are undone there; of a rebuilt node the old directory is kept.",
    )


def _start(member: Member, seen: Topology) -> Told:
    return Told((start_words(member),), (stop_words(member),), "")


def _stop(member: Member, seen: Topology) -> Told:
    return Told((stop_words(member),), (start_words(member),), "Its sessions are cut.")


def _synchronous(member: Member, seen: Topology) -> str:
    settings = next((node.settings for node in seen.nodes if node.name == member.name), {})
    return settings.get("synchronous_standby_names", "")
