"""Which earlier days tonight is compared with: the same weekday first, since a Monday is no Sunday."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST = 4
"""Days of comparison: enough for a median that one odd day does not move."""
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


def days(since: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Windows that may serve as baselines, the nearest first: the same hours of earlier days.

    The same weekday of the four weeks before come first in worth, then the days of the last week, for
    databases that are not watched for long. A window longer than a day is moved by whole weeks only.
    """
    weeks = [(since - _WEEK * back, until - _WEEK * back) for back in range(1, MOST + 1)]
    if until - since > _DAY:
        return tuple(weeks)
    near = [(since - _DAY * back, until - _DAY * back) for back in range(1, 7)]
    return tuple(sorted({*weeks, *near[:MOST]}, reverse=True))
