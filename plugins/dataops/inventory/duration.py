"""Durations as people write them in YAML: ``90s``, ``15m``, ``4h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(r"([1-9][0-9]{0,8})([smhd])", re.ASCII)
_LONGEST = timedelta(days=3660)


def parse_duration(value: object) -> timedelta:
    """The duration that ``15m`` or the like means, above zero and up to ten years.

    Raises ``PydanticCustomError``, which pydantic reports with the field's place.
    """
    if isinstance(value, timedelta):
        return value
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    duration = timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else timedelta()
    if not timedelta() < duration <= _LONGEST:
        raise PydanticCustomError(
            "duration",
            "is not a duration: write a whole number and its unit (s, m, h, d), as in 15m, 4h or 7d",
        )
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that ``parse_duration`` reads as this duration, in whole seconds."""
    seconds = int(duration.total_seconds())
    # 24h reads better than 1d, 26h better than 93600s: days only from two on.
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,8}[smhd]$", "examples": ["15m", "4h", "7d"]}),
]
"""A ``timedelta`` that YAML writes as ``15m``, ``4h`` or ``7d``."""
