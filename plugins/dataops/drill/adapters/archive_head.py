"""What the first bytes of a file of pg_dump tell: its form, the database, the server's version. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dataops.drill.adapters.taken import NotRestorable

LENGTH = 1 << 16
"""Bytes that are enough."""
COMPLETE = b"PostgreSQL database dump complete"
"""How every plain dump ends; one without it was cut off."""

Form = Literal["custom", "directory", "tar", "plain"]


@dataclass(frozen=True)
class ArchiveHead:
    """``dbname`` is empty where the file does not tell it: a plain dump without ``--create``."""

    form: Form
    dbname: str
    server_version: str

    @property
    def major(self) -> int:
        """The major version that it was dumped from."""
        found = re.match(r"\d+", self.server_version)
        if found is None:
            raise NotRestorable(f"The dump tells no version of its server, but {self.server_version!r}.")
        return int(found[0])


def read_head(head: bytes, *, directory: bool = False) -> ArchiveHead:
    """What a dump's first bytes (of a directory: of toc.dat) tell; ``NotRestorable`` where it is no dump."""
    if head[:5] == b"PGDMP":
        dbname, version = _archive(head)
        return ArchiveHead("directory" if directory else "custom", dbname, version)
    if head[257:262] == b"ustar" and head[:7] == b"toc.dat":
        dbname, version = _archive(head[512:])
        return ArchiveHead("tar", dbname, version)
    text = head.decode("utf-8", errors="replace")
    told = re.search(r"^-- Dumped from database version (\S+)", text, re.MULTILINE)
    if told is None:
        raise NotRestorable("This is no file of pg_dump: neither an archive nor a plain dump begins so.")
    created = re.search(r'^CREATE DATABASE ("(?:[^"]|"")+"|\S+) ', text, re.MULTILINE)
    return ArchiveHead("plain", _unquoted(created[1]) if created else "", told[1])


def _archive(head: bytes) -> tuple[str, str]:
    """Database and version from an archive's header (PostgreSQL source, pg_backup_archiver.c, ReadHead)."""
    major, minor, size = head[5], head[6], head[8]
    place = 11  # magic, version (3), size of integers and of offsets, format
    place += 1 if (major, minor) >= (1, 15) else 1 + size  # compression
    place += 7 * (1 + size)  # when it was created, in the server's unknown local time
    try:
        dbname, place = _string(head, place, size)
        version, _ = _string(head, place, size)
    except (IndexError, UnicodeDecodeError):
        raise NotRestorable("The archive's header is cut off or damaged.") from None
    return dbname, version.split()[0] if version else ""


def _string(head: bytes, place: int, size: int) -> tuple[str, int]:
    sign, digits = head[place], head[place + 1 : place + 1 + size]
    length = int.from_bytes(digits, "little")
    begin = place + 1 + size
    if sign or begin + length > len(head):
        raise IndexError
    return head[begin : begin + length].decode(), begin + length


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
