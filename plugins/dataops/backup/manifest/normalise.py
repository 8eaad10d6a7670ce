"""One spelling for expressions that PostgreSQL prints otherwise after a restore, though they are equal."""

from __future__ import annotations

import re

from pydantic import JsonValue

_ELEMENT = r"(?:E?'(?:[^']|'')*'|-?[\d.]+|\(-?[\d.]+\)|NULL)(?:::[\w .\"()]+?)?"
_CAST_ARRAY = re.compile(
    rf"\(ARRAY\[({_ELEMENT}(?:, {_ELEMENT})*)\]\)::((?:[\w .\"]|\(\d+(?:,\d+)?\))+?)\[\]"
)
_SPLIT = re.compile(rf"{_ELEMENT}(?=, |$)")


def normalised(fact: JsonValue) -> JsonValue:
    """The fact with ``(ARRAY['a'::x])::y[]`` written as ``ARRAY[('a'::x)::y]``, in lists and objects too.

    ``CHECK (c IN ('a', 'b'))`` on a varchar column is stored as the first and, once dumped and
    restored, as the second (PostgreSQL's parser pushes the cast of an array literal into its elements).
    """
    if isinstance(fact, str):
        return _CAST_ARRAY.sub(_pushed, fact) if "(ARRAY[" in fact else fact
    if isinstance(fact, list):
        return [normalised(item) for item in fact]
    if isinstance(fact, dict):
        return {name: normalised(item) for name, item in fact.items()}
    return fact


def _pushed(match: re.Match[str]) -> str:
    elements, cast = match[1], match[2]
    return "ARRAY[" + ", ".join(f"({element[0]})::{cast}" for element in _SPLIT.finditer(elements)) + "]"
