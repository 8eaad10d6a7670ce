"""Logging in as each role of the manifest: let in where it may, refused where it may not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from dataops.connections import Connection
from dataops.drill.checks.access import Access, Role
from dataops.drill.checks.finding import (
    SHOWN,
    Finding,
    Inability,
    failed,
    inconclusive,
    not_applicable,
    passed,
    told,
)
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check
from dataops.errors import DataOpsError
from dataops.postgres import LoginRefused, RightsMissing, TooManyConnections, connect, explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_ASKS = re.compile(r"authentication failed|no password supplied|no pg_hba\.conf entry")
"""What a server says that does not trust the drill: nothing about the role."""


class _Asked(Inability):
    """The server asks for a password."""


@check("logins", expected="roles that may log in do, others are refused", when="before")
def logins(look: Look) -> Finding:
    """A real connection as each role, which honours its settings, limits and the right to connect.

    Passwords are not known to anybody, so that the scratch server trusts its socket; that they are the
    source's is what the check of roles says, by their hash.
    """
    if any(blind.what == "role" for blind in look.expected.blind):
        return not_applicable("the manifest could not see roles")
    access = Access(look.expected, look.server.major)
    roles = chosen(access, look.server.settings.logins)
    faults: list[str] = [f"role {name} is not in the manifest" for name in _unknown(look)]
    unable: list[str] = []
    for role in roles:
        try:
            faults += _tried(look, role, access.may_connect(role))
        except _Asked as error:
            unable.append(str(error))
    if faults:
        return failed([*faults[:SHOWN]], told(faults))
    if unable and not look.server.ours:
        return not_applicable(f"only who knows the passwords can log in to this server: {told(unable)}")
    if unable:
        return inconclusive(f"could not log in: {told(unable)}", [*unable[:SHOWN]])
    allowed = [role for role in roles if access.may_connect(role)]
    return passed(f"{len(allowed)} let in, {len(roles) - len(allowed)} refused")


def chosen(access: Access, names: Collection[str] | None) -> list[Role]:
    """The roles to try: those that the YAML names, else all of the manifest."""
    return [role for name, role in sorted(access.roles.items()) if names is None or name in names]


def _unknown(look: Look) -> Iterable[str]:
    """Roles that the YAML names and no database's manifest knows: each knows those that matter to it."""
    known: set[str] = set()
    for details in look.server.expectations.values():
        known |= Access(details, look.server.major).roles.keys() if details is not None else set()
    return sorted(set(look.server.settings.logins or ()) - known)


def _tried(look: Look, role: Role, allowed: bool) -> Iterator[str]:
    try:
        with closing(session_as(look, role.name)) as conn, conn.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.set_config('search_path', '', false), session_user::text")
            if not allowed:
                yield f"{role.name} is let in, but the manifest does not allow it"
    except (LoginRefused, RightsMissing, TooManyConnections) as error:
        if _ASKS.search(str(error)):
            raise _Asked(f"{role.name}: the server asks for a password, and the drill has none") from error
        if allowed:
            yield f"{role.name} is refused: {error}"
    except DataOpsError as error:
        if not allowed:
            raise Inability(f"{role.name}: {error}") from error
        yield f"{role.name} cannot log in: {error}"


def session_as(look: Look, name: str) -> PsycopgConnection:
    """A connection as another role, in autocommit; the caller closes it."""
    return _session(look, replace(look.server.connection, login=name, password=""))


def acting_as(look: Look, name: str) -> PsycopgConnection:
    """The same; on a server that asks for passwords as ourselves, with the other role's rights."""
    from psycopg2 import sql

    try:
        return session_as(look, name)
    except LoginRefused as error:
        if look.server.ours or not _ASKS.search(str(error)):
            raise
    conn = _session(look, look.server.connection)
    with explained(f"acting as {name}"), conn.cursor() as cursor:
        cursor.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(name)))
    return conn


def _session(look: Look, connection: Connection) -> PsycopgConnection:
    return connect(
        connection,
        dbname=look.dbname,
        application_name="drill check",
        autocommit=True,
        statement_timeout=max(look.left, 0.001),
        lock_timeout=60,
    )
