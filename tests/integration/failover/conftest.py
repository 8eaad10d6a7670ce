"""Cells: a primary, its standbys and a route, made for one test or for the tests of one module."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import ObjectStoreServer
from tests.integration.failover.cell import Cell, Shape
from tests.integration.failover.making import build, prepare


@contextmanager
def running_cell(folder: Path, store: ObjectStoreServer, shape: Shape) -> Generator[Cell]:
    """A cell that runs as long as the block lasts, and whose buckets are the platform's."""
    made = prepare(folder, store, shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_BUCKET", made.bucket)
        patch.setenv("DATAOPS_REPLICA_BUCKET", made.replica_bucket)
        patch.setenv("DATAOPS_SPOOL", str(made.folder / "spool"))
        try:
            build(made)
            yield made
        finally:
            made.close()


@pytest.fixture
def make_cell(server_folder: Path, object_store_server: ObjectStoreServer) -> Iterator[Callable[..., Cell]]:
    """``make_cell(synchronous=True)``: see ``Shape`` for what else may be wished."""
    with ExitStack() as running:
        yield lambda **wishes: running.enter_context(
            running_cell(server_folder, object_store_server, Shape(**wishes))
        )


@pytest.fixture
def cell(make_cell: Callable[..., Cell]) -> Cell:
    """A primary ``alpha``, a standby ``beta``, HAProxy before them: fresh, for one test that breaks it."""
    return make_cell()


@pytest.fixture(scope="module")
def shared_cell(server_folder: Path, object_store_server: ObjectStoreServer) -> Iterator[Cell]:
    """One such cell for all tests of a module, each of which leaves it as it was."""
    with running_cell(server_folder, object_store_server, Shape()) as made:
        yield made
