"""Names in SQL: quoting, unquoting, and names for new indexes."""

from __future__ import annotations

import hashlib
import re
from functools import cache

LONGEST = 63
"""Bytes of an identifier (PostgreSQL documentation, Identifiers and Key Words: NAMEDATALEN - 1)."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


def quoted(name: str) -> str:
    """The name as SQL writes it: in quotes only where it needs them."""
    if _PLAIN.match(name) and name not in _reserved():
        return name
    return '"' + name.replace('"', '""') + '"'


def bare(text: str) -> str:
    """A name without the quotes of SQL; any other text as it is."""
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('""', '"')
    return text


def qualified(schema: str, name: str) -> str:
    """``schema.name`` as SQL writes it."""
    return f"{quoted(schema)}.{quoted(name)}"


def index_name(table: str, parts: tuple[str, ...], *, taken: frozenset[str] = frozenset()) -> str:
    """``<table>_<columns>_idx`` as PostgreSQL itself would name it, shortened to fit and not ``taken``."""
    words = "_".join(re.sub(r"\W+", "_", part).strip("_") for part in parts)
    name = f"{table}_{words}_idx"
    if len(name.encode()) > LONGEST or name in taken:
        mark = hashlib.sha256(name.encode()).hexdigest()[:6]
        stem = f"{table}_{words}".encode()[: LONGEST - len(mark) - 5].decode(errors="ignore")
        name = f"{stem}_{mark}_idx"
    return name


@cache
def _reserved() -> frozenset[str]:
    from pglast.keywords import COL_NAME_KEYWORDS, RESERVED_KEYWORDS, TYPE_FUNC_NAME_KEYWORDS

    return frozenset(RESERVED_KEYWORDS) | frozenset(TYPE_FUNC_NAME_KEYWORDS) | frozenset(COL_NAME_KEYWORDS)
