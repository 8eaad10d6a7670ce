"""A cluster as it was seen at one moment: its nodes, who follows whom, and where the route leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a node is, by its own word."""

    PRIMARY = "primary"
    STANDBY = "standby"
    DOWN = "down"
    """It refuses connections, and its host says that no process of it runs."""
    UNKNOWN = "unknown"
    """It did not answer, and nobody can say why: never to be taken for down."""


@dataclass(frozen=True)
class Node:
    """One node. LSNs are bytes since the beginning of WAL; what could not be read is empty or 0."""

    name: str
    role: Role
    address: str
    """``host:port`` as we connect to it."""
    reason: str = ""
    """Why it is down or unknown."""
    system_identifier: str = ""
    version: int = 0
    """``server_version_num``."""
    timeline: int = 0
    """Of the WAL that it writes or replays; never that of the last checkpoint, which is stale."""
    lsn: int = 0
    """Written by a primary, replayed by a standby."""
    received: int = 0
    """Flushed by a standby's WAL receiver."""
    streaming: bool = False
    """Whether its WAL receiver streams now."""
    upstream: str = ""
    """``host:port`` that its WAL receiver is connected to."""
    sync_state: str = ""
    """Of a standby as its primary says: async, potential, sync or quorum."""
    data_directory: str = ""
    checksums: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    """From pg_settings, as the driver needs them and ``debt.py`` judges them."""


@dataclass(frozen=True)
class Topology:
    """All nodes, seen within one look. ``routed`` is the node that answers the clients' endpoint, if any."""

    driver: str
    nodes: tuple[Node, ...]
    routed: str
    at: datetime
    """UTC."""

    def node(self, name: str) -> Node:
        """The node of this name; ``KeyError`` where there is none."""
        return {each.name: each for each in self.nodes}[name]

    @property
    def primaries(self) -> tuple[Node, ...]:
        """Every node that says it is primary: two is what must never be."""
        return tuple(each for each in self.nodes if each.role is Role.PRIMARY)

    @property
    def standbys(self) -> tuple[Node, ...]:
        """Every node that is in recovery."""
        return tuple(each for each in self.nodes if each.role is Role.STANDBY)

    def lag(self, name: str) -> int | None:
        """Bytes of WAL that a standby has not received yet; None where it cannot be told."""
        behind = self.node(name)
        if len(self.primaries) != 1 or behind.role is not Role.STANDBY or not behind.received:
            return None
        return max(0, self.primaries[0].lsn - behind.received)
