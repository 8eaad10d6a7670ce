"""Objects in one bucket: written with checksums, read back, listed, deleted."""

from __future__ import annotations

import base64
import hashlib
import io
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dataops.connections import Connection
from dataops.store import deleting, listing, protecting
from dataops.store.client import s3_client
from dataops.store.errors import Conflict, ObjectMissing
from dataops.store.multipart import PART_SIZE, MultipartUpload, Reader, parts
from dataops.store.reading import ObjectReader
from dataops.store.retrying import Retrying
from dataops.store.values import Fetched, Head, Listed, PendingUpload, Protection, Stored, Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class ObjectStore:
    """One bucket. Connects on first use; thread-safe.

    Every write carries a SHA-256 that the store checks. What may pass is retried for ``patience`` seconds.
    Raises the leaves of ``dataops.store.errors``, which name the object.
    """

    connection: Connection = field(repr=False)
    bucket: str
    patience: float = 60

    @classmethod
    def from_connection(cls, connection: Connection, bucket: str, *, patience: float = 60) -> ObjectStore:
        """The bucket behind a connection of type ``aws``; nothing is connected to yet."""
        return cls(connection, bucket, patience)

    @cached_property
    def client(self) -> S3Client:
        """boto3's own client, for what has no method here."""
        return s3_client(self.connection)

    @cached_property
    def where(self) -> str:
        """The bucket in words."""
        endpoint = self.connection.extra.get("endpoint_url") or "AWS"
        return f"{endpoint}, bucket {self.bucket}"

    @cached_property
    def retrying(self) -> Retrying:
        return Retrying(self.where, self.patience)

    def patient_for(self, seconds: float) -> ObjectStore:
        """The same bucket by the same client, where a call gives up after so long."""
        other = replace(self, patience=seconds)
        other.__dict__["client"] = self.client  # making one takes half a second
        return other

    # Writing

    def put(
        self,
        key: str,
        body: bytes | str,
        *,
        if_none_match: bool = False,
        if_match: str | None = None,
        metadata: Mapping[str, str] | None = None,
        lock_until: datetime | None = None,
    ) -> Stored:
        """The object, written in one piece; ``Conflict`` where a condition does not hold.

        ``if_none_match``: only where there is none yet. ``if_match``: only over the object with this ETag.
        ``lock_until``: kept from deletion (governance mode) until then.
        """
        content = body.encode() if isinstance(body, str) else body
        arguments: dict[str, Any] = {"Metadata": dict(metadata or {})}
        if if_none_match:
            arguments["IfNoneMatch"] = "*"
        if if_match is not None:
            arguments["IfMatch"] = if_match
        if lock_until is not None:
            arguments |= {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": lock_until}
        attempts: list[int] = []

        def attempt(number: int) -> Stored:
            attempts.append(number)
            return self._put(key, content, arguments)

        try:
            return self.retrying(f"write {key}", attempt)
        except (Conflict, ObjectMissing) as error:  # AWS answers 404 where If-Match meets no object
            ours = self._written_unnoticed(key, content) if len(attempts) > 1 else None
            if ours is None:
                raise Conflict(str(error)) from error
            return ours

    def upload(
        self,
        key: str,
        reader: Reader,
        *,
        on_bytes: Callable[[int], None] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Stored:
        """The stream as one object, in checked parts of 8 MiB or more, at most three of them in memory.

        ``on_bytes`` is told the size of every part once it is stored. An error leaves nothing behind.
        """
        source = parts(reader)
        first = next(source, b"")
        if len(first) < PART_SIZE:
            stored = self.put(key, first, metadata=metadata)
            if on_bytes is not None:
                on_bytes(stored.size)
            return stored
        return self._multipart(key, metadata).run(chain([first], source), on_bytes)

    def copy(self, key: str, to: ObjectStore) -> Stored:
        """The object in another bucket, under the same key; its bytes pass through us and are checked."""
        head = self.head(key)
        with self.open(key) as reader:
            return to.upload(key, reader, metadata=head.metadata)

    # Reading

    def get(self, key: str) -> bytes:
        """The whole object, held against its SHA-256 where the store keeps one."""
        with self.open(key) as reader:
            return reader.read()

    def fetch(self, key: str) -> Fetched:
        """The whole of a small object with its ETag, for a conditional write, and the store's clock."""

        def call(_: int) -> Fetched:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            return Fetched(key, answer["Body"].read(), answer["ETag"], _clock(answer))

        return self.retrying(f"read {key}", call)

    def open(self, key: str) -> io.BufferedReader:
        """The object as a stream that survives broken connections; close it."""

        def fetch(offset: int, etag: str | None) -> dict[str, Any]:
            arguments: dict[str, Any] = {"Bucket": self.bucket, "Key": key, "ChecksumMode": "ENABLED"}
            if offset:
                arguments |= {"Range": f"bytes={offset}-", "IfMatch": etag}
                del arguments["ChecksumMode"]
            return dict(self.retrying(f"read {key}", lambda _: self.client.get_object(**arguments)))

        return io.BufferedReader(ObjectReader(key, fetch), buffer_size=1 << 20)

    def sha256_of(self, key: str) -> tuple[str, int]:
        """SHA-256 in hexadecimal and bytes of the object, read back in full."""
        digest, size = hashlib.sha256(), 0
        with self.open(key) as reader:
            while chunk := reader.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
        return digest.hexdigest(), size

    def head(self, key: str) -> Head:
        """What the store knows of the object, without reading it; ``ObjectMissing`` where there is none."""
        answer = self.retrying(
            f"look at {key}",
            lambda _: self.client.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED"),
        )
        checksum = answer.get("ChecksumSHA256", "")
        return Head(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"],
            modified=answer["LastModified"],
            version_id=answer.get("VersionId"),
            sha256=base64.b64decode(checksum).hex() if checksum and "-" not in checksum else None,
            metadata=answer["Metadata"],
        )

    def exists(self, key: str) -> bool:
        """Whether there is an object of this key."""
        try:
            self.head(key)
        except ObjectMissing:
            return False
        return True

    def clock(self) -> datetime:
        """The store's own time (UTC, whole seconds): the one clock that all writers share."""
        answer = self.retrying("reach the bucket", lambda _: self.client.head_bucket(Bucket=self.bucket))
        return _clock(answer)

    # Listing and deleting

    def list(self, prefix: str = "", delimiter: str | None = None) -> Iterator[Listed]:
        """Objects under the prefix by key; with a delimiter, a page's common prefixes after them."""
        return listing.objects(self.client, self.retrying, self.bucket, prefix, delimiter)

    def versions(self, prefix: str = "") -> Iterator[Version]:
        """All versions and deletion markers of the keys under the prefix."""
        return listing.versions(self.client, self.retrying, self.bucket, prefix)

    def delete(self, keys: Iterable[str], *, all_versions: bool = False) -> None:
        """Delete objects; a missing one is no error. ``all_versions``: for good, without a marker.

        Raises ``ObjectLocked`` naming the objects that a lock keeps; the others are gone then.
        """
        deleting.delete(self.client, self.retrying, self.bucket, keys, all_versions=all_versions)

    def pending_uploads(self, prefix: str = "") -> Iterator[PendingUpload]:
        """Multipart uploads under the prefix that were begun and never ended."""
        return listing.pending_uploads(self.client, self.retrying, self.bucket, prefix)

    def abort_upload(self, pending: PendingUpload) -> None:
        """Free what a pending upload holds; it is no error if it is gone already."""
        self._multipart(pending.key, None).abort(pending.upload_id)

    def url(self, key: str, *, seconds: int | None = None) -> str:
        """The object's address; with ``seconds``, one that opens without login until they have passed."""
        if seconds is not None:
            return self.client.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=seconds
            )
        endpoint = self.connection.extra.get("endpoint_url")
        region = self.connection.extra.get("region_name") or "us-east-1"
        base = f"{endpoint}/{self.bucket}" if endpoint else f"https://{self.bucket}.s3.{region}.amazonaws.com"
        return f"{base}/{quote(key)}"

    # Protection

    def protection(self) -> Protection:
        """Whether the bucket keeps old versions, can lock objects, and for how long it does by default."""
        return protecting.protection(self.client, self.retrying, self.bucket)

    def locked_until(self, key: str, version_id: str | None = None) -> datetime | None:
        """Until when a lock keeps the object; None where nothing does. A legal hold has no end: year 9999."""
        return protecting.locked_until(self.client, self.retrying, self.bucket, key, version_id)

    def _multipart(self, key: str, metadata: Mapping[str, str] | None) -> MultipartUpload:
        return MultipartUpload(self.client, self.retrying, self.bucket, key, dict(metadata or {}))

    def _put(self, key: str, content: bytes, arguments: Mapping[str, Any]) -> Stored:
        digest = hashlib.sha256(content)
        answer = self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=content,
            ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
            ContentType=mimetypes.guess_type(key)[0] or "application/octet-stream",
            **arguments,
        )
        return Stored(key, len(content), digest.hexdigest(), answer["ETag"], answer.get("VersionId"))

    def _written_unnoticed(self, key: str, content: bytes) -> Stored | None:
        """What an attempt wrote whose answer was lost: the next then meets our own object and conflicts."""
        try:
            found = self.fetch(key)
        except ObjectMissing:
            return None
        if found.body != content:
            return None
        return Stored(key, len(content), hashlib.sha256(content).hexdigest(), found.etag)


def _clock(answer: Mapping[str, Any]) -> datetime:
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
