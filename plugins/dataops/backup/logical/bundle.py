"""Many small files as one tar stream: 200,000 large objects do not make 200,000 objects in the store."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dataops.backup.logical.compressing import SUFFIX, is_data, packed

END_OF_ARCHIVE = bytes(2 * tarfile.BLOCKSIZE)

Read = Callable[[str, str], None]
"""Told the name and the SHA-256 of each file that was read."""


class Bundle:
    """A reader that yields the files as a POSIX tar archive and removes each once it was read.

    With a ``gzip_level``, data files are compressed, each by itself.
    """

    def __init__(self, files: Iterable[Path], *, read: Read, gzip_level: int | None = None) -> None:
        self.size = 0
        self._stream = _tar(files, read, gzip_level)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``; empty at the end."""
        if not self._rest:
            self._rest = next(self._stream, b"")
        end = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:end], self._rest[end:]
        self.size += len(data)
        return data


def _tar(files: Iterable[Path], read: Read, gzip_level: int | None) -> Iterator[bytes]:
    """The archive in pieces of about a megabyte: one file at a time is in memory, and files are small."""
    gathered = bytearray()
    for path in files:
        gathered += _member(path, read, gzip_level)
        if len(gathered) >= 1 << 20:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered) + END_OF_ARCHIVE


def _member(path: Path, read: Read, gzip_level: int | None) -> bytes:
    content, name = path.read_bytes(), path.name
    path.unlink()
    if gzip_level is not None and is_data(name):
        content, name = packed(content, gzip_level), name + SUFFIX
    read(name, hashlib.sha256(content).hexdigest())
    header = tarfile.TarInfo(name)
    header.size, header.mode = len(content), 0o600
    return header.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
