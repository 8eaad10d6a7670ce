"""Statements without their literals, so that the same statement with other values is the same text.

Two ways that agree. ``normalise`` reads PostgreSQL's lexical rules exactly (documentation, chapter "Lexical
Structure") and is for thousands of texts. ``without_literals`` only replaces literals, by a few linear
expressions over a column, and is for millions; it leaves alone what it cannot be sure of. Whatever it gives
must still go through ``normalise``, and then equals what ``normalise`` makes of the original.

Statements are read as with ``standard_conforming_strings = on``, the default since 9.1. Where a backslash
lets the two ways of reading disagree about where a string ends, all that follows is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from dataops.performance.logs.settings_in_sql import Token, values_of_settings

PLACEHOLDER = "?"
LONGEST = 10_000
"""Characters of a text that tell it from others; what follows, as of a load by INSERT, is left off."""

_TOKEN = re.compile(
    r"""
      (?P<space>   \s+ | --[^\n]* )
    | (?P<comment> /\* )
    | (?P<literal> [eE]'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)
                 | (?:[nNbBxX]|[uU]&)?'(?:[^'\\]|''|\\[^'])*(?:'|\\?\Z|\\'.*\Z)
                 | (?:[eEnNbBxX]|[uU]&)\?
                 | \$(?P<tag>[A-Za-z_\x80-\U0010ffff][\w]*|)\$(?:.*?\$(?P=tag)\$|.*\Z)
                 | \$[0-9]+ | \$\?
                 | (?:[0-9]|\.[0-9])[0-9A-Za-z_.]*(?:(?<=[0-9.][eE])[+-][0-9]+)?
                 | \.?\?
                 )
    | (?P<name>    "(?:[^"]|"")*(?:"|\Z) )
    | (?P<word>    [A-Za-z_\x80-\U0010ffff][\w$]* )
    | (?P<dot>     \.(?=["A-Za-z_*\x80-\U0010ffff]) )
    | (?P<operator> . )
    """,
    re.VERBOSE | re.DOTALL,
)

_COMMENT_EDGE = re.compile(r"/\*|\*/")

_SIGN_FOLLOWS = frozenset({
    *("select", "where", "and", "or", "not", "case", "when", "then", "else", "between", "limit", "offset"),
    *(
        "returning",
        "return",
        "values",
        "in",
        "like",
        "is",
        "on",
        "by",
        "having",
        "to",
        "set",
        "using",
        "from",
    ),
    *("", "(", "[", ",", "+", "-", "*", "/", "%", "=", "<", ">", "|", "~", "^", "!", "&", "#", "@"),
})
"""What stands before a sign that belongs to its number, and is no subtraction."""

_LISTS = (
    (re.compile(r"\bin ?\( ?\?(?:::\w+)?(?: ?, ?\?(?:::\w+)?)* ?\)"), "in (...)"),
    (re.compile(r"\barray ?\[ ?\?(?: ?, ?\?)* ?\]"), "array[...]"),
    (re.compile(r"\b(values \([^()]*\))(?: ?, ?\([^()]*\))+"), r"\1, ..."),
    (
        re.compile(r"^(savepoint|release(?: savepoint)?|rollback to(?: savepoint)?|close) (?!all$)\S+$"),
        r"\1 ...",
    ),
    (re.compile(r"^(deallocate(?: prepare)?) (?!all$)\S+$"), r"\1 ..."),
    (re.compile(r"^declare \S+ "), "declare ... "),
    (re.compile(r"^((?:fetch|move)(?: .+)? (?:from|in)) \S+$"), r"\1 ..."),
    (re.compile(r"^set (?:session |local )?([\w.\"]+) ?(?:to|=) [^;]*$"), r"set \1 to ?"),
)
"""What grows without bound or is made up by drivers: lists, rows of VALUES, savepoints, cursors, settings."""


def normalise(statement: str) -> str:
    """The statement with ``?`` for literals and parameters, in lower case but for quoted names, on one line.

    Comments are dropped; lists of literals and rows of VALUES are shortened. A quote that is never closed
    hides everything behind it. Applying it twice changes nothing more.
    """
    parts: list[str] = []
    for kind, text in tokens(statement):
        if kind == "literal":
            _drop_sign(parts)
            parts.append(PLACEHOLDER)
        else:
            parts.append(text.lower() if kind == "word" else text)
    joined = "".join(parts).strip(" ;")
    for pattern, replacement in _LISTS:
        joined = pattern.sub(replacement, joined)
    return joined


def tokens(statement: str) -> Iterator[Token]:
    """Kind and text of each token; white space and comments are a single space.

    Kinds are ``literal`` (parameters too), ``name`` (quoted), ``word``, ``dot``, ``operator``, ``space``. A
    value that a setting gets is a literal also without quotes: ``SET app.token TO abc``.
    """
    return values_of_settings(_tokens(statement))


def _tokens(statement: str) -> Iterator[Token]:
    at, spaced = 0, True
    while at < len(statement):
        match = _TOKEN.match(statement, at)
        assert match is not None and match.lastgroup is not None
        kind = "literal" if match.lastgroup == "tag" else match.lastgroup
        at = _after_comment(statement, at) if kind == "comment" else match.end()
        if kind in {"space", "comment"}:
            if not spaced:
                yield "space", " "
            spaced = True
        else:
            yield kind, match.group()
            spaced = False


def _after_comment(statement: str, at: int) -> int:
    """Where the comment that begins here ends; comments nest, and one that is not closed never ends."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(statement, at):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(statement)


def _drop_sign(parts: list[str]) -> None:
    """A sign before a literal is part of it unless something stands before that it adds to."""
    while True:
        at = len(parts) - 1
        at -= at >= 0 and parts[at] == " "
        if at < 0 or parts[at] not in {"-", "+"}:
            return
        before = at - 1 - (at > 0 and parts[at - 1] == " ")
        if (parts[before] if before >= 0 else "") not in _SIGN_FOLLOWS:
            return
        del parts[at:]


# A backslash is an ordinary character in a string unless an E stands before it, so E's are looked at apart.
_PLAIN = r"[ \t\r\n!#%&()+,.:;<=>?@A-DF-Z\[\]^_`a-df-z{|}~0-9]"
_NAME = r'"[A-Za-z_][A-Za-z0-9_]*"|\$[0-9]'
_STRING = r"'(?:[^'\\]|\\[^'])*'"
_UNESCAPED = r"'[^'\\]*'"
_AFTER_E = rf"[eE]+(?:-?(?:{_PLAIN}|\*|{_NAME}|{_UNESCAPED})|/(?:{_PLAIN}|{_NAME}|{_UNESCAPED}))"
_ATOM = rf"(?:{_PLAIN}|{_NAME}|{_STRING}|{_AFTER_E})"
_REMARK = r"/\*(?:[^*'\\/]|'[^'*\\/]*')*\*/"
SURE = rf"^(?:-?(?:{_ATOM}|\*)|/{_ATOM}|{_REMARK})*[eE]*$"
"""Statements in which a quote opens a string and nothing else: no escaped quote, ``--`` or dollar quote."""


def without_literals(text: pl.Expr, *, parameter: str = "$") -> pl.Expr:
    """The statement with ``?`` for strings and numbers where that is sure, else as it was.

    ``parameter`` replaces the dollar of parameters; one that ends with a letter keeps their numbers.
    """
    replaced = text.str.replace_all(r"(?:'[^']*')+", PLACEHOLDER).str.replace_all(r"/\*[^*]*\*/", " ")
    if parameter != "$":
        replaced = replaced.str.replace_all("$", parameter, literal=True)
    number = r"(?-u:\b)[0-9][0-9.]*(?:[eE][+-]?[0-9]+|[0-9A-Za-z_]*)"
    replaced = replaced.str.replace_all(number, PLACEHOLDER)
    bare = pl.when(text.str.contains(SURE)).then(replaced).otherwise(text)
    return pl.when(bare.str.len_bytes() > LONGEST).then(bare.str.slice(0, LONGEST)).otherwise(bare)
