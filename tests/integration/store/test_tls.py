"""Threads share a client, and what OpenSSL lets them share is written once."""

from __future__ import annotations

import dataclasses
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataops.store import ObjectStore, StoreError

THREADS = 8


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every load of authorities into a context, while the test runs."""
    places: list[Any] = []
    load = ssl.SSLContext.load_verify_locations

    def noting(context: ssl.SSLContext, *arguments: Any, **named: Any) -> None:
        places.append(arguments)
        load(context, *arguments, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", noting)
    yield places


def at_once(store: ObjectStore) -> list[bool]:
    """Threads that each open a connection in the same moment, and what they heard."""
    together = threading.Barrier(THREADS)
    heard: list[bool] = []

    def look() -> None:
        together.wait(30)
        heard.append(store.exists("no/such/key"))

    threads = [threading.Thread(target=look) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return heard


def test_many_threads_connect_at_once_and_the_authorities_are_loaded_once(
    store: ObjectStore, loaded: list[Any]
) -> None:
    fresh = ObjectStore(store.connection, store.bucket)
    assert at_once(fresh) == [False] * THREADS
    assert [place[0] for place in loaded] == [store.connection.extra["verify"]]


def test_authorities_that_cannot_be_read_are_refused_every_time(
    store: ObjectStore, tmp_path: Path, loaded: list[Any]
) -> None:
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nonsense")
    extra = {**store.connection.extra, "verify": str(nonsense)}
    blind = ObjectStore(dataclasses.replace(store.connection, extra=extra), store.bucket, patience=0.1)
    for _ in range(2):
        before = len(loaded)
        with pytest.raises(StoreError):
            blind.exists("no/such/key")
        assert len(loaded) > before
