"""From the driver that a server's file names to the one that does it. Only that one is imported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say
from dataops.inventory import Server
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver
    from dataops.failover.job import Build


def driver_of(platform: Platform, server: Server, say: Say) -> Driver:
    """The driver of the server's cluster, connected to nothing yet.

    Each driver is a package beside this module, named as in the file, with a function ``build``: boto3 is
    imported for AWS alone. Raises ``ConfigurationError`` where the file says nothing of failover.
    """
    if server.failover is None:
        raise ConfigurationError(
            f"No test may fail {server.name} over: include/servers/{server.name}.yaml has no `failover:`."
        )
    build: Build = import_module(f"{__package__}.{server.failover.driver}").build
    return build(platform, server, say)
