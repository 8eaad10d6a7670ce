"""Sizes as people write them in YAML: ``64MB``, ``10GB``. Powers of 1,000, as everywhere here."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dataops.inventory.fields import text

_UNITS = {"kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000}
_PATTERN = r"^[1-9][0-9]{0,5}(kB|MB|GB|TB)$"


def bytes_of(size: str) -> int:
    """The bytes that ``64MB`` or the like means.

    Raises ``PydanticCustomError``, which pydantic reports with the field's place.
    """
    number, unit = size[:-2], size[-2:]
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()):
        raise PydanticCustomError(
            "size", "is not a size: write a whole number and its unit (kB, MB, GB, TB), as in 64MB"
        )
    return int(number) * _UNITS[unit]


def _checked(size: str) -> str:
    bytes_of(size)
    return size


Size = Annotated[
    str,
    text(_PATTERN, 8, "a size: a whole number and kB, MB, GB or TB, as in 64MB"),
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]
"""A size as the YAML writes it; ``bytes_of`` gives the number."""
