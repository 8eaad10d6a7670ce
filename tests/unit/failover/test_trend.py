"""A time without service is told against the tests before, and called slower only where it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dataops.failover.trend import Earlier, trend_of

AT = datetime(2026, 11, 1, tzinfo=UTC)


def earlier(*seconds: float) -> list[Earlier]:
    return [Earlier(AT + timedelta(days=number), rto) for number, rto in enumerate(seconds)]


def test_without_a_measure_now_or_before_nothing_is_said() -> None:
    assert not trend_of(None, earlier(1.0), promised=10)
    assert not trend_of(1.0, [], promised=10)


def test_with_few_tests_no_direction_is_claimed() -> None:
    told = trend_of(9.0, earlier(1.0, 1.0), promised=10)
    assert told.endswith("the median of 2 earlier passed tests is 1 s.")
    assert "usual" not in told


def test_as_usual_is_told_with_the_share_of_the_promise() -> None:
    told = trend_of(2.0, earlier(1.0, 1.5, 9.0), promised=10)
    assert told.endswith("as usual, 20 % of what is promised.")


def test_twice_the_median_is_still_usual_and_more_is_slower() -> None:
    assert "as usual" in trend_of(2.0, earlier(1.0, 1.0, 1.0), promised=10)
    told = trend_of(2.1, earlier(1.0, 1.0, 1.0), promised=10)
    assert "2.1 times as long as usual" in told
    assert "became slower" in told
