"""Names of things as a report shows them."""

from __future__ import annotations

HIDDEN = "(the role may not read this text)"
_SHORT = 64


def short_statement(text: str | None, longest: int = _SHORT) -> str:
    """The beginning of a statement in one line."""
    if text is None:
        return HIDDEN
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def qualified(schema: str | None, name: str | None) -> str:
    """``schema.name``, without the schema where it is ``public``."""
    return f"{schema}.{name}" if schema and schema != "public" else str(name)
