"""Clients that know every node and ask for one that takes writes: nothing needs to be told to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dataops.connections import Connection, Resolve
from dataops.failover.drivers.driver import Told
from dataops.inventory.failover import Failover

_ANY = ("read-write", "primary")
"""Values of target_session_attrs by which a client finds the primary (libpq, Connection Parameters)."""


class LibpqRoute:
    """A list of hosts. A client tries one after the other, so the new primary needs no announcement."""

    kind = "libpq"

    def __init__(self, route: Connection) -> None:
        self._route = route

    @classmethod
    def of(cls, failover: Failover, resolve: Resolve) -> LibpqRoute:
        """The route of a server: where its connection names no host, the hosts of all nodes."""
        route = resolve(failover.route.connection)
        if route.host:
            return cls(route)
        nodes = [resolve(node.connection) for node in failover.nodes.values()]
        return cls(
            replace(
                route,
                host=",".join(node.host for node in nodes),
                extra={**route.extra, "ports": ",".join(str(node.port or 5432) for node in nodes)},
            )
        )

    def connection(self) -> Connection:
        """As clients connect: with several hosts they ask for a writable one, unless told otherwise."""
        asked: Mapping[str, str] = {"target_session_attrs": _ANY[0]} if "," in self._route.host else {}
        return replace(self._route, extra={**asked, **self._route.extra})

    def lead(self, node: str) -> None:
        """Nothing is to be done: who takes writes is found."""

    def tell(self, node: str) -> Told:
        return Told(
            commands=(f"# clients find {node} by themselves (libpq, target_session_attrs)",),
            worst="A client that does not set target_session_attrs may stay on a standby.",
        )

    def close(self) -> None:
        """Nothing is held."""


def one_by_one(connection: Connection) -> tuple[Connection, ...]:
    """The hosts of a connection, each as a connection of its own: so that each gets a deadline of its own.

    One port for all, or one for each, as libpq reads them.
    """
    hosts = connection.host.split(",")
    ports = str(connection.extra.get("ports") or connection.port or 5432).split(",")
    extra = {name: value for name, value in connection.extra.items() if name != "ports"}
    if len(ports) == 1:
        ports *= len(hosts)
    return tuple(
        replace(connection, host=host.strip(), port=int(port or 5432), extra=extra)
        for host, port in zip(hosts, ports, strict=True)
    )
