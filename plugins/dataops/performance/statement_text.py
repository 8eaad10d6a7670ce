"""What a statement is called, and how it is shown: the same whether pg_stat_statements or the log tells it.

``fingerprint`` names it by its normalised text, so that it keeps its name when a rebuilt table, a role or a
search_path gives it another queryid. ``readable`` is what people and parsers see: parameters as ``$n``, no
literal and no comment, so that no value leaves the database in it. The numbers of output columns by which it
groups and orders (``GROUP BY 1``) are no values and stay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from dataops.performance.logs.normalising import normalise, tokens
from dataops.performance.logs.settings_in_sql import Token

_DIGITS = 16
_ENDS_A_LIST = frozenset({
    *(
        "except",
        "fetch",
        "for",
        "having",
        "intersect",
        "limit",
        "offset",
        "order",
        "returning",
        "union",
        "window",
    ),
})
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
    positions = _positions(parts)
    shown: list[str] = []
    for index, (kind, part) in enumerate(parts):
        # A question mark is an operator of jsonb here: neither the server nor its log writes parameters so.
        hidden = kind == "literal" and part != "?" and not _PARAMETER.match(part)
        if hidden and index not in positions:
            following += 1
            shown.append(f"${following}")
        else:
            shown.append(part)
    joined = "".join(shown).strip(" ;")
    return joined if len(joined) <= length else joined[: length - 1] + "…"


def _positions(parts: Sequence[Token]) -> set[int]:
    """Where numbers of output columns stand: alone in a list after GROUP BY or ORDER BY of a SELECT.

    In the ORDER BY of a window or of an aggregate a number is a constant (documentation, SELECT).
    """
    found: set[int] = set()
    solid = [(index, kind, part) for index, (kind, part) in enumerate(parts) if kind != "space"]
    selects, lists, before = [True], [False], ""
    expected = False
    for place, (index, kind, part) in enumerate(solid):
        word = part.lower() if kind == "word" else part
        if part == "(":
            selects.append(False)
            lists.append(False)
        elif part == ")" and len(selects) > 1:
            selects.pop()
            lists.pop()
        elif kind == "word":
            selects[-1] |= word == "select"
            if word in _ENDS_A_LIST:
                lists[-1] = False
            if word == "by" and before in {"group", "order"}:
                lists[-1] = selects[-1]
        following = solid[place + 1] if place + 1 < len(solid) else (0, "word", "")
        if expected and lists[-1] and kind == "literal" and part.isdecimal():
            alone = following[1] == "word" or following[2] in {",", ")", ";"}
            found |= {index} if alone else set()
        expected = lists[-1] and (word == "by" or part == ",")
        before = word
    return found


def command(text: str) -> str:
    """The first word in capitals, such as ``SELECT``; empty for an empty text."""
    match = re.search(r"[A-Za-z]+", readable(text, length=200))
    return match[0].upper() if match else ""
