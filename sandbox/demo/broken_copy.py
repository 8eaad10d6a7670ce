"""A backup that every tool would call good: a copy of a real one in which a single number is another.

Somebody who could write to the store could make it: one flight of a third of a million is a mile longer,
and every size and checksum of the copy is right. ``pg_restore`` has nothing to say about it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dataops.backup import catalog
from dataops.store import Keys, ObjectStore

from sandbox.errors import ServiceFailed

COLUMNS, DISTANCE = 20, 16
"""Of the table ``flights``: how many it has, and where the distance stands."""
SEALED = ".age"


@contextmanager
def broken_copy(store: ObjectStore, keys: Keys, subject: str = "flights") -> Generator[str]:
    """The id of the copy, which lies beside the real backups until the block ends. Those stay untouched."""
    found = catalog.backups(store, subject)
    if not found:
        raise ServiceFailed(f"{subject} has no backup that could be copied.")
    real = found[0].backup_id
    copy = _Copy(store, keys, subject, real, f"{real[:-6]}{secrets.token_hex(3)}")
    try:
        copy.write()
        yield copy.backup_id
    finally:
        store.delete([each.key for each in store.list(catalog.folder(subject, copy.backup_id))])


@dataclass(frozen=True)
class _Copy:
    """The copy under construction."""

    store: ObjectStore
    keys: Keys
    subject: str
    real: str
    backup_id: str

    def write(self) -> None:
        """All objects, two of them changed, and the manifest that vouches for them, last."""
        told = self.store.get(catalog.manifest_key(self.subject, self.real)).decode()
        manifest = json.loads(told.replace(self.real, self.backup_id))
        changed = self._changed(manifest["objects"])
        for each in manifest["objects"]:
            body = changed.get(each["key"])
            if body is None:
                body = self.store.get(self._source(each["key"]))
            self.store.put(each["key"], body)
            each |= {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        self.store.put(catalog.manifest_key(self.subject, self.backup_id), json.dumps(manifest, indent=2))

    def _changed(self, objects: list[dict[str, Any]]) -> dict[str, bytes]:
        """The piece that holds the flights, and the dump's own list of checksums, which must fit it."""
        sums = next(each["key"] for each in objects if "/SHA256SUMS" in each["key"])
        data = [each for each in objects if each["key"].endswith(f".dat.gz{SEALED}")]
        for each in sorted(data, key=lambda each: -int(each["size"])):
            plain = self._plain(each["key"])
            other = one_mile_further(plain)
            if other is not None:
                listed = self._plain(sums).replace(_sha256(plain), _sha256(other))
                return {each["key"]: self.keys.encrypt(other), sums: self.keys.encrypt(listed)}
        raise ServiceFailed(f"No piece of {self.subject}/{self.real} holds flights.")

    def _plain(self, key: str) -> bytes:
        return self.keys.decrypt(self.store.get(self._source(key)))

    def _source(self, key: str) -> str:
        return key.replace(self.backup_id, self.real)


def one_mile_further(data: bytes) -> bytes | None:
    """The dumped table with the flight in its middle one mile longer; None where it holds no flights."""
    lines = gzip.decompress(data).split(b"\n")
    middle = len(lines) // 2
    fields = lines[middle].split(b"\t")
    if len(fields) != COLUMNS or not fields[DISTANCE].isdigit():
        return None
    fields[DISTANCE] = str(int(fields[DISTANCE]) + 1).encode()
    lines[middle] = b"\t".join(fields)
    return gzip.compress(b"\n".join(lines), compresslevel=1)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
