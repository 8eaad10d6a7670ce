"""Which files of a folder are the log, and how a file is known again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dataops.errors import ConfigurationError
from dataops.performance.logs.ledger import Ledger, Position, head_of
from dataops.performance.logs.sources import Folder

NAMES = ("a.log", "a.log.1", "a.log.2.gz", "a.csv", "a.json", "postgresql-Mon")


@pytest.mark.parametrize(
    ("written_as", "expected"),
    [("jsonlog", {"a.json"}), ("csvlog", {"a.csv"}), ("stderr", {"a.log", "a.log.1", "postgresql-Mon"})],
)
def test_files_are_chosen_by_the_format(tmp_path: Path, written_as: str, expected: set[str]) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("x")
    assert {file.name for file in Folder(tmp_path, written_as).files()} == expected


def test_links_and_folders_are_no_log(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "link.json").symlink_to(tmp_path / "secret")
    (tmp_path / "folder.json").mkdir()
    assert Folder(tmp_path, "jsonlog").files() == []


def test_files_come_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    for name, time in (("b.json", 1), ("c.json", 3), ("a.json", 2)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time, time))
    assert [file.name for file in Folder(tmp_path, "jsonlog").files()] == ["b.json", "a.json", "c.json"]


def test_a_part_of_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"0123456789")
    source = Folder(tmp_path, "jsonlog")
    (file,) = source.files()
    assert b"".join(source.blocks(file, 2, 5)) == b"234"
    assert b"".join(source.blocks(file, 8, 50)) == b"89"


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="folder cannot be read"):
        Folder(tmp_path / "missing", "jsonlog").files()


def test_a_file_is_known_by_its_beginning_also_when_it_was_short() -> None:
    short = Position(name="a.json", head=head_of(b"begin"), head_bytes=5, offset=5)
    known = Ledger(positions=(short,))
    assert known.position_of(b"beginning of more") == short
    assert known.position_of(b"another beginning") is None
    assert known.position_of(b"be") is None
