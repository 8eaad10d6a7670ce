"""WAL segments by name, and the holes between them."""

from __future__ import annotations

from dataops.backup.physical.wal import Segment, gaps, position, reachable
from hypothesis import given
from hypothesis import strategies as st

SIZE = 16 << 20


def on(timeline: int, *numbers: int) -> list[Segment]:
    return [Segment(timeline, number) for number in numbers]


@given(st.integers(1, 9), st.integers(0, 2**40), st.sampled_from([1 << 20, 16 << 20, 1 << 30]))
def test_a_name_leads_back_to_its_segment(timeline: int, number: int, size: int) -> None:
    segment = Segment(timeline, number % (0x1_0000_0000 * (0x1_0000_0000 // size)))
    assert Segment.named(segment.name(size), size) == segment


def test_names_are_those_of_postgresql() -> None:
    assert Segment(1, 255).name(SIZE) == "0000000100000000000000FF"
    assert Segment(1, 256).name(SIZE) == "000000010000000100000000"
    assert Segment.holding("0/5000050", 1, SIZE).name(SIZE) == "000000010000000000000005"
    assert Segment.holding("0/5000000", 1, SIZE).name(SIZE) == "000000010000000000000004"
    assert position("1/0") == 1 << 32


def test_no_gap_in_what_follows() -> None:
    assert gaps(on(1, 4, 5, 6), Segment(1, 4), Segment(1, 6)) == []
    assert reachable(on(1, 4, 5, 6), Segment(1, 4)) == Segment(1, 6)


def test_a_hole_ends_what_can_be_reached() -> None:
    archived = on(1, 4, 5, 8, 9)
    assert gaps(archived, Segment(1, 4), Segment(1, 5)) == [(Segment(1, 6), Segment(1, 7))]
    assert reachable(archived, Segment(1, 4)) == Segment(1, 5)


def test_a_missing_start_reaches_nothing() -> None:
    assert reachable(on(1, 5, 6), Segment(1, 4)) is None
    assert gaps([], Segment(1, 4), Segment(1, 5)) == [(Segment(1, 4), Segment(1, 5))]


def test_an_end_that_never_arrived_is_a_gap() -> None:
    assert gaps(on(1, 4, 5), Segment(1, 4), Segment(1, 7)) == [(Segment(1, 6), Segment(1, 7))]


def test_a_new_timeline_goes_on_where_the_old_one_was_left() -> None:
    assert gaps(on(1, 4, 5) + on(2, 5, 6), Segment(1, 4), Segment(2, 6)) == []
    assert gaps(on(1, 4, 5) + on(2, 6, 7), Segment(1, 4), Segment(2, 7)) == []
    assert gaps(on(1, 4) + on(2, 6), Segment(1, 4), Segment(2, 6)) == [(Segment(2, 5), Segment(2, 5))]
