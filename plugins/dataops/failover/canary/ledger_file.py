"""One file of the ledger while it is written: an entry is on disk before the next thing is tried."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from dataops.failover.canary.chain import Head, line_of

SUFFIX = ".ledger"


class LedgerFile:
    """A new file of one session. Its ``head`` moves only once an entry is on disk."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.head = Head()
        self._path = folder / f"{name}{SUFFIX}"
        self._descriptor = -1

    def append(self, entry: Mapping[str, object]) -> None:
        """Write the entry and wait until it is on disk. ``OSError`` where it cannot be."""
        line, chain = line_of(self.head.chain, entry)
        written = os.write(self._descriptor, line)
        if written != len(line):
            raise OSError(f"{self._path} took {written} of {len(line)} bytes: is the disk full?")
        os.fdatasync(self._descriptor)
        self.head = Head(self.head.lines + 1, chain)

    def __enter__(self) -> LedgerFile:
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # else the file's name may be lost though its content is not
        finally:
            os.close(folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
