"""Bringing a backup's objects back as the files that pg_restore reads."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from dataops.backup.manifest.header import Header
from dataops.backup.sealing import Readable, Seal
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Artifact
from dataops.store import DecryptionFailed

if TYPE_CHECKING:
    from dataops.store import ObjectStore

_CHUNK = 1 << 20
_AT_ONCE = 3


class Damaged(DataOpsError):
    """What came out of the store is not what went in."""


class NoRoom(DataOpsError):
    """The local disk is too small for the dump."""


class _Hashed:
    """A reader that hashes what passes through it."""

    def __init__(self, source: Readable, on_bytes: Callable[[int], None]) -> None:
        self._source = source
        self._on_bytes = on_bytes
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.sha256.update(data)
        self.size += len(data)
        self._on_bytes(len(data))
        return data

    def drain(self) -> None:
        """Read to the end: decryption may stop before the last bytes, which count too."""
        while self.read(_CHUNK):
            pass


@dataclass(frozen=True)
class Download:
    """The objects of one backup, decrypted by ``seal``, each held against the manifest's SHA-256."""

    store: ObjectStore
    header: Header
    seal: Seal

    def require_room(self, folder: Path) -> None:
        """``NoRoom`` where the dump would not fit: encryption and tar add little to a file's size."""
        needed, free = sum(piece.size for piece in self.pieces), shutil.disk_usage(folder).free
        if needed * 1.05 > free:
            raise NoRoom(
                f"{folder} has {free >> 20} MiB free, the dump takes {needed >> 20} MiB: "
                "name another folder as work_dir."
            )

    @property
    def pieces(self) -> tuple[Artifact, ...]:
        """The objects that make up pg_dump's directory."""
        return tuple(each for each in self.header.objects if "/pieces/" in each.key)

    def dump(self, directory: Path, on_bytes: Callable[[int], None] = lambda amount: None) -> None:
        """pg_dump's directory as it was, every file equal to its SHA-256 of that time.

        ``on_bytes`` hears of every piece of the stored objects as it arrives, in any thread.
        """
        directory.mkdir(mode=0o700)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="download") as pool:
            for done in [pool.submit(self._piece, piece, directory, on_bytes) for piece in self.pieces]:
                done.result()
        _join_parts(directory)
        _hold_against_checksums(directory)

    def bytes(self, name: str) -> bytes:
        """One of the smaller objects, such as ``globals.sql``."""
        ending = f"/{name}{self.seal.suffix}"
        for each in self.header.objects:
            if each.key.endswith(ending):
                body = self.store.get(each.key)
                if hashlib.sha256(body).hexdigest() != each.sha256:
                    raise Damaged(f"{each.key} holds other bytes than were backed up.")
                return self.seal.open(body)
        raise Damaged(f"Backup {self.header.backup_id} has no {name}.")

    def _piece(self, piece: Artifact, directory: Path, on_bytes: Callable[[int], None]) -> None:
        name = PurePosixPath(piece.key).name.removesuffix(self.seal.suffix)
        with self.store.open(piece.key) as stored:
            sealed = _Hashed(stored, on_bytes)
            try:
                with self.seal.opening(sealed) as plain:
                    _write(plain, directory, name)
            except DecryptionFailed as error:
                raise DecryptionFailed(f"{piece.key}: {error}") from error
            sealed.drain()
        if (sealed.size, sealed.sha256.hexdigest()) != (piece.size, piece.sha256):
            raise Damaged(f"{piece.key} holds other bytes than were backed up.")


def _write(plain: Readable, directory: Path, name: str) -> None:
    if name.startswith("bundle-"):
        with tarfile.open(fileobj=cast(BinaryIO, plain), mode="r|") as archive:
            archive.extractall(directory, filter="data")
    else:
        with (directory / name).open("wb") as file:
            shutil.copyfileobj(plain, file, _CHUNK)


def _join_parts(directory: Path) -> None:
    """Files that were cut into pieces are whole again: each part goes behind what its name begins with."""
    for part in sorted(directory.glob("*.part-[0-9][0-9][0-9][0-9]")):
        with part.open("rb") as source, part.with_suffix("").open("ab") as whole:
            shutil.copyfileobj(source, whole, _CHUNK)
        part.unlink()


def _hold_against_checksums(directory: Path) -> None:
    """Every file is there and as it was written; the list of checksums itself goes."""
    listing = directory / "SHA256SUMS"
    lines = listing.read_text(encoding="utf-8").splitlines()
    for line in lines:
        sha256, _, name = line.partition("  ")
        if _sha256(directory / name) != sha256:
            raise Damaged(f"{name} of the dump is missing or is not as pg_dump wrote it.")
    listing.unlink()
    _require_same({line.partition("  ")[2] for line in lines}, (path.name for path in directory.iterdir()))


def _require_same(listed: set[str], found: Iterable[str]) -> None:
    if surplus := set(found) - listed:
        raise Damaged(f"{sorted(surplus)[0]} is not on the dump's own list of files.")


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
