"""Statement texts as trees of PostgreSQL's own parser (pglast, libpg_query)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPED = re.compile(
    r"\b(interval|date|timestamptz|timestamp(?: with(?:out)? time zone)?|time|jsonb|json|uuid|inet"
    r"|numeric|bytea)\s+(\$\d+|\?)",
    re.IGNORECASE,
)
"""Literals that begin with their type."""
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\?""")


def nodes() -> Any:
    """The classes of a tree's nodes: pglast is imported with the first statement that is read."""
    from pglast import ast

    return ast


class Unparsable(ValueError):
    """The text is no single statement that the parser understands: truncated, or of another language."""


def parse(text: str) -> Any:
    """The tree of a single statement; ``Unparsable`` where there is none.

    Parameters may be written ``$1`` or ``?``, and a list that a normaliser shortened, such as
    ``IN ($1, ...)``, is read as the one value that it shows.
    """
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        statements = parse_sql(numbered(text))
    except (ParseError, RecursionError) as error:
        raise Unparsable(str(error)) from None
    if len(statements) != 1:
        raise Unparsable(f"{len(statements)} statements where one was expected")
    return statements[0].stmt


def numbered(text: str) -> str:
    """The text as PREPARE takes it, with ``$n`` for every parameter, also where it shows ``?``.

    pg_stat_statements writes ``interval $1`` for ``interval '1 day'``, which no parser takes: it is read as
    ``$1::interval``.
    """
    text = re.sub(r",\s*\.\.\.", "", text.rstrip().removesuffix(";"))
    text = _TYPED.sub(r"\2::\1", text)
    taken = max((int(found) for found in re.findall(r"\$(\d+)", text)), default=0)
    if taken:  # a `?` is then an operator, such as that of jsonb
        return text
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _QUOTED.sub(number, text)


def walk(node: Any) -> Iterator[Any]:
    """Every node of a tree, itself first; subqueries are entered too."""
    ast = nodes()

    if isinstance(node, tuple | list):
        for each in node:
            yield from walk(each)
    elif isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from walk(getattr(node, name))


def parameters_of(node: Any) -> tuple[int, ...]:
    """Numbers of the parameters in a tree, in the order of its text."""
    ast = nodes()

    return tuple(each.number for each in walk(node) if isinstance(each, ast.ParamRef))
