"""A store that fails: retried within limits, then told; nothing half-published."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from collections.abc import Callable

import pytest
from dataops.store import Conflict, ObjectStore, StoreError, StoreFull

from tests.integration.store.faulty_store import Fault, FaultyStore

Through = Callable[..., ObjectStore]
CONTENT = os.urandom(20_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("fault", [503, 500, "reset", "mute"])
def test_what_passes_is_retried(through: Through, faulty: FaultyStore, fault: Fault) -> None:
    store = through()
    # an upload that was begun without our hearing of it stays pending: the sweep's work
    faulty.fail(3, fault, method="PUT" if fault == "mute" else "")
    stored = store.upload(f"retried/{fault}", io.BytesIO(CONTENT))
    assert stored.sha256 == SHA256
    assert store.sha256_of(f"retried/{fault}") == (SHA256, len(CONTENT))
    assert not list(store.pending_uploads(f"retried/{fault}"))


@pytest.mark.parametrize("fault", [503, "reset"])
def test_what_does_not_pass_fails_with_its_reason_and_leaves_nothing(
    through: Through, store: ObjectStore, faulty: FaultyStore, fault: Fault
) -> None:
    key = f"given-up/{fault}"
    faulty.fail(10_000, fault, method="PUT", containing="partNumber=2")
    with pytest.raises(
        StoreError, match=rf"part 2 of {key}.*gave up after \d+ attempts in \d+ s: "
    ) as caught:
        through(patience=1).upload(key, io.BytesIO(CONTENT))
    assert (str(fault) if fault == 503 else "onnection") in str(caught.value)
    assert not store.exists(key)
    assert not list(store.pending_uploads(key))


def test_a_store_that_is_down_is_named(store: ObjectStore) -> None:
    extra = {**store.connection.extra, "endpoint_url": "https://127.0.0.1:9"}
    down = ObjectStore(dataclasses.replace(store.connection, extra=extra), store.bucket, patience=0.5)
    with pytest.raises(StoreError, match=r"write a/b: the store at https://127\.0\.0\.1:9.* gave up"):
        down.put("a/b", "x")


def test_a_full_store_is_not_asked_again(through: Through, faulty: FaultyStore, store: ObjectStore) -> None:
    faulty.fail(10_000, 507, method="PUT", containing="partNumber=2")
    with pytest.raises(StoreFull, match="no room left"):
        through().upload("full", io.BytesIO(CONTENT))
    assert sum("partNumber=2" in request for request in faulty.requests) == 1
    assert not store.exists("full")
    assert not list(store.pending_uploads("full"))


def test_a_conditional_write_whose_answer_was_lost_knows_its_own_object(
    through: Through, faulty: FaultyStore
) -> None:
    store = through()
    faulty.fail(1, "mute", method="PUT")
    stored = store.put("mute/1", "mine", if_none_match=True)
    assert store.get("mute/1") == b"mine"
    faulty.fail(1, "reset", method="PUT")
    with pytest.raises(Conflict, match="mute/1"):
        store.put("mute/1", "another", if_none_match=True)
    faulty.fail(1, "mute", method="PUT")
    assert store.put("mute/1", "mine, again", if_match=stored.etag).size == 11


def test_a_completed_upload_whose_answer_was_lost_is_recognised(
    through: Through, faulty: FaultyStore
) -> None:
    faulty.fail(1, "mute", method="POST", containing="uploadId=")
    assert through().upload("mute/upload", io.BytesIO(CONTENT)).sha256 == SHA256


def test_a_download_goes_on_where_the_connection_broke(through: Through, faulty: FaultyStore) -> None:
    store = through()
    store.upload("resumed", io.BytesIO(CONTENT))
    faulty.fail(2, "short", method="GET", containing="resumed")
    assert store.sha256_of("resumed") == (SHA256, len(CONTENT))
