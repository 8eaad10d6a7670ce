"""Whatever became of a log's bytes, reading it raises nothing and invents nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC

import pytest
from dataops.performance.logs.columns import DIGEST
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.entries import Format
from dataops.performance.logs.reading import read

from tests.unit.performance.logs.test_formats import ENTRIES, FORMATS

ROUNDS = 15
PIECES = (b'"', b"\n", b"'", b"\\", b"\0", b",", b"{", b"\t", b"\xff", b"$$")


@pytest.mark.parametrize(("written_as", "write"), FORMATS)
def test_bytes_that_were_changed_lost_or_added_raise_nothing(
    written_as: Format, write: Callable[..., bytes]
) -> None:
    chance = random.Random(4711)
    for _ in range(ROUNDS):
        entries = [chance.choice(ENTRIES) for _ in range(6)]
        text = damaged(bytearray(write(*entries)), chance)
        digest = Digest(UTC)
        size = chance.randint(40, 2000)
        read([text[at : at + size] for at in range(0, len(text), size)], written_as, digest, complete=True)
        rows = digest.rows()
        assert dict(rows.schema) == dict(DIGEST)
        assert rows["count"].sum() <= 2 * len(entries)


def damaged(text: bytearray, chance: random.Random) -> bytes:
    """Up to eight bytes changed, runs of up to thirty removed, or troublesome ones put in."""
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(text))
        kind = chance.random()
        if kind < 0.4:
            text[at] = chance.randrange(256)
        elif kind < 0.7:
            del text[at : at + chance.randint(1, 30)]
        else:
            text[at:at] = chance.choice(PIECES)
    return bytes(text)
