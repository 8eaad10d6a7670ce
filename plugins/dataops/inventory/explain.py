"""From pydantic's errors to problems that a person can mend: file, line, field, value, allowed values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dataops.inventory.document import Document
from dataops.inventory.fields import FORMS
from dataops.inventory.problem import Problem

_LONGEST_VALUE = 60


def problems_of(
    error: ValidationError, model: type[BaseModel], path: Path, document: Document
) -> list[Problem]:
    """Every mistake that validation found, in the order of the file."""
    return sorted(_problem(details, model, path, document) for details in error.errors(include_url=False))


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that the YAML of this model may have, in the order of the model."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def nearest(word: str, known: Iterable[str]) -> str:
    """``. Did you mean X?`` for the known word nearest to this one; nothing where none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f". Did you mean {near[0]}?" if near else ""


def shown(text: str) -> str:
    """A value as a message shows it: quoted, on one line, shortened, without a login."""
    if "://" in text:
        return "a URI"
    short = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    return repr(short) if short else ""


def _problem(details: ErrorDetails, model: type[BaseModel], path: Path, document: Document) -> Problem:
    location = details["loc"]
    place = document.place(*location)
    field = ".".join(str(part) for part in location)
    parent = _part_at(model, location[:-1])
    if details["type"] == "extra_forbidden":
        # The value stays out: whoever misplaces a password must not read it in a log.
        keys = keys_of(parent)
        return Problem(path, place.line, field, "is no field" + nearest(str(location[-1]), keys), "", keys)
    if details["type"] == "missing":
        return Problem(path, place.line, field, f"is missing: {_meaning(parent, str(location[-1]))}")
    message, allowed = _fault(details)
    return Problem(path, place.line, field, message, shown(place.text), allowed)


def _fault(details: ErrorDetails) -> tuple[str, tuple[str, ...]]:
    """What is wrong with a value, and the values that are allowed where they can be listed."""
    context: Mapping[str, Any] = details.get("ctx", {})
    kind, given = details["type"], details["input"]
    if kind == "literal_error":
        allowed = tuple(re.findall(r"'([^']*)'", context["expected"]))
        return "is not allowed" + nearest(str(given), allowed), allowed
    if given is None:
        return "has no value: write one, or take the line out", ()
    if kind == "string_type":
        return _no_text(given), ()
    if kind == "string_pattern_mismatch":
        return f"has another form than it should: {FORMS[context['pattern']]}", ()
    if kind == "model_type" or isinstance(given, dict | list):
        return (
            "is no mapping: write its fields below it, indented"
            if kind == "model_type"
            else "is no single value",
            (),
        )
    words = {
        "string_too_long": f"is longer than {context.get('max_length')} characters",
        "string_too_short": "is empty",
        "int_type": "is text: take the quotes off" if _is_digits(given) else "is no whole number",
        "greater_than_equal": f"is too small: at least {context.get('ge')}",
        "less_than_equal": f"is too large: at most {context.get('le')}",
    }
    return words.get(kind, details["msg"]), ()


def _is_digits(given: object) -> bool:
    return isinstance(given, str) and given.isdecimal() and not given.startswith("0")


def _no_text(given: object) -> str:
    if isinstance(given, dict | list):
        return "is no text but a mapping or a list"
    kind = "true or false" if isinstance(given, bool) else "a number"
    return f"is read by YAML as {kind}: put it in quotes"


def _part_at(model: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel]:
    for part in location:
        for name, field in model.model_fields.items():
            if part in {name, field.alias}:
                model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _meaning(model: type[BaseModel], key: str) -> str:
    for name, field in model.model_fields.items():
        if key in {name, field.alias}:
            text = (field.description or key).rstrip(".")
            return text[0].lower() + text[1:]
    return key
