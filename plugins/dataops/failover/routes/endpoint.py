"""An endpoint that moves by itself: a proxy with health checks, or the name of a managed cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dataops.connections import Connection, Resolve
from dataops.failover.drivers.asking import Nodes
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import DriverFailed, Told
from dataops.inventory.failover import Failover

_PATIENCE = 300.0
"""Seconds for the endpoint to move: AWS says one to two minutes (RDS User Guide), a proxy needs seconds."""
_EVERY = 0.1


class EndpointRoute:
    """Nothing is told to anybody: the endpoint is watched until it leads to the node."""

    kind = "endpoint"

    def __init__(
        self, route: Connection, nodes: Callable[[], Mapping[str, Connection]], *, patience: float = _PATIENCE
    ) -> None:
        self._route = route
        self._nodes = nodes
        self._patience = patience
        self._asked: Nodes | None = None

    @classmethod
    def of(cls, failover: Failover, resolve: Resolve) -> EndpointRoute:
        """The route of a server; nothing is connected to yet."""
        return cls(
            resolve(failover.route.connection),
            lambda: {name: resolve(node.connection) for name, node in failover.nodes.items()},
        )

    def connection(self) -> Connection:
        return self._route

    def lead(self, node: str) -> None:
        """Wait until a new client arrives at the node, and it takes writes there.

        ``DriverFailed`` where the endpoint still leads elsewhere after five minutes.
        """
        nodes = self._known()
        arrived = ""

        def there() -> bool:
            nonlocal arrived
            arrived = nodes.arrival(self._route)
            return arrived == node and nodes.takes_writes(node)

        if not wait_until(there, seconds=self._patience, every=_EVERY):
            raise DriverFailed(
                f"{self._route.host}:{self._route.port or 5432} leads to {arrived or 'no node'} and not to "
                f"{node} after {self._patience:g} s: see the proxy's health checks, or the cluster's events."
            )

    def tell(self, node: str) -> Told:
        return Told(
            commands=(f"# the endpoint moves to {node} by itself; waited for",),
            worst="Clients that keep an old address, by DNS or a pool, stay away until they ask anew.",
        )

    def close(self) -> None:
        """Let go of what was opened."""
        if self._asked is not None:
            self._asked.close()

    def _known(self) -> Nodes:
        if self._asked is None:
            self._asked = Nodes(self._nodes())
        return self._asked
