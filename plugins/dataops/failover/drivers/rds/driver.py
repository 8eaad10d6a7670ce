"""Which driver a server at RDS needs: one instance in the inventory is Multi-AZ, several are replicas."""

from __future__ import annotations

from collections.abc import Callable

from dataops.connections import Resolve
from dataops.errors import ConfigurationError
from dataops.failover.drivers.managed import aws_of
from dataops.failover.drivers.rds.api import EVERY, RdsApi
from dataops.failover.drivers.rds.multi_az import MultiAzDriver
from dataops.failover.drivers.rds.replicas import ReplicaDriver
from dataops.inventory import Server

FENCE = "fence_security_groups"


def rds_driver(
    server: Server,
    resolve: Resolve,
    say: Callable[[str], None] = lambda _: None,
    *,
    every: float = EVERY,
) -> MultiAzDriver | ReplicaDriver:
    """The driver of a server of the inventory. ``every``: seconds between two looks at AWS."""
    aws, region = aws_of(server, resolve)
    assert server.failover is not None
    api = RdsApi(aws, region, every=every)
    if len(server.failover.nodes) == 1:
        return MultiAzDriver(server.failover, resolve, api, say)
    groups = aws.extra.get(FENCE)
    if not isinstance(groups, list) or not groups or not all(isinstance(each, str) for each in groups):
        raise ConfigurationError(
            f"Connection {aws.id!r}: extra.{FENCE} must list security groups that let nobody in, such as "
            '["sg-0123456789abcdef0"]: by them an old primary is fenced.'
        )
    return ReplicaDriver(server.failover, resolve, api, frozenset(groups), say)
