"""Whether the guard could act on a server, if it had to: asked while nothing is broken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from dataops.errors import DataOpsError
from dataops.failover.topology import Role

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver
    from dataops.inventory import Server
    from dataops.platform import Platform

Make = Callable[["Server"], "Driver"]
"""From a server to the driver of its cluster, connected to nothing yet."""


def obstacle(platform: Platform, server: Server, make: Make) -> str:
    """Empty where every node answers and every host can be asked; else the first thing that is in the way."""
    try:
        return _silent_node(make(server)) or _deaf_host(platform, server)
    except DataOpsError as error:
        return str(error)


def _silent_node(driver: Driver) -> str:
    try:
        seen = driver.observe()
    finally:
        let_go(driver)
    silent = [each for each in seen.nodes if each.role is Role.UNKNOWN]
    return f"{silent[0].name} does not answer: {silent[0].reason}" if silent else ""


def _deaf_host(platform: Platform, server: Server) -> str:
    from dataops.failover.hosts.opening import open_host

    for node in (server.failover.nodes if server.failover else {}).values():
        if node.host is not None:
            with closing(open_host(platform.connection(node.host))) as host:
                host.processes()
    return ""


def let_go(driver: Driver) -> None:
    """Close the driver's sessions, where it keeps any."""
    close = getattr(driver, "close", None)
    if close is not None:
        close()
