"""Uploading a stream of unknown length in checked parts, in bounded memory."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dataops.errors import DataOpsError
from dataops.store.errors import ObjectMissing, StoreError
from dataops.store.faults import code_of
from dataops.store.retrying import Retrying
from dataops.store.values import Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE = 8 << 20
IN_FLIGHT = 2


class Reader(Protocol):
    """Whatever can be read: a file, a pipe, an encrypting stream."""

    def read(self, size: int = -1, /) -> bytes: ...


def parts(reader: Reader) -> Iterator[bytes]:
    """The stream cut into parts: 8 MiB each, doubled every 1,000 up to 64 MiB.

    S3 allows 10,000 parts (Amazon S3 User Guide, multipart upload limits): about 500 GiB this way.
    """
    number = 0
    while part := _read_fully(reader, min(PART_SIZE << number // 1000, 64 << 20)):
        number += 1
        yield part


@dataclass(frozen=True)
class MultipartUpload:
    """One upload. Nothing is visible under the key before all parts were stored and checked."""

    client: S3Client
    retrying: Retrying
    bucket: str
    key: str
    metadata: dict[str, str]

    def run(self, source: Iterator[bytes], on_bytes: Callable[[int], None] | None) -> Stored:
        """The stored object; an error aborts the upload, so that nothing half-done stays."""
        upload_id = self.retrying(
            f"begin {self.key}",
            lambda _: self.client.create_multipart_upload(
                Bucket=self.bucket, Key=self.key, ChecksumAlgorithm="SHA256", Metadata=self.metadata
            ),
        )["UploadId"]
        try:
            return self._transfer(upload_id, source, on_bytes)
        except BaseException:
            with contextlib.suppress(
                DataOpsError
            ):  # the first error is the one to tell; the sweep finds the rest
                self.abort(upload_id)
            raise

    def abort(self, upload_id: str) -> None:
        """Give up an upload and free what it holds."""
        with contextlib.suppress(ObjectMissing):
            self.retrying(
                f"abort {self.key}",
                lambda _: self.client.abort_multipart_upload(
                    Bucket=self.bucket, Key=self.key, UploadId=upload_id
                ),
            )

    def _transfer(
        self, upload_id: str, source: Iterator[bytes], on_bytes: Callable[[int], None] | None
    ) -> Stored:
        whole, size = hashlib.sha256(), 0
        done: list[CompletedPartTypeDef] = []
        flying: deque[tuple[int, Future[CompletedPartTypeDef]]] = deque()

        def land() -> None:
            length, future = flying.popleft()
            done.append(future.result())
            if on_bytes is not None:
                on_bytes(length)

        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="upload") as pool:
            for number, part in enumerate(source, start=1):
                if len(flying) == IN_FLIGHT:
                    land()
                flying.append((len(part), pool.submit(self._store_part, upload_id, number, part)))
                whole.update(part)
                size += len(part)
            while flying:
                land()
        etag, version = self._complete(upload_id, done)
        return Stored(self.key, size, whole.hexdigest(), etag, version)

    def _store_part(self, upload_id: str, number: int, part: bytes) -> CompletedPartTypeDef:
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
        answer = self.retrying(
            f"write part {number} of {self.key}",
            lambda _: self.client.upload_part(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=upload_id,
                PartNumber=number,
                Body=part,
                ChecksumSHA256=checksum,
            ),
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _complete(self, upload_id: str, done: list[CompletedPartTypeDef]) -> tuple[str, str | None]:
        expected = composite(part["ChecksumSHA256"] for part in done)

        def call(attempt: int) -> tuple[str, str | None, str]:
            from botocore.exceptions import ClientError

            try:
                answer = self.client.complete_multipart_upload(
                    Bucket=self.bucket, Key=self.key, UploadId=upload_id, MultipartUpload={"Parts": done}
                )
                return answer["ETag"], answer.get("VersionId"), answer.get("ChecksumSHA256", "")
            except ClientError as error:
                if attempt == 1 or code_of(error) != "NoSuchUpload":
                    raise
            # it was completed, and only the answer was lost
            head = self.client.head_object(Bucket=self.bucket, Key=self.key, ChecksumMode="ENABLED")
            return head["ETag"], head.get("VersionId"), head.get("ChecksumSHA256", "") or "unknown"

        etag, version, found = self.retrying(f"complete {self.key}", call)
        if found and found != expected:
            raise StoreError(f"{self.key} was not stored as it was sent: its checksum differs. Run again.")
        return etag, version


def composite(checksums: Iterator[str]) -> str:
    """S3's checksum over parts: hash of hashes, then their count (Amazon S3 User Guide, checksums)."""
    digests = [base64.b64decode(checksum) for checksum in checksums]
    return f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"


def _read_fully(reader: Reader, size: int) -> bytes:
    pieces: list[bytes] = []
    missing = size
    while missing and (piece := reader.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
