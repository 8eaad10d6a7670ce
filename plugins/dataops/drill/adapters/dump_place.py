"""Where files of pg_dump lie: a local folder, or a prefix in an S3 bucket."""

from __future__ import annotations

import gzip
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from dataops.drill.adapters.archive_head import LENGTH, ArchiveHead, read_head
from dataops.drill.adapters.taken import NotRestorable, Taken
from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from dataops.store import ObjectStore

TOC = "toc.dat"
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


class Place(Protocol):
    """A folder of dumps. A dump is a file, or a folder that holds ``toc.dat``."""

    def dumps(self, pattern: str) -> Iterator[Taken]:
        """The dumps whose name matches; ``about.directory`` says which are folders."""
        ...

    def open(self, place: str) -> BinaryIO:
        """One file's bytes."""
        ...

    def files(self, place: str) -> Iterator[str]:
        """The places of the files in a dump that is a folder."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder on the worker."""

    path: Path

    def dumps(self, pattern: str) -> Iterator[Taken]:
        """See ``Place``."""
        try:
            entries = sorted(self.path.iterdir())
        except OSError as error:
            raise ConfigurationError(f"The folder {self.path} cannot be read: {error.strerror}.") from None
        for entry in entries:
            if entry.name.startswith(".") or not fnmatch(entry.name, pattern):
                continue
            directory = entry.is_dir()
            if directory and not (entry / TOC).is_file():
                continue
            files = [entry / TOC, *entry.iterdir()] if directory else [entry]
            at = datetime.fromtimestamp(files[0].stat().st_mtime, UTC)
            size = sum(file.stat().st_size for file in files[1:] or files)
            yield Taken(str(entry), at, size, about={"directory": directory})

    def open(self, place: str) -> BinaryIO:
        """See ``Place``."""
        return Path(place).open("rb")

    def files(self, place: str) -> Iterator[str]:
        """See ``Place``."""
        return (str(path) for path in sorted(Path(place).iterdir()))


@dataclass(frozen=True)
class Bucket:
    """A prefix in a bucket."""

    store: ObjectStore
    prefix: str

    def dumps(self, pattern: str) -> Iterator[Taken]:
        """See ``Place``."""
        listed = [each for each in self.store.list(self.prefix) if not each.key.endswith("/")]
        folders = {each.key.removesuffix(TOC): each for each in listed if each.key.endswith(f"/{TOC}")}
        for folder, toc in folders.items():
            if fnmatch(folder.rstrip("/").rpartition("/")[2], pattern):
                size = sum(each.size for each in listed if each.key.startswith(folder))
                yield Taken(folder, toc.modified, size, about={"directory": True})
        for each in listed:
            inside = any(each.key.startswith(folder) for folder in folders)
            if not inside and fnmatch(each.key.rpartition("/")[2], pattern):
                yield Taken(each.key, each.modified, each.size, about={"directory": False})

    def open(self, place: str) -> BinaryIO:
        """See ``Place``."""
        return cast(BinaryIO, self.store.open(place))

    def files(self, place: str) -> Iterator[str]:
        """See ``Place``."""
        return (each.key for each in self.store.list(place))


def head_of(place: Place, taken_at: str, *, directory: bool) -> ArchiveHead:
    """What the dump's first bytes tell."""
    path = f"{taken_at.rstrip('/')}/{TOC}" if directory else taken_at
    with place.open(path) as file:
        head = file.read(LENGTH)
    if head[:2] == _GZIP:
        head = zlib.decompressobj(wbits=31).decompress(head, LENGTH)
    return read_head(head, directory=directory)


def bring(place: Place, taken_at: str, target: Path, *, directory: bool) -> None:
    """The dump as ``target``: a file, unpacked where it was compressed as a whole, or a folder."""
    if not directory:
        _copy(place, taken_at, target)
        return
    target.mkdir(mode=0o700)
    for file in place.files(taken_at):
        with place.open(file) as source, (target / file.rpartition("/")[2]).open("wb") as copied:
            shutil.copyfileobj(source, copied, _CHUNK)


def _copy(place: Place, taken_at: str, target: Path) -> None:
    with place.open(taken_at) as file:
        packed = file.read(2) == _GZIP
    with place.open(taken_at) as file, target.open("wb") as copied:
        source = gzip.GzipFile(fileobj=file) if packed else file
        try:
            shutil.copyfileobj(cast(BinaryIO, source), copied, _CHUNK)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise NotRestorable(f"{taken_at} is cut off or damaged: gzip says {error}.") from error
