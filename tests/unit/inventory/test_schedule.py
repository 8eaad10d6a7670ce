"""Schedules: crons that tick, spread over the night, and how long nothing is backed up at worst."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter
from dataops.inventory.schedule import check_schedule, longest_interval, spread
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "interval"),
    [
        ("0 1 * * *", DAY),
        ("30 * * * *", HOUR),
        ("0 */6 * * *", 6 * HOUR),
        ("0 1,13,14 * * *", 12 * HOUR),
        ("* * * * *", timedelta(minutes=1)),
        ("0 1 * * 1-5", 3 * DAY),
        ("0 1 * * sun", 7 * DAY),
        ("0 1 * * 7", 7 * DAY),
        ("0 0 1 * *", 31 * DAY),
        ("* * 1 * *", 30 * DAY + timedelta(minutes=1)),
        ("0 2,4 * 1 *", 336 * DAY - 2 * HOUR),
        ("0 0 1 1 *", 366 * DAY),
        ("0 9 * * fri#3", 35 * DAY),
    ],
)
def test_the_longest_interval_is_what_can_be_lost(cron: str, interval: timedelta) -> None:
    assert longest_interval(check_schedule(cron)) == interval


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
    st.sets(st.integers(0, 23), min_size=1, max_size=4),
    st.sets(st.integers(0, 6), min_size=1, max_size=7),
)
def test_the_longest_interval_is_that_of_the_real_ticks(
    minutes: set[int], hours: set[int], days: set[int]
) -> None:
    cron = " ".join([_joined(minutes), _joined(hours), "*", "*", _joined(days)])
    ticks = croniter(cron, datetime(2026, 1, 1, tzinfo=UTC))
    seen = [ticks.get_next(datetime) for _ in range(len(minutes) * len(hours) * len(days) + 1)]
    assert longest_interval(cron) == max(after - before for before, after in pairwise(seen))


def _joined(values: set[int]) -> str:
    return ",".join(map(str, sorted(values)))


@pytest.mark.parametrize(
    "text",
    ["", "0 1 * *", "0 1 * * * *", "60 1 * * *", "0 0 30 2 *", "R R * * *", "H H * * *", "@daily", "nightly"],
)
def test_what_never_ticks_or_would_move_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="hourly, daily, weekly or a cron"):
        check_schedule(text)


def test_words_are_spread_over_the_night_and_always_the_same() -> None:
    crons = [spread("daily", f"database-{number}") for number in range(200)]
    hours = [int(cron.split()[1]) for cron in crons]
    assert set(hours) == {1, 2, 3}
    assert len(set(crons)) > 100
    assert spread("daily", "flights") == "18 2 * * *"
    assert spread("0 5 * * *", "flights") == "0 5 * * *"
