"""Clusters, servers and scenarios for tests without a server: healthy unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory import Database, Failover, Server

IDENTIFIER = "7300000000000000001"
AT = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
LSN = 0x5000000


def node(name: str, role: Role, **changes: Any) -> Node:
    """A node at 127.0.0.1 that is well."""
    standby = role is Role.STANDBY
    made = Node(
        name=name,
        role=role,
        address=f"127.0.0.1:{5400 + len(name)}",
        system_identifier=IDENTIFIER,
        version=150018,
        timeline=1,
        lsn=LSN,
        received=LSN if standby else 0,
        streaming=standby,
        upstream="127.0.0.1:5405" if standby else "",
        sync_state="async" if standby else "",
        data_directory=f"/var/lib/postgresql/{name}",
        checksums=True,
        settings={"wal_log_hints": "off", "full_page_writes": "on"},
    )
    return replace(made, **changes)


def cluster(*nodes: Node, routed: str = "alpha", driver: str = "native") -> Topology:
    """alpha is primary and beta follows it, unless nodes are given."""
    found = nodes or (node("alpha", Role.PRIMARY), node("beta", Role.STANDBY))
    return Topology(driver=driver, nodes=found, routed=routed, at=AT)


def failover(**changes: Any) -> Failover:
    """What a server's file says of its failover."""
    said: dict[str, Any] = {
        "nodes": {
            "alpha": {"connection": "main_alpha", "host": "main_alpha_host"},
            "beta": {"connection": "main_beta", "host": "main_beta_host"},
        },
        "route": {"connection": "main_route"},
        **changes,
    }
    return Failover.model_validate(said)


def server(**changes: Any) -> Server:
    """A server that may be failed over."""
    said = {"server": "main", "environment": "staging", "connection": "main", "owner": "dba", **changes}
    return Server.model_validate({"failover": failover().model_dump(mode="json"), **said})


def database(name: str = "shop") -> Database:
    """A database on it."""
    return Database.model_validate({"database": name, "server": "main", "owner": "shop-team"})


def scenario(mode: str = "crash", **changes: Any) -> Scenario:
    """A scenario of three lines."""
    return Scenario.model_validate({"scenario": "shop_test", "database": "shop", "mode": mode, **changes})


class Teller:
    """Says what it would do in the simplest words, and never does it."""

    def __init__(self, *, automatic: bool = False) -> None:
        self.automatic = automatic
        self.asked: list[tuple[str, str]] = []

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        self.asked.append((action, node))
        what = f"{action} {fault}".strip()
        primaries = ",".join(each.name for each in seen.primaries)
        return Told(
            commands=(f"{what} {node} of {primaries}",),
            undo=(f"not {what} {node}",),
            worst=f"{action} may fail",
        )
