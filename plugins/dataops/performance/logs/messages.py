"""Error messages without the values in them.

PostgreSQL quotes names of objects and values alike. A quoted word is kept only behind a noun that names an
object, and only if it needs no quotes in SQL; every other quoted word, and every number, is hidden. What an
application raises itself is not shown at all, only where it was raised.
"""

from __future__ import annotations

import re

_NOUNS = (
    "relation|table|column|reference|constraint|index|function|procedure|aggregate|schema|database|role|user"
    "|type|sequence|view|extension|operator|language|trigger|publication|subscription|slot|tablespace|parameter"
    "|cursor|portal|savepoint|server|policy|rule|domain|collation|attribute|partition"
)
_KEPT = re.compile(
    rf'(?P<kept>\b(?:{_NOUNS}) )"(?P<name>[a-z_][a-z0-9_$.]*)"|"(?:[^"]|"")*"?|\'(?:[^\']|\'\')*\'?'
)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\w.:/-]*")
_REST = re.compile(
    r"(invalid input (?:syntax|value) for [^:]*|invalid byte sequence for encoding[^:]*): .*", re.DOTALL
)
_POSITION = re.compile(r" at character \d+$")
_RAISED = re.compile(r"\A(?P<where>PL/\w+ function [\w.$\"]+(?:\([^)]*\))? line \d+) at RAISE", re.MULTILINE)
_SYNTAX = frozenset({"42601", "42602", "42P00"})
_OWN = re.compile(r"0[0-389ABFLPZ]|2[0-8BDF]|3[489BDF]|40|42|44|5[34578]|72|F0|HV|XX|P000[23]")
"""Classes of SQLSTATE that PostgreSQL itself reports (documentation, appendix "PostgreSQL Error Codes")."""


def masked(message: str, code: str, context: str) -> str:
    """The message with ``"?"`` for values; ``raised by …`` for one that an application wrote itself."""
    raised = _RAISED.search(context)
    if raised:
        return f"raised in {raised['where']}"
    if code and not _OWN.match(code):
        return "raised by the application"
    text = _REST.sub(r"\1", _POSITION.sub("", message.partition("\n")[0]))
    return _NUMBER.sub("?", _KEPT.sub(_hide, text))


def unreadable(code: str, message: str) -> bool:
    """Whether the statement is no SQL, so that nobody can tell its literals from the rest."""
    return code in _SYNTAX or "syntax error" in message or "unterminated quoted" in message


def _hide(match: re.Match[str]) -> str:
    return f'{match["kept"]}"{match["name"]}"' if match["kept"] else '"?"'
