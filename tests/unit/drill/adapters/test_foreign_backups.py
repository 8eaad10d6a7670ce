"""Reading what other programs say of their backups, and whose turn it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dataops.backup.catalog import BACKUP_ID
from dataops.drill.adapters import barman, wal_g
from dataops.drill.adapters.archive_head import ArchiveHead, read_head
from dataops.drill.adapters.choosing import in_turn
from dataops.drill.adapters.physical import insist_on_gapless
from dataops.drill.adapters.taken import NotRestorable, Taken

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
PLAIN = b"""--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18
"""


def archive(minor: int, dbname: str = "shop", version: str = "15.18 (Debian)") -> bytes:
    """The begin of a custom archive, as pg_backup_archiver.c writes it."""

    def number(value: int) -> bytes:
        return bytes([value < 0]) + abs(value).to_bytes(4, "little")

    def text(value: str) -> bytes:
        return number(len(value)) + value.encode()

    compression = bytes([1]) if minor >= 15 else number(-1)
    created = b"".join(number(value) for value in (5, 4, 12, 25, 10, 126, 0))
    return bytes([*b"PGDMP", 1, minor, 0, 4, 8, 1]) + compression + created + text(dbname) + text(version)


@pytest.mark.parametrize(
    ("head", "directory", "read"),
    [
        (archive(14), False, ArchiveHead("custom", "shop", "15.18")),
        (archive(16, version="17.2"), True, ArchiveHead("directory", "shop", "17.2")),
        (PLAIN, False, ArchiveHead("plain", "", "15.18")),
        (PLAIN + b'CREATE DATABASE "Shop ""1""" WITH x;', False, ArchiveHead("plain", 'Shop "1"', "15.18")),
    ],
)
def test_a_dump_tells_form_database_and_version(head: bytes, directory: bool, read: ArchiveHead) -> None:
    assert read_head(head, directory=directory) == read
    assert read_head(head, directory=directory).major == int(read.server_version.partition(".")[0])


@pytest.mark.parametrize("head", [b"", b"id,name\n1,a\n", b"PGDMP", archive(14)[:60]])
def test_what_is_no_dump_is_refused(head: bytes) -> None:
    with pytest.raises(NotRestorable):
        read_head(head.ljust(9, b"\x01") if head == b"PGDMP" else head)


def test_a_foreign_backup_has_an_id_of_our_form_and_always_the_same() -> None:
    taken = Taken("/dumps/shop.dump", AT)
    assert BACKUP_ID.match(taken.backup_id)
    assert taken.backup_id == Taken("/dumps/shop.dump", AT, bytes=5).backup_id
    assert taken.backup_id != Taken("/dumps/other.dump", AT).backup_id


def test_drills_take_turns() -> None:
    newest, middle, oldest = (Taken(name, AT - timedelta(days=age)) for age, name in enumerate("abc"))
    found = [newest, middle, oldest]
    ids = [each.backup_id for each in found]
    assert in_turn(found, [])[0] is newest
    assert in_turn(found, [ids[0]])[0] is middle
    assert in_turn(found, [ids[0], ids[1]])[0] is oldest
    assert in_turn(found, [ids[1], ids[0], ids[2]])[0] is oldest  # the latest drill comes first
    assert in_turn(found, [ids[2], ids[1], ids[0], ids[2]])[0] is newest


def test_barman_and_wal_g_are_read() -> None:
    shown = {
        "postgresql_version": 150018,
        "base_backup_information": {
            "end_time_timestamp": "1795625693",
            "begin_wal": "000000010000000000000008",
            "end_wal": "000000010000000000000009",
            "disk_usage_with_wals_bytes": 153381176,
        },
    }
    read = barman.taken("20261125T165445", shown)
    assert (read.at, read.server_version) == (datetime(2026, 11, 25, 16, 54, 53, tzinfo=UTC), "15.18")
    listed = {"backup_name": "base_1", "time": "2026-11-25T12:00:00Z", "pg_version": 160002}
    read = wal_g.taken(listed)
    assert (read.place, read.at, read.server_version) == ("base_1", AT, "16.2")


def test_a_hole_in_the_wal_is_named(tmp_path: Path) -> None:
    for number in (8, 9, 10, 12):
        (tmp_path / f"{1:08X}{0:08X}{number:08X}").write_bytes(b"\0" * (1 << 20))
    begins, ends = "000000010000000000000008", "000000010000000000000009"
    with pytest.raises(NotRestorable, match="00000001000000000000000B is missing"):
        insist_on_gapless(tmp_path, begins, ends)
    (tmp_path / "00000001000000000000000B").write_bytes(b"\0" * (1 << 20))
    insist_on_gapless(tmp_path, begins, ends)
    (tmp_path / "000000010000000000000008").unlink()
    with pytest.raises(NotRestorable):
        insist_on_gapless(tmp_path, begins, ends)
