"""Objects are what was sent, or they are not there."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import secrets
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from dataops.store import Conflict, ObjectLocked, ObjectMissing, ObjectStore, StoreRefused

from sandbox.certificates import Authority


def test_what_is_put_is_read_back(store: ObjectStore) -> None:
    stored = store.put("a/b.txt", "grüezi", metadata={"by": "test"})
    assert store.get("a/b.txt").decode() == "grüezi"
    assert (
        store.sha256_of("a/b.txt") == (stored.sha256, 7) == (hashlib.sha256("grüezi".encode()).hexdigest(), 7)
    )
    head = store.head("a/b.txt")
    assert (head.size, head.sha256, head.metadata) == (7, stored.sha256, {"by": "test"})
    assert store.exists("a/b.txt")


def test_the_store_itself_refuses_bytes_that_do_not_have_their_checksum(store: ObjectStore) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        store.client.put_object(
            Bucket=store.bucket,
            Key="bad",
            Body=b"x",
            ChecksumSHA256="LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIA=",
        )
    assert not store.exists("bad")


def test_a_missing_object_is_named(store: ObjectStore) -> None:
    for call in (store.get, store.head, store.fetch, store.sha256_of):
        with pytest.raises(ObjectMissing, match="no/such/key"):
            call("no/such/key")


@pytest.mark.parametrize("size", [0, 1, 8 << 20, (8 << 20) + 1, 20_000_000])
def test_a_stream_of_any_length_is_stored_whole(store: ObjectStore, size: int) -> None:
    content = os.urandom(size)
    seen: list[int] = []
    stored = store.upload(f"stream/{size}", io.BytesIO(content), on_bytes=seen.append, metadata={"m": "1"})
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert store.sha256_of(f"stream/{size}") == (stored.sha256, size)
    assert sum(seen) == size
    assert store.head(f"stream/{size}").metadata == {"m": "1"}
    assert not list(store.pending_uploads("stream/"))


def test_a_stream_that_breaks_leaves_nothing(store: ObjectStore) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 18 << 20:
                raise OSError("the pipe broke")
            return super().read(size)

    with pytest.raises(OSError, match="the pipe broke"):
        store.upload("broken", Breaking(os.urandom(30 << 20)))
    assert not store.exists("broken")
    assert not list(store.pending_uploads("broken"))


def test_pending_uploads_are_found_and_aborted(store: ObjectStore) -> None:
    store.client.create_multipart_upload(Bucket=store.bucket, Key="left/behind")
    (pending,) = store.pending_uploads("left/")
    assert pending.key == "left/behind"
    store.abort_upload(pending)
    store.abort_upload(pending)
    assert not list(store.pending_uploads("left/"))


@pytest.mark.parametrize("existing", [False, True])
def test_of_many_conditional_writes_at_once_exactly_one_wins(store: ObjectStore, existing: bool) -> None:
    key = f"race/{secrets.token_hex(4)}"
    condition: dict[str, Any] = (
        {"if_match": store.put(key, "before").etag} if existing else {"if_none_match": True}
    )
    results: Counter[str] = Counter()
    winners: list[str] = []
    gate = threading.Barrier(20)

    def write(name: str) -> None:
        gate.wait()
        try:
            store.put(key, name, **condition)
            winners.append(name)
        except Conflict:
            results["conflict"] += 1

    threads = [threading.Thread(target=write, args=(f"writer {n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["conflict"] == 19
    assert [store.get(key).decode()] == winners


def test_listing_shows_objects_and_folders_over_several_pages(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("list/1", "list/2", "list/3", "list/x/1", "list/y/1"):
        store.put(name, name)
    original = store.client.list_objects_v2
    monkeypatch.setattr(store.client, "list_objects_v2", lambda **given: original(**given, MaxKeys=2))
    assert [item.key for item in store.list("list/")] == [
        "list/1",
        "list/2",
        "list/3",
        "list/x/1",
        "list/y/1",
    ]
    listed = {item.key: item.size for item in store.list("list/", delimiter="/")}
    assert listed == {"list/1": 6, "list/2": 6, "list/3": 6, "list/x/": 0, "list/y/": 0}


def test_deleting_keeps_versions_unless_told(store: ObjectStore) -> None:
    for text in ("one", "two"):
        store.put("gone/a", text)
    store.put("gone/ab", "stays")
    store.delete(["gone/a", "gone/never-was"])
    assert [item.key for item in store.list("gone/")] == ["gone/ab"]
    assert sum(1 for version in store.versions("gone/a") if version.key == "gone/a") == 3
    store.delete(["gone/a"], all_versions=True)
    assert [version.key for version in store.versions("gone/a")] == ["gone/ab"]


def test_a_locked_object_stays_and_says_until_when(store: ObjectStore) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    store.put("locked/a", "kept", lock_until=until)
    store.put("locked/b", "free")
    assert store.locked_until("locked/a") == until
    assert store.locked_until("locked/b") is None
    with pytest.raises(ObjectLocked, match="locked/a from bucket"):
        store.delete(["locked/a", "locked/b"], all_versions=True)
    assert [version.key for version in store.versions("locked/")] == ["locked/a"]


def test_protection_tells_a_guarded_bucket_from_a_bare_one(object_store_server: Any) -> None:
    def protection(**kind: Any) -> Any:
        bucket = object_store_server.bucket(**kind)
        return ObjectStore(object_store_server.connection(), bucket).protection()

    guarded = protection(lock_days=3)
    assert (guarded.versioning, guarded.object_lock, guarded.retention) == (True, True, timedelta(days=3))
    bare = protection(versioning=False, lock=False)
    assert (bare.versioning, bare.object_lock, bare.retention) == (False, False, None)


def test_a_copy_in_another_bucket_is_the_same(store: ObjectStore, object_store_server: Any) -> None:
    replica = ObjectStore(object_store_server.connection(), object_store_server.bucket())
    stored = store.upload("copied", io.BytesIO(os.urandom(9 << 20)), metadata={"k": "v"})
    assert store.copy("copied", replica).sha256 == stored.sha256
    assert replica.sha256_of("copied") == (stored.sha256, 9 << 20)
    assert replica.head("copied").metadata == {"k": "v"}


def test_the_stores_clock_is_read(store: ObjectStore) -> None:
    assert abs(store.clock() - datetime.now(UTC)) < timedelta(minutes=1)


Mistake = Callable[[ObjectStore, Any], ObjectStore]


def _with(store: ObjectStore, **changes: Any) -> ObjectStore:
    return ObjectStore(dataclasses.replace(store.connection, **changes), store.bucket, patience=2)


def _as_reader(store: ObjectStore, server: Any) -> ObjectStore:
    return ObjectStore(server.connection(user=server.reader), store.bucket)


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (lambda store, _: dataclasses.replace(store, bucket="no-such-bucket"), "no such bucket"),
        (lambda store, _: _with(store, login="nobody"), "does not know the access key"),
        (lambda store, _: _with(store, password="wrong-secret"), "does not accept the secret key"),
        (
            lambda store, server: ObjectStore(server.connection(user=server.reader), store.bucket),
            "does not allow",
        ),
    ],
    ids=["bucket", "login", "password", "read-only"],
)
def test_a_mistake_in_the_configuration_is_one_sentence(
    store: ObjectStore, object_store_server: Any, mistake: Mistake, sentence: str
) -> None:
    wrong = mistake(store, object_store_server)
    with pytest.raises(StoreRefused, match=sentence) as caught:
        wrong.put("some/key", "body")
    assert "some/key" in str(caught.value)
    assert wrong.connection.password not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_stranger_s_certificate_and_a_missing_authority(store: ObjectStore, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "authority")
    stranger.issue("unused")
    with pytest.raises(StoreRefused, match=r"is not trusted: .*; renew its certificate"):
        _with(store, extra={**store.connection.extra, "verify": str(stranger.ca_file)}).put("k", "x")
    with pytest.raises(StoreRefused, match=r"CA file .* does not exist"):
        _with(store, extra={**store.connection.extra, "verify": "/no/such/ca"}).put("k", "x")


def test_an_expired_certificate(store: ObjectStore, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    certificate = authority.issue("expired", until=datetime(2020, 1, 1, tzinfo=UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.StreamRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"https://127.0.0.1:{server.server_address[1]}"
        extra = {**store.connection.extra, "endpoint_url": endpoint, "verify": str(authority.ca_file)}
        with pytest.raises(StoreRefused, match="is not trusted: certificate has expired; renew"):
            _with(store, extra=extra).put("k", "x")
        server.shutdown()
