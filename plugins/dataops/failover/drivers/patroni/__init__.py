"""Clusters that Patroni runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.evidence.steps import Say
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver


def build(platform: Platform, server: Server, say: Say) -> Driver:
    """The driver of a server that Patroni runs; nothing is connected to yet."""
    from dataops.failover.drivers.patroni.driver import PatroniDriver

    return PatroniDriver.of(server, platform.connection, say)
