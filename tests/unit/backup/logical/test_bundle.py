"""Small files travel as a tar stream that any tar reads."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from dataops.backup.logical.bundle import Bundle


@pytest.mark.parametrize("step", [1, 511, 1 << 20, -1])
def test_any_tar_reads_what_was_bundled(tmp_path: Path, step: int) -> None:
    contents = {
        "toc.dat": b"table of contents",
        "empty.dat": b"",
        "blob_1.dat": bytes(512),
        "2.dat": b"x" * 999,
    }
    paths = [tmp_path / name for name in contents]
    for path in paths:
        path.write_bytes(contents[path.name])
    noted: dict[str, str] = {}
    bundle = Bundle(paths, read=lambda name, sha256: noted.__setitem__(name, sha256))
    stream = b"".join(iter(lambda: bundle.read(step), b""))
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert found == contents
    assert noted == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    assert bundle.size == len(stream)


def test_data_is_compressed_each_file_by_itself(tmp_path: Path) -> None:
    for name in ("toc.dat", "7.dat"):
        (tmp_path / name).write_bytes(b"x" * 999)
    bundle = Bundle([tmp_path / "toc.dat", tmp_path / "7.dat"], read=lambda name, sha256: None, gzip_level=1)
    with tarfile.open(fileobj=io.BytesIO(b"".join(iter(bundle.read, b"")))) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert found["toc.dat"] == b"x" * 999
    assert gzip.decompress(found["7.dat.gz"]) == b"x" * 999


def test_files_are_gone_once_they_were_read(tmp_path: Path) -> None:
    path = tmp_path / "1.dat"
    path.write_bytes(b"x")
    bundle = Bundle([path], read=lambda name, sha256: None)
    assert path.exists()
    bundle.read()
    assert not path.exists()
