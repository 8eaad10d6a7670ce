"""One real broker for the session (isolate a test by a topic prefix); three with racks where needed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataops.store import ObjectStore

from tests.integration.kafka.broker import KafkaServer

_RUNNING: list[KafkaServer] = []


@pytest.fixture(scope="module", autouse=True)
def topics_of_the_module() -> Iterator[None]:
    """The topics of a module's tests go with it: whoever looks at a cluster looks at all of its topics."""
    yield
    for server in _RUNNING:
        if topics := [name for name in server.topics() if not name.startswith("__")]:
            server.delete(*topics)


@pytest.fixture(scope="session")
def kafka(server_folder: Path) -> Iterator[KafkaServer]:
    """The session's broker, with StandardAuthorizer, SCRAM, TLS and OAuth."""
    server = KafkaServer.make(server_folder / "kafka")
    server.start()
    _RUNNING.append(server)
    yield server
    _RUNNING.remove(server)
    server.stop(seconds=0)


@pytest.fixture(scope="session")
def three_brokers(server_folder: Path) -> Iterator[KafkaServer]:
    """Three nodes in the racks a, b and c. A test that stops one starts it again."""
    server = KafkaServer.make(server_folder / "kafka-three", size=3)
    server.start()
    _RUNNING.append(server)
    yield server
    _RUNNING.remove(server)
    server.stop(seconds=0)


@pytest.fixture
def prefix() -> str:
    """What the names of a test's topics, users and groups begin with."""
    return f"t{secrets.token_hex(4)}-"


@pytest.fixture(scope="module")
def store(object_store_server: Any) -> ObjectStore:
    """A bucket for journals and leases."""
    bucket = object_store_server.bucket()
    return ObjectStore.from_connection(object_store_server.connection(), bucket, patience=20)


@pytest.fixture
def healed(kafka: KafkaServer) -> Iterator[KafkaServer]:
    """The session's broker whose proxy breaks nothing any more afterwards."""
    for node in kafka.nodes:
        node.proxy.requests.clear()
    yield kafka
    for node in kafka.nodes:
        node.proxy.heal()
