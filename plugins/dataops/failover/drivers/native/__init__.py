"""Plain streaming replication, held by SQL and by the nodes' own machines."""

from __future__ import annotations

from collections.abc import Callable

from dataops.failover.drivers.driver import Driver
from dataops.inventory import Server
from dataops.platform import Platform


def build(platform: Platform, server: Server, say: Callable[[str], None]) -> Driver:
    """The driver of a server; nothing is connected to yet."""
    from dataops.failover.drivers.native.driver import NativeDriver

    return NativeDriver.of(server, platform.connection, say)
