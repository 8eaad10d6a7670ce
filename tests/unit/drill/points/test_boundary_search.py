"""Where recovery must stop, found in an archive of which little is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dataops.backup.physical.wal import Segment
from dataops.drill.archived_wal import newest_timeline
from dataops.drill.boundary import Boundary, widened
from dataops.drill.boundary_search import Reach, around_moment, around_position, at_the_end
from dataops.drill.commits import Commit, around_lsn, around_time, commits
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SIZE = 16 << 20

LINES = """\
rmgr: Transaction len (rec/tot):     34/    34, tx:        735, lsn: 0/0153B7C8, prev 0/0153B790, desc: COMMIT 2026-11-23 03:00:01.000001 UTC
rmgr: Transaction len (rec/tot):     82/    82, tx:        736, lsn: 0/0153B7F0, prev 0/0153B7C8, desc: COMMIT 2026-11-23 03:00:02.000000 UTC; subxacts: 737 738
rmgr: Transaction len (rec/tot):     46/    46, tx:        739, lsn: 0/0153B848, prev 0/0153B7F0, desc: ABORT 2026-11-23 03:00:02.500000 UTC
rmgr: Transaction len (rec/tot):    178/   178, tx:        740, lsn: 0/0153B878, prev 0/0153B848, desc: PREPARE gid p: 2026-11-23 03:00:03.000000 UTC
rmgr: Transaction len (rec/tot):     66/    66, tx:          0, lsn: 0/0153B930, prev 0/0153B878, desc: COMMIT_PREPARED 740: 2026-11-23 03:00:04.000000 UTC
rmgr: Transaction len (rec/tot):    121/   121, tx:          0, lsn: 0/0153B978, prev 0/0153B930, desc: COMMIT 2026-11-23 03:00:05.000000 UTC; inval msgs: catcache 7
first record is after 0/1000000, at 0/1000028, skipping over 40 bytes
""".splitlines()  # ruff: ignore[line-too-long]


def test_commits_are_read_as_pg_waldump_shows_them():
    found = commits(LINES)
    assert [(each.xid, each.prepared, each.subxids) for each in found] == [
        (735, False, ()),
        (736, False, (737, 738)),
        (740, True, ()),
    ]
    assert found[0].at == datetime(2026, 11, 23, 3, 0, 1, 1, tzinfo=UTC)


def commit(number: int, at: datetime) -> Commit:
    return Commit(xid=1000 + number, lsn=f"{number >> 32:X}/{number & 0xFFFFFFFF:X}", at=at)


def test_the_boundary_of_a_moment_is_by_the_order_of_the_wal():
    early, late, jumped = commit(10, START), commit(20, START + 3 * SECOND), commit(30, START + SECOND)
    assert around_time([early, late, jumped], START + 2 * SECOND) == (early, late)
    assert around_time([early, jumped], START + 2 * SECOND) == (jumped, None)
    assert around_time([late], START) == (None, late)


def test_an_exclusive_lsn_leaves_out_what_begins_at_it():
    first, second = commit(0x10, START), commit(0x20, START)
    assert around_lsn([first, second], "0/20") == (first, second)
    assert around_lsn([first, second], "0/21") == (second, None)


@dataclass
class Archive:
    """An archive of segments with commits, that counts how many of them were fetched."""

    per_segment: list[list[datetime]]
    delays: list[timedelta] = field(default_factory=list)
    fetched: set[int] = field(default_factory=set)
    size: int = SIZE

    @property
    def segments(self) -> dict[int, Any]:
        return dict.fromkeys(range(len(self.per_segment)))

    @property
    def last(self) -> int:
        return len(self.per_segment) - 1

    def arrived(self, number: int) -> datetime:
        times = [each for segment in self.per_segment[: number + 1] for each in segment]
        return max(times, default=START) + (self.delays[number] if self.delays else SECOND)

    def commits(self, first: int, last: int) -> list[Commit]:
        self.fetched |= set(range(first, last + 1))
        return [
            commit(number * SIZE + 100 * (place + 1), at)
            for number in range(first, last + 1)
            for place, at in enumerate(self.per_segment[number])
        ]

    def shows_at_work(self, commit: Commit, first: int) -> bool:
        return True


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=15)
    | st.lists(st.integers(1, 4), max_size=60, min_size=1),
    st.integers(-5, 400),
    st.lists(st.integers(-200, 200), min_size=60, max_size=60),
)
def test_the_search_finds_what_reading_everything_would(counts: list[int], moment: int, delays: list[int]):
    clock, segments = 0, []
    for count in counts:
        segments.append([START + (clock := clock + 2) * SECOND for _ in range(count)])
    archive = Archive(segments, [each * SECOND for each in delays])
    everything = archive.commits(0, archive.last)
    at = START + moment * SECOND
    found = around_moment(archive, Reach(0, archive.last), at)  # type: ignore[arg-type]
    before, after = around_time(everything, at)
    assert found.after == after
    assert found.before == before
    assert bool(found.no_before) is (before is None) and bool(found.no_after) is (after is None)


def test_little_of_a_long_archive_is_read():
    archive = Archive([[START + number * SECOND] for number in range(5000)], [-4000 * SECOND] * 5000)
    found = around_moment(archive, Reach(0, 4999), START + 4321 * SECOND)  # type: ignore[arg-type]
    assert found.before is not None and found.before.at == START + 4321 * SECOND
    assert len(archive.fetched) < 40


def test_an_idle_stretch_is_looked_through_for_the_commit_before():
    archive = Archive([[START], *([[]] * 10), [START + 60 * SECOND]])
    found = around_moment(archive, Reach(3, 11), START + 30 * SECOND)  # type: ignore[arg-type]
    assert found.before is not None and found.before.at == START
    assert found.after is not None


def test_the_end_of_an_idle_archive_has_no_commit_after_and_says_so():
    archive = Archive([[START], [], []])
    for found in (
        around_moment(archive, Reach(0, 2), START + SECOND),  # type: ignore[arg-type]
        at_the_end(archive, Reach(0, 2)),  # type: ignore[arg-type]
        around_position(archive, Reach(0, 2), "0/1000000"),  # type: ignore[arg-type]
    ):
        assert found.before is not None and found.after is None
        assert found.no_after == "the archived WAL ends without another commit"


def test_a_long_idle_stretch_behind_a_moment_is_not_read_to_its_end():
    archive = Archive([[START], *([[]] * 200), [START + 60 * SECOND]])
    found = around_moment(archive, Reach(0, 201), START + SECOND)  # type: ignore[arg-type]
    assert found.before is not None and found.before.at == START
    assert found.after is not None or "segments behind it" in found.no_after
    assert len(archive.fetched) < 64


def test_a_boundary_travels_between_tasks():
    boundary = Boundary(commits(LINES)[0], commits(LINES)[2], assigned=True)
    assert Boundary.from_json(boundary.to_json()) == boundary
    assert Boundary.from_json(Boundary(unknown="why").to_json()) == Boundary(unknown="why")


@pytest.mark.parametrize(
    ("xid", "upcoming", "full"),
    [
        (735, 740, 735),
        (745, 740, 745),
        (4294967290, (1 << 32) + 5, 4294967290),
        (3, (1 << 32) + 5, (1 << 32) + 3),
    ],
)
def test_a_transaction_number_iswidened_to_the_nearest(xid: int, upcoming: int, full: int):
    assert widened(xid, upcoming) == full


def test_the_path_through_the_archive_follows_the_newest_timeline():
    old = [(Segment(1, number), number) for number in range(5)]
    new = [(Segment(2, number), 10 + number) for number in (3, 4, 5)]
    path = newest_timeline([*old, *new])  # type: ignore[arg-type]
    assert {number: segment.timeline for number, (segment, _) in path.items()} == {
        0: 1,
        1: 1,
        2: 1,
        3: 2,
        4: 2,
        5: 2,
    }
