"""Sending the files of a dump to the store while pg_dump still writes them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dataops.backup.draft import Piece
from dataops.backup.logical.bundle import Bundle
from dataops.backup.logical.compressing import SUFFIX, Packed, is_data
from dataops.backup.logical.dump_files import DumpFile
from dataops.backup.logical.flow import Budget, Metered, Segment
from dataops.backup.logical.growing import GrowingFile
from dataops.backup.sealing import Seal
from dataops.store.multipart import PART_SIZE

if TYPE_CHECKING:
    from dataops.store import ObjectStore

SMALL = 1 << 20
"""A file of up to this many bytes waits until it is complete and travels in a bundle."""

PIECE_BYTES = 4 << 30
"""A larger file is cut: a store's parts would grow with it, and memory with them."""

MEMORY = 96 << 20
"""Bytes of all uploads in memory, for up to ten uploads at once."""

BUNDLE_BYTES = 32 << 20
BUNDLE_FILES = 5000


@dataclass
class Pieces:
    """The pieces of one dump on their way to the store: ``feed`` it what the disk shows, then ``finish``.

    A file larger than ``SMALL`` becomes one object, read while it grows; all smaller ones are gathered
    into tar objects. ``slots`` must exceed the number of files that pg_dump writes at once, so that a
    complete file always finds a slot even when the dump is paused and the growing ones wait for it.
    """

    store: ObjectStore
    prefix: str
    seal: Seal
    slots: int
    checksums: Path
    gzip_level: int | None = None
    """The level at which data files are compressed here; None: as pg_dump wrote them."""
    stored_bytes: int = 0
    _growing: dict[Path, GrowingFile] = field(default_factory=dict)
    _bundled: set[Path] = field(default_factory=set)
    _bundles: int = 0
    _sent: list[Future[tuple[Piece, ...]]] = field(default_factory=list)
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _trouble: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Pieces:
        gathered = (self.slots + 2) * PART_SIZE
        self._budget = Budget(max(MEMORY, gathered), self._cancelled)
        self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="upload")
        return self

    def __exit__(self, *_: object) -> None:
        """No upload runs any more: unfinished ones were cancelled, and the store holds no part of them."""
        self._cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def feed(self, files: Sequence[DumpFile], *, last: bool = False) -> None:
        """Take over every file that can be sent now; with ``last``, everything that is left."""
        small = []
        self._bundled.intersection_update({file.path for file in files})  # those that were read are gone
        for file in files:
            if file.path in self._growing:
                if file.complete:
                    self._growing[file.path].closed.set()
            elif file.path not in self._bundled:
                if file.size > SMALL:
                    self._grow(file)
                elif file.complete:
                    small.append(file)
        if small and (last or _is_full(small)):
            self._bundle([file.path for file in small])

    def raise_trouble(self) -> None:
        """Raises the error of an upload that failed, if one did."""
        if self._trouble is not None:
            raise self._trouble

    def settled(self, seconds: float) -> bool:
        """True when every upload is done, waiting at most so long; raises the error of one that failed."""
        pending = wait(self._sent, timeout=seconds, return_when=FIRST_EXCEPTION).not_done
        self.raise_trouble()
        return not pending

    def finish(self) -> tuple[Piece, ...]:
        """Every piece, with the list of checksums as the last; to be called once all is ``settled``."""
        pieces = [piece for future in self._sent for piece in future.result()]
        closed = threading.Event()
        closed.set()
        checksums = Packed(GrowingFile(self.checksums, closed=closed, cancelled=self._cancelled), None)
        return (*pieces, self._send(self.checksums.name, checksums))

    def _grow(self, file: DumpFile) -> None:
        closed = threading.Event()
        if file.complete:
            closed.set()
        growing = GrowingFile(file.path, closed=closed, cancelled=self._cancelled)
        self._growing[file.path] = growing
        self._sent.append(self._pool.submit(self._send_growing, growing))

    def _send_growing(self, growing: GrowingFile) -> tuple[Piece, ...]:
        """The file as one object, or in order as several: ``1.dat.gz``, ``1.dat.gz.part-0001`` and so on."""
        name, level = growing.path.name, None
        if self.gzip_level is not None and is_data(name):
            name, level = name + SUFFIX, self.gzip_level
        packed, pieces = Packed(growing, level), list[Piece]()
        try:
            while not pieces or pieces[-1].plain_size == PIECE_BYTES:
                part = f".part-{len(pieces):04d}" if pieces else ""
                pieces.append(self._send(name + part, Segment(packed, PIECE_BYTES)))
            self._note(name, packed.sha256)
            return tuple(pieces)
        finally:
            growing.close()

    def _bundle(self, paths: list[Path]) -> None:
        self._bundled.update(paths)
        self._bundles += 1
        name = f"bundle-{self._bundles:06d}.tar"
        bundle = Bundle(paths, read=self._note, gzip_level=self.gzip_level)
        self._sent.append(self._pool.submit(lambda: (self._send(name, bundle),)))

    def _send(self, name: str, reader: Segment | Bundle | Packed) -> Piece:
        key = f"{self.prefix}{name}{self.seal.suffix}"
        with self.seal.sealing(reader) as sealed:
            try:
                stored = self.store.upload(key, Metered(sealed, self._budget), on_bytes=self._count)
            except BaseException as error:
                self._fail(error)  # before the block ends: its thread may wait for a file to grow
                raise
        return Piece(
            name=name,
            key=key,
            size=stored.size,
            sha256=stored.sha256,
            plain_size=reader.size,
        )

    def _fail(self, error: BaseException) -> None:
        """Keep the first error, and end all other uploads: their own errors only follow from that."""
        with self._lock:
            self._trouble = self._trouble or error
        self._cancelled.set()

    def _note(self, name: str, sha256: str) -> None:
        """One line of the list of checksums, as sha256sum(1) reads it."""
        with self._lock, self.checksums.open("a", encoding="utf-8") as sums:
            sums.write(f"{sha256}  {name}\n")

    def _count(self, amount: int) -> None:
        self._budget.give(amount)
        with self._lock:
            self.stored_bytes += amount


def _is_full(files: list[DumpFile]) -> bool:
    return len(files) >= BUNDLE_FILES or sum(file.allocated for file in files) >= BUNDLE_BYTES
