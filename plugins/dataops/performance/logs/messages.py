"""Error messages without the values in them.

PostgreSQL quotes names of objects and values alike. A quoted word is kept only behind a noun that names an
object, and only if it needs no quotes in SQL; every other quoted word, and every number, is hidden. A value
may hold quotes itself: it ends where nothing but names follows. What an application raises itself is told by
its place alone.
"""

from __future__ import annotations

import re

_NOUNS = (
    "relation|table|column|reference|constraint|index|function|procedure|aggregate|schema|database|role|user"
    "|type|sequence|view|extension|operator|language|trigger|publication|subscription|slot|tablespace|parameter"
    "|cursor|portal|savepoint|server|policy|rule|domain|collation|attribute|partition"
)
_KEPT = rf'\b(?:{_NOUNS}) "[a-z_][a-z0-9_$.]*"(?![\w"])'
_QUOTE = re.compile(rf'{_KEPT}|(?P<opens>")')
_ONLY_NAMES = re.compile(rf'(?:[^"]*?{_KEPT})*[^"]*')
_OTHER_QUOTES = re.compile(r"'(?:.*'|.*)|[«»„“”\u2039\u203a](?:.*[«»„“”\u2039\u203a]|.*)")
"""Those of languages that a session may have chosen (``lc_messages``)."""
_LONGEST = 1000
"""Characters of a message that are told; a value may have any length."""
_NUMBER = re.compile(r"(?<![\w.])-?\d[\w.:/-]*")
_REST = re.compile(
    r"(invalid input (?:syntax|value) for [^:]*|invalid byte sequence for encoding[^:]*): .*", re.DOTALL
)
_NO_COLUMN = re.compile(r'column "(?P<name>.*)" does not exist(?: at character \d+)?', re.DOTALL)
_POSITION = re.compile(r" at character \d+$")
_FOREIGN = re.compile(
    r"^(?:in )?(?:PL/(?!pgSQL)\w+) function|^Traceback \(most recent call last\)", re.MULTILINE
)
"""Contexts of PL/Python, PL/Perl and PL/Tcl, whose errors say whatever their code says."""
_RAISED = re.compile(r"\A(?P<where>PL/\w+ function [\w.$\"]+(?:\([^)]*\))? line \d+) at RAISE", re.MULTILINE)
_SYNTAX = frozenset({"42601", "42602", "42P00"})
_OWN = re.compile(r"0[0-389ABFLPZ]|2[0-8BDF]|3[49BDF]|40|42|44|5[34578]|72|F0|HV|XX|P000[23]")
"""Classes of SQLSTATE that PostgreSQL itself reports (documentation, appendix "PostgreSQL Error Codes")."""


def masked(message: str, code: str, context: str) -> str:
    """The message with ``"?"`` for values; ``raised by …`` for one that an application wrote itself."""
    raised = _RAISED.search(context)
    if raised:
        return f"raised in {raised['where']}"
    if _FOREIGN.search(context) or (code and not _OWN.match(code)):
        return "raised by the application"
    text = _REST.sub(r"\1", _POSITION.sub("", message.partition("\n")[0][:_LONGEST]))
    return _NUMBER.sub("?", _OTHER_QUOTES.sub('"?"', _without_value(text)))


def unreadable(code: str, message: str) -> bool:
    """Whether the statement is no SQL, so that nobody can tell its literals from the rest."""
    return code in _SYNTAX or "syntax error" in message or "unterminated quoted" in message


def misquoted(code: str, message: str, statement: str) -> bool:
    """Whether a value may stand in double quotes, as in ``WHERE name = "alice"``: no such column is there."""
    name = _NO_COLUMN.fullmatch(message.partition("\n")[0]) if code in {"42703", ""} else None
    return name is not None and f'"{name["name"]}' in statement


def _without_value(text: str) -> str:
    """The text without what stands in double quotes from the first one that opens no name on."""
    quotes = [at for at, character in enumerate(text) if character == '"']
    if len(quotes) % 2:  # one of them is a value's own, and nobody can tell which
        return f'{text[: quotes[0]]}"?"'
    opens = next((match.start() for match in _QUOTE.finditer(text) if match["opens"]), None)
    if opens is None:
        return text
    ends = (at + 1 for at in quotes if at > opens)
    rest = next((text[end:] for end in ends if _ONLY_NAMES.fullmatch(text, end)), "")
    return f'{text[:opens]}"?"{rest}'
