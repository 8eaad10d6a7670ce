"""Values of settings in SQL: they are literals also where they stand without quotes."""

from __future__ import annotations

from collections.abc import Iterator

Token = tuple[str, str]
"""Kind and text, as ``normalising.tokens`` gives them."""

_SETTING = frozenset({"set", "alter", "create"})
"""First words of statements whose SET may give a setting a value; that of an UPDATE gives one to a column."""
_SAID = frozenset({"default", "on", "off", "true", "false"})
"""Values that tell nothing of anybody."""
_VALUES = frozenset({"literal", "word", "name"})


def values_of_settings(tokens: Iterator[Token]) -> Iterator[Token]:
    """The tokens, with the values after ``SET name TO``, ``SET name =`` and ``SET TIME ZONE`` as literals.

    Source: documentation, SET, ALTER ROLE, ALTER DATABASE, ALTER SYSTEM, CREATE FUNCTION.
    """
    first = named = ""
    state = "elsewhere"
    for kind, text in tokens:
        word = text.lower() if kind == "word" else ""
        if kind == "space":
            yield kind, text
            continue
        if text == ";":
            first, state = "", "elsewhere"
        elif state == "value" and kind in _VALUES:
            yield (kind if word in _SAID else "literal"), text
            state = "after value"
            continue
        elif state == "after value":
            state = "value" if text == "," else "elsewhere"
        elif state == "name":
            named = f"{named} {word}" if kind == "word" else named
            if word == "to" or text == "=" or named.endswith(" time zone"):
                state = "value"
            elif kind not in {"word", "name", "dot"}:
                state = "elsewhere"
        first = first or word or (text if text != ";" else "")
        if word == "set" and first in _SETTING and state == "elsewhere":
            state, named = "name", ""
        yield kind, text
