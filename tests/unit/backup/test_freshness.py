"""Freshness: the loss that a disaster now would mean, against the promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dataops.backup.freshness import freshness, spell

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RPO = timedelta(hours=26)


def test_without_any_backup_nothing_is_fresh():
    seen = freshness(None, RPO, NOW)
    assert not seen.well
    assert "nothing can be recovered" in seen.reason


@pytest.mark.parametrize(
    ("age", "well"),
    [(timedelta(0), True), (RPO, True), (RPO + timedelta(seconds=1), False), (timedelta(days=40), False)],
)
def test_the_loss_must_not_exceed_the_promise(age: timedelta, well: bool):
    assert freshness(NOW - age, RPO, NOW).well is well


def test_a_clock_ahead_of_ours_is_no_loss():
    assert freshness(NOW + timedelta(minutes=5), RPO, NOW).observed.startswith("0 s")


def test_a_backup_from_the_future_is_not_fresh_until_then():
    seen = freshness(NOW + timedelta(days=300), RPO, NOW)
    assert not seen.well
    assert "lies 300 d ahead" in seen.reason


@pytest.mark.parametrize(
    ("span", "text"),
    [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (3661, "1 h 1 min"), (200_000, "2 d 7 h"), (90_000, "1 d 1 h")],
)
def test_spans_are_said_by_their_two_largest_units(span: int, text: str):
    assert spell(timedelta(seconds=span)) == text
