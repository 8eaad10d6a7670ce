"""One node as a test holds it: by SQL straight to it, and by its machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.opening import open_host
from dataops.inventory.failover import Failover


@dataclass(frozen=True)
class Member:
    """A node of the inventory. Nothing is connected to yet."""

    name: str
    connection: Connection
    host: Host

    @property
    def port(self) -> int:
        """Where PostgreSQL listens."""
        return self.connection.port or 5432

    @property
    def address(self) -> str:
        """What the other nodes call it: the machine's ``address``, else the host that we connect to."""
        return self.host.place.address or self.connection.host

    @property
    def endpoint(self) -> str:
        """``host:port`` as we connect to it."""
        return f"{self.connection.host}:{self.port}"

    @property
    def endpoint_of_peers(self) -> str:
        """``host:port`` as the other nodes connect to it."""
        return f"{self.address}:{self.port}"


def members_of(failover: Failover, resolve: Resolve) -> Mapping[str, Member]:
    """Every node of a server; ``ConfigurationError`` where one has no machine by which it could be held."""
    found: dict[str, Member] = {}
    for name, node in failover.nodes.items():
        if node.host is None:
            raise ConfigurationError(
                f"failover.nodes.{name}.host is missing: the driver {failover.driver!r} stops, starts and "
                "breaks a node by a connection of type local or ssh to its machine."
            )
        connection = resolve(node.connection)
        if not connection.host or "," in connection.host or connection.host.startswith("/"):
            raise ConfigurationError(
                f"Connection {connection.id!r} of failover.nodes.{name} must name one host over TCP: other "
                "nodes connect to it too."
            )
        found[name] = Member(name, connection, open_host(resolve(node.host)))
    return found
