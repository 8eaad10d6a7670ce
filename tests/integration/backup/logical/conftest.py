"""What may go wrong around a logical backup: a store that answers badly, and a place to restore into."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataops.backup.logical import attempt
from dataops.backup.logical.dump import dump

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
def while_held(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do something in each attempt when pg_dump has ended: the snapshot and its locks are held then."""

    def arrange(act: Callable[[], None], *, times: int = 1) -> None:
        left = [act] * times

        def dump_then_act(*arguments: Any, guard: Callable[[], None], **options: Any) -> Any:
            dumped = dump(*arguments, guard=guard, **options)
            acting = threading.Thread(target=left.pop() if left else lambda: None)
            acting.start()
            while acting.is_alive():
                guard()
                acting.join(0.05)
            return dumped

        monkeypatch.setattr(attempt, "dump", dump_then_act)

    return arrange


@pytest.fixture
def scratch(primary: Any) -> Callable[[], str]:
    """``scratch()``: the DSN of a database that does not exist yet."""
    return lambda: primary.dsn(f"restored_{secrets.token_hex(4)}")
