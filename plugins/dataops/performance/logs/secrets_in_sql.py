"""Whether a call may be shown as it was logged: only where nothing says that a secret may stand in it.

Commands are judged by what is known to be harmless: queries and changes of rows pass, every other command
(``CREATE ROLE … PASSWORD``, ``ALTER USER MAPPING``, ``SET``, ``COPY … PROGRAM``) does not. What passes may
hold no word that names a secret, be it a column, a function, a comment or a part of a value, and no value
that looks like one.
"""

from __future__ import annotations

import re

from dataops.performance.logs.normalising import LONGEST, tokens

_COMMANDS = frozenset({"select", "insert", "update", "delete", "merge", "values", "with", "call"})
"""What reads and writes rows (documentation, "SQL Commands"); EXECUTE names a statement that nobody sees."""
_NAMED = re.compile(
    r"passw|passphrase|passcode|kennwort|pwd|secret|token|credential|bearer|authorization|cookie|jwt|conninfo"
    r"|(?:api|auth|private|access|client|master|encryption|signing|session)[_ -]?key|session_?id"
    r"|(?:recovery|verification|security|backup)[_ -]?(?:code|answer)"
    r"|(?:(?<![a-z])(?:pw|pass|pin|otp|cvc|cvv|salt)|(?-i:(?<=[a-z])(?:Pw|Pass|Pin|Otp|Salt)))(?![a-z])"
    r"|crypt|pgp_|hmac|\b(?:digest|md5|sha\d+)\s*\(|dblink|set_config|pg_(?:settings|authid|shadow|user_mapping)",
    re.IGNORECASE,
)
"""Words that name a secret, and functions and catalogues that are given one (pgcrypto, dblink, SET)."""
_LOOKS_LIKE_ONE = re.compile(
    r"://[^/\s:@]*:[^/\s@]*@|SCRAM-SHA-256\$|\bmd5[0-9a-f]{32}\b|\beyJ[\w-]{8,}\.|\bAKIA[0-9A-Z]{12,}|-----BEGIN"
)
"""A password in a URL, hashes of roles' passwords (pg_authid), a JSON Web Token, an AWS access key, a PEM."""
_MISLEADING = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Characters that a terminal obeys, and those by which a text reads otherwise than it is copied."""
_END = "end_of_the_statement"


def may_be_shown(text: str, parameters: str) -> bool:
    """Whether a statement may be shown with its literals, and with these parameters.

    Never where nobody can tell for sure where its strings end: with a backslash (it depends on
    ``standard_conforming_strings``), with a quote that is not closed, and beyond ``LONGEST`` characters; nor
    with characters that mislead who reads or copies it.
    """
    if not text or len(text) > LONGEST or "\\" in text:
        return False
    said = f"{text}\n{parameters}"
    if _NAMED.search(said) or _LOOKS_LIKE_ONE.search(said) or _MISLEADING.search(said):
        return False
    return _only_queries(text)


def _only_queries(text: str) -> bool:
    """Whether every statement of the text begins with one of the commands, and every quote is closed."""
    parts = list(tokens(f"{text}\n{_END}"))
    if parts.pop() != ("word", _END):  # a quote or a comment that is not closed has taken it
        return False
    begins, found = True, False
    for kind, part in parts:
        if kind == "operator" and part == ";":
            begins = True
        elif begins and kind == "word":
            if part.lower() not in _COMMANDS:
                return False
            begins, found = False, True
        elif begins and kind != "space" and part != "(":
            return False
    return found
