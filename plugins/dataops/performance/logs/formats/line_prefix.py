"""The server's ``log_line_prefix`` as a regular expression (documentation, "What to Log")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dataops.errors import ConfigurationError

_STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_ESCAPES = {
    "a": r".*?",
    "u": r".*?",
    "d": r"(?P<database>.*?)",
    "r": r".*?",
    "h": r".*?",
    "b": r"[a-z ]*?",
    "p": r"(?P<pid>\d+)",
    "P": r"\d*",
    "t": rf"(?P<stamp>{_STAMP} \S+)",
    "m": rf"(?P<stamp>{_STAMP}\.\d{{3}} \S+)",
    "n": r"(?P<epoch>\d+\.\d+)",
    "i": r".*?",
    "e": r"(?P<code>[0-9A-Z]{5})",
    "c": r"[0-9a-f]+\.[0-9a-f]+",
    "l": r"\d+",
    "s": rf"{_STAMP} \S+",
    "v": r"[\d/]*",
    "x": r"\d+",
    "Q": r"(?P<queryid>-?\d+)",
}
"""What each escape writes. Those that a text is read from are named."""

_PIECE = re.compile(r"%(?P<width>-?\d+)?(?P<escape>.)|(?P<text>[^%]+)", re.DOTALL)


def expression(prefix: str) -> str:
    """What every line of the log begins with; groups are named ``stamp`` or ``epoch``, ``pid``, ``database``.

    Raises ``ConfigurationError`` for a prefix without time, process or database, since nobody could tell then
    when something happened and where.
    """
    for escapes, what in (("tmn", "time: add %m"), ("p", "process: add %p"), ("d", "database: add %d")):
        if not any(f"%{escape}" in re.sub(r"%-?\d+", "%", prefix) for escape in escapes):
            raise ConfigurationError(
                f"log_line_prefix '{prefix}' does not tell the {what}, or log to jsonlog."
            )
    always, _, in_sessions = prefix.partition("%q")
    rest = "".join(_pieces(in_sessions, _named(always)))
    return "^" + "".join(_pieces(always, set())) + (f"(?:{rest})?" if rest else "")


def _named(prefix: str) -> set[str]:
    return {match["escape"] for match in _PIECE.finditer(prefix) if match["escape"]}


def _pieces(prefix: str, seen: set[str]) -> Iterator[str]:
    for match in _PIECE.finditer(prefix):
        escape = match["escape"]
        if escape is None:
            yield re.escape(match["text"])
        elif escape == "%":
            yield "%"
        elif escape in _ESCAPES:
            group = _ESCAPES[escape]
            again = escape in seen or (escape in "tm" and seen & {"t", "m"})
            seen.add(escape)
            padding = r" *" if match["width"] else ""
            yield padding + (re.sub(r"\?P<\w+>", "?:", group) if again else group) + padding
