"""The days of comparison: same hours, same weekday first, never the window itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.performance.baselines import days

UNTIL = datetime(2026, 11, 24, 6, tzinfo=UTC)


def test_a_day_is_compared_with_its_weekdays_and_the_days_before() -> None:
    found = days(UNTIL - timedelta(days=1), UNTIL)
    assert [(UNTIL - until).days for _, until in found] == [1, 2, 7, 14, 21, 28]
    assert all(until - since == timedelta(days=1) for since, until in found)


def test_a_week_is_compared_with_weeks() -> None:
    found = days(UNTIL - timedelta(days=7), UNTIL)
    assert [(UNTIL - until).days for _, until in found] == [7, 14, 21, 28]
