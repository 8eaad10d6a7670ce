"""The route of a server, by its kind."""

from __future__ import annotations

from dataops.connections import Resolve
from dataops.failover.routes.route import ClientRoute
from dataops.inventory.failover import Failover


def client_route(failover: Failover, resolve: Resolve) -> ClientRoute:
    """How clients find the primary; ``ConfigurationError`` where its settings are not enough."""
    kind = failover.route.kind
    if kind == "haproxy":
        from dataops.failover.routes.haproxy import HaproxyRoute

        return HaproxyRoute.of(failover, resolve)
    if kind == "route53":
        from dataops.failover.routes.route53 import Route53Route

        return Route53Route.of(failover, resolve)
    if kind == "endpoint":
        from dataops.failover.routes.endpoint import EndpointRoute

        return EndpointRoute.of(failover, resolve)
    from dataops.failover.routes.libpq import LibpqRoute

    return LibpqRoute.of(failover, resolve)
