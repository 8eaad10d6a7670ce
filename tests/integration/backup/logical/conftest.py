"""What may go wrong around a logical backup: a store that answers badly, and a place to restore into."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.bench import Bench
from tests.integration.store.faulty_store import FaultyStore, before


@pytest.fixture
def faulty(object_store_server: Any) -> Iterator[FaultyStore]:
    """A proxy before the store that answers badly, or late, when told to."""
    with before(object_store_server.server.ports["s3"]) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(faulty: FaultyStore) -> Callable[[Bench], Bench]:
    """The same platform, reaching the store through the proxy."""

    def reroute(one: Bench) -> Bench:
        direct = one.connections["dataops_store"]
        extra = {**direct.extra, "endpoint_url": f"http://127.0.0.1:{faulty.port}"}
        one.connections["dataops_store"] = dataclasses.replace(direct, extra=extra)
        return one

    return reroute


@pytest.fixture
def at_first_piece(faulty: FaultyStore) -> Callable[[Callable[[], None]], None]:
    """Do something when the first piece of each attempt reaches the store: the snapshot is held then."""

    def arrange(act: Callable[[], None], *, times: int = 1) -> None:
        seen: set[str] = set()
        lock = threading.Lock()

        def decide(method: str, path: str) -> None:
            attempt, slash, _ = path.partition("/pieces/")
            with lock:
                if method == "GET" or not slash or attempt in seen or len(seen) == times:
                    return
                seen.add(attempt)
                act()

        faulty.decide = decide

    return arrange


@pytest.fixture
def scratch(primary: Any) -> Callable[[], str]:
    """``scratch()``: the DSN of a database that does not exist yet."""
    return lambda: primary.dsn(f"restored_{secrets.token_hex(4)}")
