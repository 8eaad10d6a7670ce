"""Rights: each role may do what the manifest grants it, and nothing else; asked of the server and tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from dataops.drill.checks.access import (
    ON_FUNCTIONS,
    ON_SCHEMAS,
    ON_SEQUENCES,
    Access,
    Role,
    schema_of,
)
from dataops.drill.checks.finding import (
    SHOWN,
    Finding,
    Inability,
    failed,
    inconclusive,
    not_applicable,
    of_faults,
    passed,
    told,
)
from dataops.drill.checks.logins import acting_as, chosen
from dataops.drill.checks.looking import Look, reason_of
from dataops.drill.checks.registry import check
from dataops.errors import DataOpsError
from dataops.postgres import sql

ASKED = 200_000
"""Pairs of object and privilege that the server is asked about, for all roles together."""
TRIED = 3
"""Tables that a role tries, of each verb: so many that it may use so, and so many that it may not."""
DENIED = "42501"


@check("rights", expected="as granted in the manifest, and no more", when="before")
def rights(look: Look) -> Finding:
    """What the server says that each role may do with every object, against the manifest's own grants."""
    access = Access(look.expected, look.server.major)
    if reason := _unseen(look):
        return not_applicable(reason)
    roles = [role for role in access.roles.values() if not role.superuser]
    if not roles:
        return not_applicable("every role of the manifest is a superuser, who may do everything")
    faults: list[str] = []
    asked = 0
    for kind, names, privileges in _objects(access):
        share = max(1, ASKED // (len(roles) * len(privileges)))
        some = names[:: max(1, -(-len(names) // share))]
        asked += len(some) * len(privileges) * len(roles)
        for role, name, privilege, may in _answers(look, kind, roles, some, privileges):
            expected = access.may(access.acting(role), kind, name, privilege)
            if may is not None and may != expected:
                verb = "may" if may else "may not"
                faults.append(f"{role} {verb} {privilege} {kind} {name}, against its grants")
    return of_faults(faults, f"{asked} questions about {len(roles)} roles")


def _objects(access: Access) -> Iterator[tuple[str, list[str], Sequence[str]]]:
    yield "table", access.names("table", "view"), access.on_tables
    yield "sequence", access.names("sequence"), ON_SEQUENCES
    yield "schema", access.names("schema"), ON_SCHEMAS
    yield "function", access.names("function", "aggregate"), ON_FUNCTIONS


def _answers(
    look: Look, kind: str, roles: Sequence[Role], names: Sequence[str], privileges: Sequence[str]
) -> Iterable[tuple[str, str, str, bool | None]]:
    values = {"roles": [role.name for role in roles], "names": list(names), "privileges": list(privileges)}
    return look.query(sql(__package__, f"rights_on_{kind}s"), values)


def _unseen(look: Look) -> str:
    needed = {"role", "role membership", "grant", "owner"}
    blind = {each.what: each.reason for each in look.expected.blind if each.what in needed}
    return f"the manifest could not see {', '.join(sorted(blind))}" if blind else ""


@check("attempts", expected="done where granted, refused where not", when="before")
def attempts(look: Look) -> Finding:
    """Logged in as each role, its statements are let through or refused by the server itself.

    One row is read; what writes is planned and its permission checked (EXPLAIN), but not executed, since the
    application's triggers must not run. In a transaction that is rolled back.
    """
    access = Access(look.expected, look.server.major)
    if reason := _unseen(look):
        return not_applicable(reason)
    roles = [
        role
        for role in chosen(access, look.server.settings.logins)
        if access.may_connect(role) and not role.superuser
    ]
    if not roles:
        return not_applicable("the manifest lets no role log in but superusers, who may do everything")
    faults: list[str] = []
    unable: list[str] = []
    done = 0
    for role in roles:
        try:
            found, tried = _tried(look, access, role)
        except DataOpsError as error:
            unable.append(f"{role.name}: {error}")
            continue
        faults += found
        done += tried
    if faults:
        return failed([*faults[:SHOWN]], told(faults))
    if unable:
        return inconclusive(f"could not try: {told(unable)}", [*unable[:SHOWN]])
    return passed(f"{done} attempts as {len(roles)} roles")


def _tried(look: Look, access: Access, role: Role) -> tuple[list[str], int]:
    faults, tried = [], 0
    there = {name for (name,) in look.query(sql(__package__, "plain_tables"))}
    tables = [name for name in access.tables("r", "p") if name in there]
    with closing(acting_as(look, role.name)) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.set_config('search_path', '', false)")
        for verb, statement in _statements(look).items():
            for name, allowed in _sampled(access, role, verb, tables):
                refused = _is_refused(cursor, statement(name))
                tried += 1
                if refused is allowed:
                    word = "is refused" if refused else "is let through"
                    faults.append(f"{role.name}: {verb} on {name} {word}, against its grants")
    return faults, tried


def _sampled(access: Access, role: Role, verb: str, tables: Sequence[str]) -> list[tuple[str, bool]]:
    """Some tables on which the role may do it, and some on which it may not; none with grants on columns."""
    acting = access.acting(role.name)
    sorted_out: dict[bool, list[str]] = {True: [], False: []}
    for name in tables:
        if access.by_column(acting, name):
            continue
        reachable = access.may(acting, "schema", schema_of(name), "USAGE")
        sorted_out[reachable and access.may(acting, "table", name, verb)].append(name)
    return [
        (name, allowed)
        for allowed, names in sorted_out.items()
        for name in names[:: max(1, len(names) // TRIED)][:TRIED]
    ]


def _statements(look: Look) -> dict[str, Callable[[str], str]]:
    columns: dict[str, str] = dict(look.query(sql(__package__, "updatable_columns")))
    return {
        "SELECT": lambda name: f"SELECT FROM {name} LIMIT 1",
        "INSERT": lambda name: f"EXPLAIN INSERT INTO {name} DEFAULT VALUES",
        "UPDATE": lambda name: (
            f"EXPLAIN UPDATE {name} SET {columns[name]} = NULL WHERE false" if name in columns else ""
        ),
        "DELETE": lambda name: f"EXPLAIN DELETE FROM {name} WHERE false",
    }


def _is_refused(cursor: Any, statement: str) -> bool | None:
    """Whether the server refused it for lack of a right; None where there is nothing to try."""
    import psycopg2

    if not statement:
        return None
    cursor.execute("BEGIN")
    try:
        cursor.execute(statement)
        return False
    except psycopg2.Error as error:
        if error.pgcode == DENIED:
            return True
        if error.pgcode is None or error.pgcode.startswith(("57", "55", "08", "53")):
            raise Inability(reason_of(error)) from error
        return False  # it went wrong behind the check of permissions
    finally:
        if not cursor.connection.closed:
            cursor.execute("ROLLBACK")
