"""A cloud of their own for the tests of a module: moto in front, real servers behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dataops.connections import Connection

from tests.integration.failover.aws import aws
from tests.integration.failover.drivers.rds.cloud import Cloud

__all__ = ["aws"]


@pytest.fixture(scope="module")
def cloud(aws: Connection) -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as patch:
        made = Cloud(aws, patch)
        yield made
        made.close()
