"""What we compress is what gzip and pg_restore read."""

from __future__ import annotations

import gzip
import hashlib
import io
import os

import pytest
from dataops.backup.logical.compressing import Packed, is_data, packed


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("step", [1 << 10, 1 << 20, -1])
def test_gzip_reads_what_was_packed(level: int, step: int) -> None:
    plain = os.urandom(300_000).hex().encode() + bytes(3_000_000)
    reader = Packed(io.BytesIO(plain), level)
    stored = b"".join(iter(lambda: reader.read(step), b""))
    assert gzip.decompress(stored) == plain
    assert reader.size == len(stored) < len(plain)
    assert reader.sha256 == hashlib.sha256(stored).hexdigest()


def test_without_a_level_it_passes_through() -> None:
    reader = Packed(io.BytesIO(b"toc"), None)
    assert b"".join(iter(lambda: reader.read(2), b"")) == b"toc"
    assert reader.sha256 == hashlib.sha256(b"toc").hexdigest()


def test_an_empty_file_is_a_valid_archive() -> None:
    assert gzip.decompress(packed(b"", 1)) == b""
    assert gzip.decompress(Packed(io.BytesIO(b""), 1).read()) == b""


def test_tables_of_contents_stay_readable() -> None:
    assert is_data("3401.dat") and is_data("blob_17.dat")
    assert not is_data("toc.dat") and not is_data("blobs.toc") and not is_data("3401.dat.gz")
