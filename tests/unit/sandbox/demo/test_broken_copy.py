"""The demo's broken backup: one number is another, and nothing else."""

from __future__ import annotations

import gzip

from sandbox.demo.broken_copy import COLUMNS, DISTANCE, one_mile_further


def test_one_flight_of_the_dump_is_a_mile_longer() -> None:
    rows = [[str(row * 100 + column) for column in range(COLUMNS)] for row in range(5)]
    dumped = "\n".join("\t".join(row) for row in rows) + "\n\\.\n\n\n"
    changed = one_mile_further(gzip.compress(dumped.encode()))
    assert changed is not None
    after = [line.split("\t") for line in gzip.decompress(changed).decode().split("\n")]
    before = [line.split("\t") for line in dumped.split("\n")]
    differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((old, new),) = differing
    assert int(new[DISTANCE]) == int(old[DISTANCE]) + 1
    assert [*new[:DISTANCE], *new[DISTANCE + 1 :]] == [*old[:DISTANCE], *old[DISTANCE + 1 :]]


def test_a_dump_of_another_table_is_left_alone() -> None:
    assert one_mile_further(gzip.compress(b"UA\tUnited Air Lines\n\\.\n")) is None
