"""The kill lever: pulled by anybody who may write to the bucket, and believed when in doubt."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.failover import lever
from dataops.failover.lever import LeverUnreadable, Stopped
from dataops.store import ObjectStore


@pytest.fixture
def store(object_store_server: Any) -> ObjectStore:
    return ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(), patience=10
    )


def test_while_it_is_pulled_nothing_may_begin(store: ObjectStore) -> None:
    assert lever.standing(store) is None
    lever.check(store)
    lever.pull(store, who="carol on host-a", why="a real incident")
    found = lever.standing(store)
    assert found is not None
    assert (found.who, found.why) == ("carol on host-a", "a real incident")
    with pytest.raises(Stopped, match="by carol on host-a: a real incident"):
        lever.check(store)
    lever.release(store, who="dave", why="")
    assert lever.standing(store) is None
    lever.check(store)
    assert str(lever.last(store)).endswith("by dave: no reason given")


@pytest.mark.parametrize("body", ["", "[]", '{"pulled": false}'])
def test_what_cannot_be_read_counts_as_pulled(store: ObjectStore, body: str) -> None:
    store.put(lever.KEY, body)
    with pytest.raises(LeverUnreadable, match="counts as pulled"):
        lever.check(store)
    lever.release(store, who="dave", why="it was damaged")
    lever.check(store)
