"""Servers at Amazon RDS: a Multi-AZ instance, or an instance with read replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops.evidence.steps import Say
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver


def build(platform: Platform, server: Server, say: Say) -> Driver:
    """The driver of a server at RDS; nothing is connected to yet."""
    from dataops.failover.drivers.rds.driver import rds_driver

    return rds_driver(server, platform.connection, say)
