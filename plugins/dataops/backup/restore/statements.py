"""SQL scripts of pg_dumpall and pg_restore as single statements, and which of them a target still needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

_PART = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | ^\\[^\n]*$ | ; | [^'"\-;\\]+ | .""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_NAME = r'("(?:[^"]|"")+"|[^\s;]+)'
_OF_ROLE = re.compile(rf"(?:CREATE ROLE|ALTER ROLE|COMMENT ON ROLE) {_NAME}")
_MEMBERSHIP = re.compile(rf"GRANT {_NAME} TO {_NAME}")
_PARAMETER = re.compile(rf"GRANT .* ON PARAMETER .* TO {_NAME}")
_ATTRIBUTES = re.compile(rf"ALTER ROLE {_NAME} WITH (.*)", re.DOTALL)
_TABLESPACE = re.compile(rf"(CREATE TABLESPACE {_NAME} OWNER {_NAME}) LOCATION ")
_OF_DATABASE = re.compile(
    rf"((?:ALTER|COMMENT ON|SECURITY LABEL .*? ON) DATABASE |(?:GRANT|REVOKE) .*? ON DATABASE "
    rf"|ALTER ROLE {_NAME} IN DATABASE |CREATE DATABASE ){_NAME}",
    re.DOTALL,
)


def statements(script: str) -> Iterator[str]:
    """Each statement without its semicolon; comments and psql's own commands are left out.

    Strings are standard-conforming, as PostgreSQL's programs write them (they say so in the script).
    """
    gathered = ""
    for part in _PART.findall(script):
        if part == ";":
            if gathered.strip():
                yield gathered.strip()
            gathered = ""
        elif not part.startswith(("--", "\\")):
            gathered += part


def roles_made(script: str) -> list[str]:
    """The roles that a script of pg_dumpall creates, in its order."""
    return [
        unquoted(found[1])
        for statement in statements(script)
        if statement.startswith("CREATE ROLE ") and (found := _OF_ROLE.match(statement))
    ]


def for_new_roles(script: str, existing: Collection[str]) -> list[str]:
    """The statements that make the roles which do not exist yet, with their settings and memberships.

    A role that exists is left exactly as it is: its password and attributes belong to the target.
    Tablespaces are left out, since their directories belong to another machine.
    """
    new = set(roles_made(script)) - set(existing)
    chosen = []
    for statement in statements(script):
        about = _OF_ROLE.match(statement) or _PARAMETER.match(statement) or _MEMBERSHIP.match(statement)
        if about and new & {unquoted(role) for role in about.groups()}:
            chosen.append(statement)
    return chosen


def superusers(script: str) -> list[str]:
    """The superusers that may log in, of those that a script of pg_dumpall makes, in its order."""
    found = (_ATTRIBUTES.match(statement) for statement in statements(script))
    return [
        unquoted(each[1])
        for each in found
        if each and {"SUPERUSER", "LOGIN"} <= set(each[2].partition(" PASSWORD ")[0].split())
    ]


def for_fresh_server(script: str, *, superuser: str, tablespace: Callable[[str], str]) -> list[str]:
    """All statements, for a new server of which ``superuser`` is the first role.

    ``tablespace`` gives the folder for a tablespace of this name: its own belongs to another machine.
    """
    chosen = []
    for statement in statements(script):
        made = _OF_ROLE.match(statement) if statement.startswith("CREATE ROLE ") else None
        if made and unquoted(made[1]) == superuser:
            continue
        if found := _TABLESPACE.match(statement):
            chosen.append(f"{found[1]} LOCATION '{tablespace(unquoted(found[2]))}'")
        else:
            chosen.append(statement)
    return chosen


def for_database(script: str, name: str) -> list[str]:
    """The statements that make a database and set its properties, for a database of this name."""
    quoted = '"' + name.replace('"', '""') + '"'
    return [
        _OF_DATABASE.sub(lambda found: found[1] + quoted, statement, count=1)
        for statement in statements(script)
        if _OF_DATABASE.match(statement)
    ]


def unquoted(identifier: str) -> str:
    """The name that an SQL identifier means."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    return identifier
