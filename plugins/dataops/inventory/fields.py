"""The kinds of values that the YAML may hold, each with the one form that it takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


class Part(BaseModel):
    """A mapping of the YAML: frozen, and unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


def _check_name(name: str) -> str:
    if "__" in name:
        raise PydanticCustomError("name", "holds two underscores in a row, which part a DAG id: use one")
    return name


def _check_date(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> object:
    raise PydanticCustomError("day", "is not a day: write it as 2026-11-23")


def _switch(value: object) -> object:
    """``on`` and ``off`` as text: YAML 1.1 reads them as booleans, YAML 1.2 does not."""
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


NOT_WRITTEN = ""
"""Stands in fields whose default depends on other fields, until that default replaces it."""

FORMS: dict[str, str] = {}
"""What each pattern of a text field means, in words, for error messages and the docs."""


def text(pattern: str, longest: int, form: str) -> StringConstraints:
    """The constraint on a text field, its form told in words."""
    FORMS[pattern] = form
    return StringConstraints(pattern=pattern, max_length=longest, min_length=1)


Name = Annotated[
    str, text(r"^[a-z0-9_-]+$", 100, "lower-case letters, digits, - and _"), AfterValidator(_check_name)
]
Owner = Annotated[str, text(r"^[A-Za-z0-9][A-Za-z0-9 ._@+-]*$", 90, "letters, digits, blanks and . _ @ + -")]
Host = Annotated[str, text(r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$", 253, "a host name or an IP address")]
Identifier = Annotated[str, text(r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", 2048, "letters, digits and . _ : / -")]
Text = Annotated[str, text(r"^[^\x00-\x1f]+$", 63, "text on one line, up to 63 characters")]
Compression = Annotated[
    str,
    text(
        r"^(none|(gzip|lz4|zstd)(:[0-9]{1,2})?)$",
        10,
        "none, gzip, lz4 or zstd, with a level if you like, as in gzip:6",
    ),
]
ConnectionId = Annotated[
    str,
    text(
        r"^[A-Za-z_][A-Za-z0-9_.-]*$",
        200,
        "the id of an Airflow connection",
    ),
]
Day = Annotated[date, BeforeValidator(_check_date)]
Encryption = Annotated[
    ConnectionId,
    BeforeValidator(_switch),
    WithJsonSchema({
        "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.-]*$"}]
    }),
]
Jobs = Annotated[int, Field(strict=True, ge=1, le=64)]


def encryption_connection(encryption: str) -> str | None:
    """The id of the connection that holds the recipients; None for ``off``."""
    return {"on": "dataops_encryption", "off": None}.get(encryption, encryption)
