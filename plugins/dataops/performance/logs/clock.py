"""When an entry was written, in UTC; a log tells local time and an abbreviation of its zone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dataops.errors import ConfigurationError
from dataops.performance.logs.columns import BUCKET_SECONDS

STAMP = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+$"
"""How a time is written, by all formats."""
PREFIX = len("2026-11-28 15:0")
"""Characters of a stamp that tell its ten minutes."""


def zone_named(name: str) -> tzinfo:
    """The zone of the server's ``log_timezone``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(
            f"log_timezone '{name}' is in no time zone database here. Install tzdata, or set a name of it."
        ) from None


def bucket_end(ten_minutes: str, abbreviation: str, zone: tzinfo) -> datetime:
    """The end of the ten minutes such as ``2026-11-28 15:0``, in UTC.

    Where clocks are set back an hour comes twice: the abbreviation tells which.
    """
    local = datetime.strptime(f"{ten_minutes}0", "%Y-%m-%d %H:%M")
    return _in_utc(local, abbreviation, zone) + timedelta(seconds=BUCKET_SECONDS)


def moment_of(stamp: str, zone: tzinfo) -> datetime | None:
    """A whole stamp such as ``2026-11-28 15:06:09.123 CET``, in UTC; None for one that never was."""
    told, _, abbreviation = stamp.rpartition(" ")
    try:
        return _in_utc(datetime.fromisoformat(told), abbreviation, zone)
    except (ValueError, OverflowError):
        return None


def bucket_ends(pairs: Iterable[tuple[str, str]], zone: tzinfo) -> dict[tuple[str, str], datetime]:
    """The ends of many ten minutes, by prefix and abbreviation; without those that never were."""
    ends = {}
    for pair in pairs:
        with contextlib.suppress(ValueError, OverflowError):
            ends[pair] = bucket_end(*pair, zone)
    return ends


def _in_utc(local: datetime, abbreviation: str, zone: tzinfo) -> datetime:
    local = local.replace(tzinfo=_zone(abbreviation, zone))
    again = local.replace(fold=1)
    if local.tzname() != abbreviation and again.tzname() == abbreviation:
        local = again
    return local.astimezone(UTC)


def _zone(abbreviation: str, zone: tzinfo) -> tzinfo:
    if abbreviation in {"UTC", "GMT"}:
        return UTC
    numeric = re.fullmatch(r"([+-])(\d\d):?(\d\d)?", abbreviation)
    if numeric:
        sign, hours, minutes = numeric.groups("0")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    return zone
