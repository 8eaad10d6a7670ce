"""A DB cluster: moto in front, a real primary and its standby behind, with Aurora's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dataops.connections import Connection

from tests.conftest import DatabaseServer
from tests.integration.failover.aws import aws
from tests.integration.failover.drivers.aurora.dbcluster import Cluster

__all__ = ["aws"]


@pytest.fixture(scope="module")
def cluster(
    aws: Connection,
    start_primary: Callable[..., DatabaseServer],
    start_standby: Callable[..., DatabaseServer],
) -> Iterator[Cluster]:
    """alpha writes, beta reads; each test finds the roles as the one before left them."""
    primary = start_primary("aurora")
    with pytest.MonkeyPatch.context() as patch:
        made = Cluster(aws, patch, primary, start_standby(primary, "aurora-reader"))
        yield made
        made.close()
