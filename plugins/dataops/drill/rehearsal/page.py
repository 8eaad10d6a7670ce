"""Pages of PostgreSQL's files: their size and their checksum, so that damage can be given a valid one.

The checksum is that of ``src/include/storage/checksum_impl.h``: 32 FNV-1a hashes side by side, folded.
"""

from __future__ import annotations

import struct
from pathlib import Path

SIZE = 8192
"""Bytes: the default that PostgreSQL's packages are built with."""

_PRIME, _MASK = 16777619, 0xFFFFFFFF
_OFFSETS = (
    *(0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C),
    *(0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB),
    *(0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4),
    *(0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756),
)
_HEADER = 24
"""Bytes of a page's header."""
_AT = 8
"""Where a page keeps its checksum: two bytes, 0 where the server has none (``PageHeaderData``)."""


def checksum(page: bytes, number: int) -> int:
    """The checksum that the page with this number in its file must have."""
    words = struct.unpack("<2048I", page[:_AT] + b"\0\0" + page[_AT + 2 :])
    sums = list(_OFFSETS)
    for start in range(0, len(words), 32):
        for place in range(32):
            sums[place] = _mixed(sums[place] ^ words[start + place])
    folded = 0
    for each in sums:
        folded ^= _mixed(_mixed(each))
    return (folded ^ number) % 65535 + 1


def _mixed(value: int) -> int:
    return (value * _PRIME & _MASK) ^ (value >> 17)


def map_page(bits: bytes) -> bytes:
    """The first page of a visibility map with these bits behind its header, and a valid checksum.

    Two bits a page of the table: all-visible, all-frozen (``src/backend/access/heap/visibilitymap.c``).
    """
    header = struct.pack("<QHHHHHHI", 0, 0, 0, _HEADER, SIZE, SIZE, SIZE | 4, 0)
    content = (header + bits).ljust(SIZE, b"\0")
    return content[:_AT] + checksum(content, 0).to_bytes(2, "little") + content[_AT + 2 :]


def overwrite(file: Path, page: int, content: bytes, at: int = 0, *, valid: bool = False) -> None:
    """Other bytes in a page; ``valid`` gives it the checksum that it then must have, if it had one at all."""
    with file.open("r+b") as opened:
        opened.seek(page * SIZE)
        before = opened.read(SIZE)
        after = before[:at] + content + before[at + len(content) :]
        if valid and before[_AT : _AT + 2] != b"\0\0":
            after = after[:_AT] + checksum(after, page).to_bytes(2, "little") + after[_AT + 2 :]
        opened.seek(page * SIZE)
        opened.write(after)
