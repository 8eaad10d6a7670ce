"""A pager, a store, and the two together with a server in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataops.store import ObjectStore

from tests.integration.failover.guard.pager import FakePager, listening


@pytest.fixture
def pager() -> Iterator[FakePager]:
    with listening() as pager:
        yield pager


@pytest.fixture
def store(object_store_server: Any) -> ObjectStore:
    return ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(), patience=10
    )
