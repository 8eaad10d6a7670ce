"""Schedules: five-field crons in UTC, or ``hourly``, ``daily``, ``weekly`` at a time that is spread by name.

Spreading hashes the name, so that adding a subject never moves another one's time, and the same
files give the same DAGs on every machine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zlib import crc32

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

NIGHT_STARTS = 1
NIGHT_HOURS = 3
KEYWORDS = ("hourly", "daily", "weekly")

_NAMES = {
    *["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    *["sun", "mon", "tue", "wed", "thu", "fri", "sat", "l"],
}
_PLAIN = re.compile(r"(?:[0-5]?[0-9]) (?:1?[0-9]|2[0-3]|\*) \* \* (?:[0-6]|\*)", re.ASCII)
_DAY = 24 * 60


def check_schedule(value: str) -> str:
    """The schedule with single blanks: a keyword or a five-field cron that does tick.

    Raises ``PydanticCustomError`` for anything else.
    """
    text = " ".join(value.split()).lower()
    if text in KEYWORDS or _PLAIN.fullmatch(text) or _is_cron(text):
        return text
    raise PydanticCustomError(
        "schedule",
        "is not a schedule: write hourly, daily, weekly or a cron of five fields in UTC, as in '0 1 * * *'",
    )


def spread(schedule: str, name: str, *, days: str = "*", starts: int = NIGHT_STARTS) -> str:
    """The cron of a schedule: keywords get a minute, by the name's hash, between 01:00 and 04:00 UTC.

    ``days`` is the cron's field of weekdays for ``daily``; ``weekly`` is Sunday. ``starts`` is another hour
    than 1 for what comes after the backups.
    """
    if schedule not in KEYWORDS:
        return schedule
    hour, minute = divmod(crc32(name.encode()) % (NIGHT_HOURS * 60), 60)
    if schedule == "hourly":
        return f"{minute} * * * *"
    return f"{minute} {starts + hour} * * {'0' if schedule == 'weekly' else days}"


@lru_cache(maxsize=4096)
def longest_interval(cron: str) -> timedelta:
    """The longest time between two ticks of a cron."""
    minutes, hours, days, months, weekdays = _expanded(cron)
    in_day = [h * 60 + m for h in _all(hours, 24) for m in _all(minutes, 60)]
    if days != ["*"] or months != ["*"]:
        return max(_longest_gap(in_day, 0), _longest_days(cron) - timedelta(minutes=in_day[-1] - in_day[0]))
    return _longest_gap(sorted(d % 7 * _DAY + t for d in _all(weekdays, 7) for t in in_day), 7 * _DAY)


def ticks_at(cron: str, moment: datetime) -> bool:
    """Whether a cron ticks in the minute of ``moment``."""
    from croniter import croniter

    return bool(croniter.match(cron, moment))


def _is_cron(text: str) -> bool:
    from croniter import croniter

    # croniter also knows seconds, years, hashed and random fields, which would move at every parse.
    if len(text.split(" ")) != 5 or not set(re.findall(r"[a-z]+", text)) <= _NAMES:
        return False
    try:
        return bool(croniter.is_valid(text)) and longest_interval(text) > timedelta()
    except (ValueError, KeyError):
        return False


def _expanded(cron: str) -> list[list[int | str]]:
    if _PLAIN.fullmatch(cron):
        return [[int(field) if field != "*" else field] for field in cron.split(" ")]
    from croniter import croniter

    expanded, nth_weekdays = croniter.expand(cron)
    # "every third Friday" expands to Fridays: only looking at real dates tells the truth.
    return [*expanded[:2], ["1"], ["*"], ["*"]] if nth_weekdays else expanded


def _all(field: list[int | str], count: int) -> list[int]:
    return list(range(count)) if field == ["*"] else [int(value) for value in field]


def _longest_gap(ticks: list[int], period: int) -> timedelta:
    """The longest gap in minutes between sorted ticks, which begin again after ``period``; 0 for never."""
    following = [*ticks[1:], ticks[0] + period]
    return timedelta(minutes=max(after - before for before, after in zip(ticks, following, strict=True)))


def _longest_days(cron: str) -> timedelta:
    """The longest time from one day with ticks to the next, over a leap year and the one after.

    ``ValueError`` where no day has any.
    """
    from croniter import croniter

    start = datetime(2023, 12, 31, tzinfo=UTC)
    days = croniter(" ".join(["0", "0", *cron.split(" ")[2:]]), start)
    before, longest = days.get_next(datetime), timedelta()
    while before - start < timedelta(days=800) or not longest:
        day = days.get_next(datetime)
        longest, before = max(longest, day - before), day
    return longest


Schedule = Annotated[
    str,
    AfterValidator(check_schedule),
    WithJsonSchema({
        "type": "string",
        "anyOf": [{"enum": list(KEYWORDS)}, {"pattern": r"^\S+ +\S+ +\S+ +\S+ +\S+$"}],
        "examples": ["daily", "0 1 * * *"],
    }),
]
"""A keyword or a five-field cron, in UTC."""
