"""A private corner of a bucket that looks like a whole one: all keys lie under a prefix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dataops.store import Fetched, Listed, ObjectStore, PendingUpload, Stored, Version
from dataops.store.multipart import MultipartUpload
from dataops.store.values import Head


@dataclass(frozen=True)
class Within(ObjectStore):
    """The objects under ``prefix`` as if it were not there: nothing outside can be read or written."""

    prefix: str = ""

    def fetch(self, key: str) -> Fetched:
        return replace(super().fetch(self.prefix + key), key=key)

    def open(self, key: str) -> Any:
        return super().open(self.prefix + key)

    def head(self, key: str) -> Head:
        return replace(super().head(self.prefix + key), key=key)

    def list(self, prefix: str = "", delimiter: str | None = None) -> Iterator[Listed]:
        for each in super().list(self.prefix + prefix, delimiter):
            yield replace(each, key=self._inside(each.key))

    def versions(self, prefix: str = "") -> Iterator[Version]:
        for each in super().versions(self.prefix + prefix):
            yield replace(each, key=self._inside(each.key))

    def delete(self, keys: Iterable[str], *, all_versions: bool = False) -> None:
        super().delete((self.prefix + key for key in keys), all_versions=all_versions)

    def pending_uploads(self, prefix: str = "") -> Iterator[PendingUpload]:
        for each in super().pending_uploads(self.prefix + prefix):
            yield replace(each, key=self._inside(each.key))

    def url(self, key: str, *, seconds: int | None = None) -> str:
        return super().url(self.prefix + key, seconds=seconds)

    def _put(self, key: str, content: bytes, arguments: Mapping[str, Any]) -> Stored:
        return replace(super()._put(self.prefix + key, content, arguments), key=key)

    def _multipart(self, key: str, metadata: Mapping[str, str] | None) -> MultipartUpload:
        return super()._multipart(self.prefix + key, metadata)

    def _inside(self, key: str) -> str:
        return key.removeprefix(self.prefix)
