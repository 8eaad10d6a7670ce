"""Reading a file while another process still writes it, giving back the disk space behind the reader."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path

from dataops.errors import DataOpsError

_CHUNK = 1 << 20
_PUNCH = 4 << 20
_PAGE = 4096
_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01
_POLL = 0.05


class Cancelled(DataOpsError):
    """The run ends: whoever waits for more data must stop."""


class GrowingFile:
    """A reader over a file that grows until ``closed`` is set; what was read no longer takes space on disk.

    The dump cannot be read twice in any case (its snapshot is gone by then), so nothing is lost by
    that: a part that the store refuses is sent again from memory.
    """

    def __init__(self, path: Path, *, closed: threading.Event, cancelled: threading.Event) -> None:
        self.path = path
        self.closed = closed
        self.size = 0
        self._cancelled = cancelled
        self._descriptor: int | None = None
        self._punched = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``; waits for the writer; empty once it has closed the file."""
        wanted = _CHUNK if size < 0 else min(size, _CHUNK)
        while True:
            if self._cancelled.is_set():
                raise Cancelled(f"Reading {self.path.name} was cancelled.")
            complete = self.closed.is_set()  # looked at before the size: what is there after it is the rest
            if complete or os.fstat(self._open()).st_size - self.size >= wanted:
                return self._passed_on(os.pread(self._open(), wanted, self.size))
            self.closed.wait(_POLL)

    def close(self) -> None:
        """The descriptor is closed and the file gone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self.path.unlink(missing_ok=True)

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR)
        return self._descriptor

    def _passed_on(self, data: bytes) -> bytes:
        self.size += len(data)
        if self.size - self._punched >= _PUNCH:
            end = self.size // _PAGE * _PAGE
            punch(self._open(), self._punched, end - self._punched)
            self._punched = end
        return data


def punch(descriptor: int, offset: int, length: int) -> bool:
    """True when the range's blocks went back to the file system (Linux fallocate(2), FALLOC_FL_PUNCH_HOLE).

    A file system without holes keeps them: then the bound on local disk is kept by pausing alone.
    """
    result: int = _libc().fallocate(descriptor, _PUNCH_HOLE_KEEP_SIZE, offset, length)
    return result == 0


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return libc
