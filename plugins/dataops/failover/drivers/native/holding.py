"""WAL that nodes will need to come back is held on the new primary, from its first moment on.

A node rejoins from where both histories parted. Nobody streams from there yet, so that the next checkpoint
would let the new primary recycle that very segment, and the node could only be rebuilt. A slot of our own
holds it; it is dropped once the node streams.
"""

from __future__ import annotations

from collections.abc import Iterable

from dataops.errors import DataOpsError
from dataops.failover.drivers.native.session import Session
from dataops.failover.hosts.member import Member

PREFIX = "dataops_rejoin_"
_HOLD = """
    SELECT pg_create_physical_replication_slot(%s, immediately_reserve => true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %s)
"""
_RELEASE = """
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE NOT active AND slot_name = %s
"""
_LEFTOVERS = """
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE NOT active AND starts_with(slot_name, %s)
"""
_HAS = "SELECT EXISTS (SELECT FROM pg_ls_waldir() WHERE name = pg_walfile_name(%s::pg_lsn + 1))"
_TIMELINE = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"


def slot_of(node: str) -> str:
    """The slot that holds WAL for a node until it is back."""
    return PREFIX + node.replace("-", "_")


def hold(primary: Session, nodes: Iterable[str]) -> str:
    """Hold WAL for these nodes, from the primary's last checkpoint; empty, or what went wrong.

    Nothing is lost where it does not succeed: a node whose WAL is gone is rebuilt.
    """
    try:
        for node in nodes:
            primary.ask(_HOLD, [slot_of(node), slot_of(node)], within=10)
    except DataOpsError as error:
        return str(error)
    return ""


def release(primary: Session, node: str) -> None:
    """The node streams: nothing needs to be held for it."""
    primary.ask(_RELEASE, [slot_of(node)], within=30)


def release_all(standby: Session) -> None:
    """A node that is a standby now holds nothing for others."""
    standby.ask(_LEFTOVERS, [PREFIX], within=30)


def parted(upstream: Member, leader: Session) -> str:
    """Where the upstream left the timeline before its own, as an LSN; empty on the first timeline."""
    timeline = int(leader.ask(_TIMELINE, within=5)[0][0])
    history = upstream.host.read(f"{upstream.host.place.data}/pg_wal/{timeline:08X}.history") or ""
    return fork_of(history)


def gone(upstream: Member, leader: Session) -> str:
    """Empty where the upstream has WAL from where histories parted; else what is missing, in a sentence."""
    fork = parted(upstream, leader)
    if not fork or leader.ask(_HAS, [fork], within=10)[0][0]:
        return ""
    return f"{upstream.name} no longer has the WAL of {fork}, where both histories parted."


def fork_of(history: str) -> str:
    """The last switch of a timeline's history file: lines of parent, LSN, reason (timeline.c)."""
    lines = [line.split() for line in history.splitlines() if line.strip() and not line.startswith("#")]
    return lines[-1][1] if lines and len(lines[-1]) > 1 else ""
