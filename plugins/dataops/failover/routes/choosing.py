"""The route of a server, by its kind."""

from __future__ import annotations

from dataops.connections import Resolve
from dataops.errors import ConfigurationError
from dataops.failover.routes.route import ClientRoute
from dataops.inventory.failover import Failover


def client_route(failover: Failover, resolve: Resolve) -> ClientRoute:
    """How clients find the primary; ``ConfigurationError`` where its settings are not enough."""
    kind = failover.route.kind
    if kind == "haproxy":
        from dataops.failover.routes.haproxy import HaproxyRoute

        return HaproxyRoute.of(failover, resolve)
    if kind == "libpq":
        from dataops.failover.routes.libpq import LibpqRoute

        return LibpqRoute.of(failover, resolve)
    raise ConfigurationError(
        f"failover.route.kind {kind!r} does not go with failover.driver {failover.driver!r}: "
        "use libpq or haproxy."
    )
