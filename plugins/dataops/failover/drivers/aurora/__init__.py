"""DB clusters at AWS: Aurora, and Multi-AZ DB clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.evidence.steps import Say
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver


def build(platform: Platform, server: Server, say: Say) -> Driver:
    """The driver of a DB cluster; nothing is connected to yet."""
    from dataops.failover.drivers.aurora.driver import AuroraDriver

    return AuroraDriver.of(server, platform.connection, say)
