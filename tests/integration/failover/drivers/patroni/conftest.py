"""A Patroni cluster for the tests of its driver: real Patroni, real etcd, real PostgreSQL."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dataops.connections import Connection, Resolve
from dataops.failover.drivers.patroni.driver import PatroniDriver

from tests.integration.failover.drivers.patroni.formation import Formation
from tests.integration.failover.drivers.patroni.runtime import runtime


@pytest.fixture(scope="session")
def start_formation(server_folder: Path) -> Iterator[Callable[..., Formation]]:
    """Start a Patroni cluster: ``start_formation(dcs={"synchronous_mode": True})``."""
    if shutil.which("etcd") is None:
        pytest.fail("There is no etcd on this machine: run make setup")
    patroni = runtime(server_folder)
    started: list[Formation] = []

    def start(**options: Any) -> Formation:
        folder = server_folder / f"patroni-{secrets.token_hex(3)}"
        folder.mkdir(mode=0o711)
        formation = Formation(folder, patroni, **options)
        started.append(formation)
        formation.start()
        return formation

    yield start
    for formation in started:
        formation.close()


@pytest.fixture(scope="module")
def formation(start_formation: Callable[..., Formation]) -> Formation:
    """Three members, of which gamma never leads; each test finds the roles as the one before left them."""
    return start_formation()


@pytest.fixture
def driver(formation: Formation) -> Iterator[PatroniDriver]:
    """A new driver, as a new process would have it."""
    made = PatroniDriver.of(formation.server(), resolver(formation))
    yield made
    made.close()


def resolver(formation: Formation) -> Resolve:
    """The connections of the cluster by id."""
    known = formation.connections()

    def resolve(connection_id: str) -> Connection:
        return known[connection_id]

    return resolve
