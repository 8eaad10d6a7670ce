"""Reading an object as a stream that survives broken connections."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dataops.store.errors import ObjectDamaged, StoreError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Fetch = Callable[[int, str | None], dict[str, Any]]
"""From an offset and the ETag that the object must still have to S3's GetObject answer."""


class ObjectReader(io.RawIOBase):
    """The bytes of one object. A connection that breaks is opened again where it broke.

    An object that was put in one piece is held against its SHA-256 at its end; one that was uploaded in
    parts has none of the whole, so hold it against the manifest's. Raises ``StoreError``.
    """

    def __init__(self, key: str, fetch: Fetch) -> None:
        self._key = key
        self._fetch = fetch
        self._position = 0
        self._answer = fetch(0, None)
        self.size = int(self._answer["ContentLength"])
        expected = self._answer.get("ChecksumSHA256", "")
        self._expected = "" if "-" in expected else expected
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._next(len(view))
        view[: len(chunk)] = chunk
        if self._expected:
            self._hash.update(chunk)
        self._position += len(chunk)
        if not chunk:
            self._check_sum()
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._answer["Body"].close()
        super().close()

    def _next(self, size: int) -> bytes:
        stalled = 0
        while self._position < self.size:
            try:
                chunk: bytes = self._answer["Body"].read(min(size, self.size - self._position))
            except Exception as error:
                chunk, stalled = b"", stalled + 1
                if stalled > 5:
                    raise StoreError(
                        f"Could not read {self._key}: the connection broke {stalled} times at byte "
                        f"{self._position} of {self.size}. See whether the store is well, then run again."
                    ) from error
            if chunk:
                return chunk
            self._answer["Body"].close()
            self._answer = self._fetch(self._position, self._answer["ETag"])
        return b""

    def _check_sum(self) -> None:
        found = base64.b64encode(self._hash.digest()).decode()
        if self._expected and found != self._expected:
            raise ObjectDamaged(
                f"{self._key} is damaged: its bytes do not have the SHA-256 that the store keeps for it. "
                "Restore it from another version or from the replica bucket."
            )
