"""A file is read to its end while somebody still writes it, and gives its space back behind the reader."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from dataops.backup.logical.growing import Cancelled, GrowingFile


def reader_of(path: Path) -> GrowingFile:
    return GrowingFile(path, closed=threading.Event(), cancelled=threading.Event())


def test_all_that_is_written_later_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "1.dat"
    blocks = [os.urandom(700_000) for _ in range(8)]
    path.write_bytes(b"")
    growing = reader_of(path)
    read = bytearray()
    thread = threading.Thread(target=lambda: read.extend(b"".join(iter(lambda: growing.read(1 << 20), b""))))
    thread.start()
    with path.open("ab") as file:
        for block in blocks:
            file.write(block)
            file.flush()
    growing.closed.set()
    thread.join(20)
    whole = b"".join(blocks)
    assert bytes(read) == whole
    assert growing.size == len(whole)


def test_what_was_read_takes_no_space_any_more(tmp_path: Path) -> None:
    path = tmp_path / "1.dat"
    path.write_bytes(os.urandom(32 << 20))
    growing = reader_of(path)
    growing.closed.set()
    for _ in range(24):
        growing.read(1 << 20)
    status = path.stat()
    assert status.st_size == 32 << 20  # the writer's own offsets stay right
    assert status.st_blocks * 512 <= 12 << 20


def test_nothing_is_left_once_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "1.dat"
    path.write_bytes(b"x")
    growing = reader_of(path)
    growing.closed.set()
    assert growing.read() == b"x"
    growing.close()
    assert not path.exists()


def test_a_cancelled_reader_does_not_wait_for_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "1.dat"
    path.write_bytes(b"x")
    cancelled = threading.Event()
    growing = GrowingFile(path, closed=threading.Event(), cancelled=cancelled)
    cancelled.set()
    with pytest.raises(Cancelled):
        growing.read(10)
