"""What a statement is called, and how it is shown: the same whether pg_stat_statements or the log tells it.

``fingerprint`` names it by its normalised text, so that it keeps its name when a rebuilt table, a role or a
search_path gives it another queryid. ``readable`` is what people and parsers see: parameters as ``$n``, no
literal and no comment, so that no value leaves the database in it.
"""

from __future__ import annotations

import hashlib
import re

from dataops.performance.logs.normalising import normalise, tokens

_DIGITS = 16
_PARAMETER = re.compile(r"\$(\d+)$")


def fingerprint(text: str) -> str:
    """Sixteen hexadecimal digits that name the statement, whatever its literals."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:_DIGITS]


def readable(text: str, *, length: int = 10_000) -> str:
    """The statement on one line with ``$n`` for every literal, cut after ``length`` characters.

    Parameters keep their numbers; literals get the numbers after the highest of them.
    """
    parts = list(tokens(text))
    numbers = [
        int(match[1]) for kind, part in parts if kind == "literal" and (match := _PARAMETER.match(part))
    ]
    following = max(numbers, default=0)
    shown: list[str] = []
    for kind, part in parts:
        # A question mark is an operator of jsonb here: neither the server nor its log writes parameters so.
        if kind == "literal" and part != "?" and not _PARAMETER.match(part):
            following += 1
            shown.append(f"${following}")
        else:
            shown.append(part)
    joined = "".join(shown).strip(" ;")
    return joined if len(joined) <= length else joined[: length - 1] + "…"


def command(text: str) -> str:
    """The first word in capitals, such as ``SELECT``; empty for an empty text."""
    match = re.search(r"[A-Za-z]+", readable(text, length=200))
    return match[0].upper() if match else ""
