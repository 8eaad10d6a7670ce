"""Buckets on the session's store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataops.store import ObjectStore

from tests.integration.store.faulty_store import FaultyStore, before


@pytest.fixture(scope="module")
def store(object_store_server: Any) -> ObjectStore:
    """A versioned bucket that can lock objects, for the tests of one module."""
    return ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(), patience=20
    )


@pytest.fixture
def faulty(object_store_server: Any) -> Iterator[FaultyStore]:
    with before(object_store_server.server.ports["s3"]) as proxy:
        yield proxy


@pytest.fixture
def through(store: ObjectStore, faulty: FaultyStore) -> Callable[..., ObjectStore]:
    """The same bucket through the faulty proxy."""

    def connect(patience: float = 20) -> ObjectStore:
        extra = {**store.connection.extra, "endpoint_url": f"http://127.0.0.1:{faulty.port}"}
        return ObjectStore(dataclasses.replace(store.connection, extra=extra), store.bucket, patience)

    return connect
