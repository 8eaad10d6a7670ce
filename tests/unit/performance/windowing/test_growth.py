"""Growth of counters: objects that come, go, come back, and are reset, in one piece or in many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from dataops.performance.windowing import growth as module
from dataops.performance.windowing.growth import Counting, Growth, clocked, growth
from dataops.performance.windowing.timeline import Interval

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
CALLS = Counting(("id",), ("calls",))


def steps(count: int, broken: tuple[int, ...] = ()) -> list[Interval]:
    """Intervals of ten minutes, some of them unusable."""
    return [
        Interval(
            index,
            NOON + timedelta(minutes=10 * (index - 1)),
            NOON + timedelta(minutes=10 * index),
            600.0,
            broken="broken" if index in broken else "",
        )
        for index in range(1, count)
    ]


def grown(samples: list[dict[str, int]], counting: Counting = CALLS, broken: tuple[int, ...] = ()) -> Growth:
    """Growth over samples that say per object how often it was called."""
    frames = [
        pl.DataFrame(
            {"id": list(each), "calls": list(each.values())}, schema={"id": pl.String, "calls": pl.Int64}
        )
        for each in samples
    ]
    found = growth(enumerate(frames), steps(len(samples), broken), counting)
    assert found is not None
    return found


def sums(found: Growth) -> dict[str, int | None]:
    return dict(found.sums.select("id", "calls").iter_rows())


def test_a_counter_grows_by_the_difference_and_what_did_not_grow_has_no_step() -> None:
    found = grown([{"a": 5, "b": 1}, {"a": 9, "b": 1}, {"a": 9, "b": 4}])
    assert sums(found) == {"a": 4, "b": 3}
    assert found.steps.select("id", "_index", "calls").rows() == [("a", 1, 4), ("b", 2, 3)]
    assert clocked(found.steps, steps(3))["at"].to_list() == [
        NOON + timedelta(minutes=10),
        NOON + timedelta(minutes=20),
    ]


def test_what_is_new_has_grown_by_all_that_it_counts() -> None:
    assert sums(grown([{"a": 5}, {"a": 5, "new": 7}])) == {"a": 0, "new": 7}


def test_all_of_the_first_sample_is_new_only_to_the_window() -> None:
    assert sums(grown([{}, {"a": 3}, {"a": 4}])) == {"a": 4}
    assert sums(grown([{"a": 3}])) == {}


def test_what_went_keeps_what_was_measured() -> None:
    found = grown([{"a": 5}, {"a": 8}, {}, {}])
    assert sums(found) == {"a": 3}
    assert found.seen.row(0, named=True) == {
        "id": "a",
        "from_index": 0,
        "to_index": 1,
        "samples": 2,
        "lost": False,
    }


def test_what_came_back_began_anew() -> None:
    assert sums(grown([{"a": 5}, {"a": 8}, {}, {"a": 2}])) == {"a": 5}


def test_a_reset_has_no_number_for_its_interval() -> None:
    found = grown([{"a": 5}, {"a": 9}, {"a": 2}, {"a": 6}])
    assert sums(found) == {"a": 8}
    assert found.seen["lost"].to_list() == [True]


def test_a_reset_may_give_a_lower_bound() -> None:
    assert sums(grown([{"a": 5}, {"a": 9}, {"a": 2}], Counting(("id",), ("calls",), partial=True))) == {
        "a": 6
    }


def test_an_interval_that_is_broken_has_no_number_for_anything() -> None:
    assert sums(grown([{"a": 5}, {"a": 9, "b": 3}, {"a": 10, "b": 3}], broken=(1,))) == {"a": 1, "b": 0}
    assert grown([{"a": 5}, {"a": 9}], broken=(1,)).sums.height == 0


def test_an_entry_that_was_made_anew_is_seen_by_its_birthday_even_where_it_counts_more() -> None:
    frames = [
        pl.DataFrame({"id": ["a"], "calls": [calls], "since": [since]}) for calls, since in ((5, 1), (7, 2))
    ]
    counting = Counting(("id",), ("calls",), anew="since", partial=True)
    found = growth(enumerate(frames), steps(2), counting)
    assert found is not None
    assert sums(found) == {"a": 7}
    assert found.seen["lost"].to_list() == [True]


def test_a_sum_may_fall_without_a_reset() -> None:
    """A table's index scans, when one of its indexes is dropped."""
    frames = [
        pl.DataFrame({"id": ["t"], "seq": [seq], "index": [index]})
        for seq, index in ((1, 100), (3, 40), (4, 50))
    ]
    found = growth(enumerate(frames), steps(3), Counting(("id",), ("seq", "index"), steady=("seq",)))
    assert found is not None
    assert found.sums.row(0, named=True) == {"id": "t", "seq": 3, "index": 10}


def test_a_section_of_one_row_needs_no_key() -> None:
    frames = [pl.DataFrame({"calls": [calls]}) for calls in (1, 4, 4)]
    found = growth(enumerate(frames), steps(3), Counting((), ("calls",), every=True))
    assert found is not None
    assert found.sums.item() == 3
    assert found.steps["calls"].to_list() == [3, 0]


def test_no_sample_has_no_growth() -> None:
    assert growth([], [], CALLS) is None


@pytest.mark.parametrize("rows", [1, 3, 10])
def test_many_pieces_say_what_one_piece_says(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    samples = [
        {"a": 1, "b": 9},
        {"a": 4},
        {"a": 4, "b": 2, "c": 1},
        {},
        {"a": 9, "c": 5},
        {"a": 3, "c": 6},
        {"c": 6, "d": 1},
    ]
    whole = grown(samples, broken=(5,))
    monkeypatch.setattr(module, "ROWS_AT_ONCE", rows)
    pieces = grown(samples, broken=(5,))
    for name in ("steps", "sums", "first", "last", "seen"):
        one, other = getattr(whole, name), getattr(pieces, name)
        assert other.sort("id", *other.columns).equals(one.sort("id", *one.columns)), name
