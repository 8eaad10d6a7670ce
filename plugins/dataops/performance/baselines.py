"""Which earlier days tonight is compared with: the same weekday first, since a Monday is no Sunday."""

from __future__ import annotations

from datetime import datetime, timedelta

WEEKS = 4
"""Weeks looked back: enough for a median that one odd day does not move."""
NEAR = 2
"""Days just before, for databases that are not watched for a week yet."""
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


def days(since: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Windows that may serve as baselines, the nearest first: the same hours of earlier days.

    They are the same weekday of the four weeks before, and the two days before. A window longer than a day is
    moved by whole weeks only.
    """
    weeks = [(since - _WEEK * back, until - _WEEK * back) for back in range(1, WEEKS + 1)]
    if until - since > _DAY:
        return tuple(weeks)
    near = [(since - _DAY * back, until - _DAY * back) for back in range(1, NEAR + 1)]
    return (*near, *weeks)
