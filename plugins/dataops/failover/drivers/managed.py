"""What clusters have in common that somebody else manages: no machine to ask, only an API and SQL."""

from __future__ import annotations

from collections.abc import Callable

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError
from dataops.failover.drivers.asking import Ask, Nodes
from dataops.failover.routes.choosing import client_route
from dataops.inventory import Server
from dataops.inventory.failover import Failover


class Managed:
    """The parts of ``Driver`` that no such cluster does otherwise. Names of nodes are the instances' own."""

    name = ""

    def __init__(
        self, settings: Failover, resolve: Resolve, say: Callable[[str], None], *, ask: Ask | None = None
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._say = say
        self._route = client_route(settings, resolve)
        self._nodes = Nodes({name: self.connection(name) for name in settings.nodes}, ask=ask)

    def connection(self, node: str) -> Connection:
        return self._resolve(self._settings.nodes[node].connection)

    def routed(self) -> Connection:
        return self._route.connection()

    def route(self, node: str) -> None:
        self._route.lead(node)

    def close(self) -> None:
        """Let the sessions go."""
        self._nodes.close()
        self._route.close()

    def _strayed(self, node: str, endpoint: str) -> str:
        """Why a node's connection does not lead to its instance, where AWS's own names show it."""
        host = self.connection(node).host
        if host.endswith(".rds.amazonaws.com") and endpoint and host != endpoint:
            return f"The connection leads to {host}, and AWS says that {node} is at {endpoint}: correct it."
        return ""


def aws_of(server: Server, resolve: Resolve) -> tuple[Connection, str]:
    """The AWS connection of a server's cluster and its region; ``ConfigurationError`` where none is named."""
    settings = server.failover
    if settings is None:
        raise ConfigurationError(f"{server.name} has no `failover:` in its file.")
    api = settings.api or (server.rds.connection if server.rds else None)
    region = settings.region or (server.rds.region if server.rds else None)
    if api is None or region is None:
        missing = "api` (the AWS connection" if api is None else "region` (such as eu-central-1"
        raise ConfigurationError(f"The driver {settings.driver} needs `failover.{missing}).")
    return resolve(api), region
