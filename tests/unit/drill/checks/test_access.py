"""What each role may do, by the manifest alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dataops.backup.manifest.details import Definition, Details, Moment
from dataops.drill.checks.access import Access, schema_of

MOMENT = Moment(
    snapshot_at=datetime(2026, 11, 25, tzinfo=UTC),
    lsn="0/1",
    timeline=1,
    system_identifier="1",
    in_recovery=False,
    server_version="15.18",
    dbname="shop",
    encoding="UTF8",
    collation="C",
    database_bytes=0,
)


def role(name: str, **facts: Any) -> Definition:
    usual = {"superuser": False, "login": True, "inherit": True, "connection_limit": -1}
    return Definition("role", name, {**usual, **facts})


def member(name: str, of: str, **facts: Any) -> Definition:
    return Definition("role membership", f"{name} in {of} by postgres", {"admin": False, **facts})


def grant(identity: str, *entries: tuple[str, str]) -> Definition:
    return Definition("grant", identity, {"grants": [["boss", who, what, False] for who, what in entries]})


def access(*definitions: Definition, grants: list[list[Any]] | None = None, **database: Any) -> Access:
    properties = {
        "owner": "boss",
        "connection_limit": -1,
        "grants": grants or [["boss", "public", "CONNECT", False]],
        **database,
    }
    told = (*definitions, Definition("database properties", "database", properties))
    details = Details(moment=MOMENT, content="full", algorithm="x", definitions=told)
    return Access(details, 15)


def may(one: Access, name: str, kind: str, identity: str, privilege: str) -> bool:
    return one.may(one.acting(name), kind, identity, privilege)


def test_an_object_without_grants_is_its_owners_alone() -> None:
    one = access(role("anna"), role("bert"), Definition("owner", "public.t", {"owner": "anna"}))
    assert may(one, "anna", "table", "public.t", "DELETE")
    assert not may(one, "bert", "table", "public.t", "SELECT")


def test_an_owner_may_have_revoked_its_own_rights() -> None:
    one = access(
        role("anna"),
        Definition("owner", "public.t", {"owner": "anna"}),
        grant("public.t", ("anna", "SELECT")),
    )
    assert may(one, "anna", "table", "public.t", "SELECT")
    assert not may(one, "anna", "table", "public.t", "DELETE")


def test_rights_come_by_membership_through_several_roles() -> None:
    one = access(
        role("anna"),
        role("clerks", login=False),
        role("readers", login=False),
        member("anna", "clerks"),
        member("clerks", "readers"),
        grant("public.t", ("readers", "SELECT")),
    )
    assert may(one, "anna", "table", "public.t", "SELECT")


def test_without_inherit_a_membership_gives_nothing_by_itself() -> None:
    one = access(
        role("anna", inherit=False), member("anna", "readers"), grant("public.t", ("readers", "SELECT"))
    )
    assert not may(one, "anna", "table", "public.t", "SELECT")


def test_since_16_the_membership_says_whether_it_is_inherited() -> None:
    one = access(
        role("anna"), member("anna", "readers", inherit=False), grant("public.t", ("readers", "SELECT"))
    )
    assert not may(one, "anna", "table", "public.t", "SELECT")


def test_what_is_granted_to_public_is_everybodys() -> None:
    one = access(role("anna"), grant("public.t", ("public", "SELECT")))
    assert may(one, "anna", "table", "public.t", "SELECT")


@pytest.mark.parametrize(
    "kind,privilege,allowed",
    [
        ("table", "SELECT", True),
        ("schema", "USAGE", True),
        ("table", "INSERT", False),
        ("function", "EXECUTE", True),
    ],
)
def test_a_role_that_reads_all_data(kind: str, privilege: str, allowed: bool) -> None:
    one = access(role("anna"), member("anna", "pg_read_all_data"))
    assert may(one, "anna", kind, "whatever", privilege) is allowed


def test_the_databases_owner_owns_what_pg_database_owner_owns() -> None:
    one = access(role("boss"), Definition("owner", "public", {"owner": "pg_database_owner"}))
    assert may(one, "boss", "schema", "public", "CREATE")


@pytest.mark.parametrize(
    "facts,database,allowed",
    [
        ({}, {}, True),
        ({"login": False}, {}, False),
        ({"connection_limit": 0}, {}, False),
        ({}, {"connection_limit": 0}, False),
        ({}, {"grants": [["boss", "boss", "CONNECT", False]]}, False),
        ({"superuser": True, "connection_limit": 0}, {"grants": [["boss", "boss", "CONNECT", False]]}, True),
    ],
)
def test_who_is_let_in(facts: dict[str, Any], database: dict[str, Any], allowed: bool) -> None:
    one = access(role("anna", **facts), **database)
    assert one.may_connect(one.roles["anna"]) is allowed


def test_names_in_quotes() -> None:
    one = access(role('"An In"'), member('"An In"', '"by ""x"""'), grant("public.t", ('by "x"', "SELECT")))
    assert may(one, "An In", "table", "public.t", "SELECT")
    assert schema_of('"my.schema".t') == '"my.schema"'
    assert schema_of("public.t") == "public"


def test_grants_on_columns_are_known_by_their_table() -> None:
    one = access(
        role("anna"),
        role("bert"),
        member("carl", "anna"),
        grant("public.t.name", ("anna", "SELECT")),
        grant('"Odd.Schema"."a.b"."c.d"', ("public", "SELECT")),
        grant("public.f(integer, text)", ("bert", "EXECUTE")),
        grant("public.t", ("bert", "SELECT")),
    )
    assert [one.by_column(one.acting(name), "public.t") for name in ("anna", "bert", "carl")] == [
        True,
        False,
        True,
    ]
    assert one.by_column(one.acting("bert"), '"Odd.Schema"."a.b"')
