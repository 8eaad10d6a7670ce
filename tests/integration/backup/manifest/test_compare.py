"""A restored copy equals its manifest; every way in which it can differ is seen, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from dataops.backup.manifest.compare import Deviation, Difference, differences
from dataops.backup.manifest.details import Details

from sandbox import flights
from tests.conftest import DatabaseServer
from tests.integration.backup.manifest.mutations import CLUSTER_MUTATIONS, MUTATIONS, SETUP, Mutation

ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'manifest_owner') THEN
        CREATE ROLE manifest_owner;
        CREATE ROLE manifest_reader;
        CREATE ROLE manifest_login LOGIN PASSWORD 'first' IN ROLE manifest_reader;
        ALTER ROLE manifest_login SET work_mem = '5MB';
    END IF;
END $$;
"""
OUTSIDE = {"database properties", "database setting"}
"""What a restore into a database of another name does not carry."""


@pytest.fixture(scope="module")
def source(primary: DatabaseServer) -> str:
    script = "".join(f"{mutation.there};" for mutation in MUTATIONS.values() if mutation.there)
    primary.execute(ROLES)
    return primary.create_database("mutations", SETUP + script)


@pytest.fixture(scope="module")
def expected(primary: DatabaseServer, source: str, describe: Callable[..., Details]) -> Details:
    return describe(primary, source)


@pytest.fixture(scope="module")
def seen(
    primary: DatabaseServer,
    source: str,
    expected: Details,
    restored_copy: Callable[..., str],
    describe: Callable[..., Details],
) -> list[Difference]:
    """What is seen after all mutations of the copy."""
    copy = restored_copy(primary, source)
    for mutation in MUTATIONS.values():
        primary.execute(mutation.done, dbname=copy)
    return differences(expected, describe(primary, copy), without=OUTSIDE)


def sees(found: list[Difference], mutation: Mutation) -> bool:
    return any(
        (one.kind, one.identity, one.field) == (mutation.kind, mutation.identity, mutation.field)
        and (one.deviation is Deviation.CHANGED) == bool(mutation.field)
        for one in found
    )


def test_an_untouched_restore_shows_no_difference(
    primary: DatabaseServer,
    source: str,
    expected: Details,
    restored_copy: Callable[..., str],
    describe: Callable[..., Details],
) -> None:
    copy = restored_copy(primary, source)
    assert differences(expected, describe(primary, copy), without=OUTSIDE) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_of_the_restored_copy_is_seen(seen: list[Difference], name: str) -> None:
    mutation = MUTATIONS[name]
    near = [one for one in seen if one.kind == mutation.kind]
    assert sees(seen, mutation), near


def test_a_mutation_around_the_database_is_seen(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    primary.execute(ROLES)
    name = primary.create_database(
        "around", "CREATE TABLE t (a int); GRANT SELECT ON t TO manifest_reader, manifest_login"
    )
    primary.execute(f"ALTER DATABASE {name} SET work_mem = '7MB'")
    before = describe(primary, name)
    assert differences(before, describe(primary, name)) == []
    try:
        for mutation in CLUSTER_MUTATIONS.values():
            primary.execute(mutation.done.format(database=name))
        found = differences(before, describe(primary, name))
    finally:
        primary.execute("ALTER ROLE ALL RESET ALL")
    missed = [title for title, mutation in CLUSTER_MUTATIONS.items() if not sees(found, mutation)]
    assert missed == [], found


def test_what_is_said_about_a_tablespace_is_seen(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    with closing(psycopg2.connect(primary.dsn())) as session, session.cursor() as cursor:
        session.autocommit = True
        cursor.execute("SET allow_in_place_tablespaces = on")
        cursor.execute("CREATE TABLESPACE spoken_of LOCATION ''")
    name = primary.create_database("spaced", "CREATE TABLE t (a int) TABLESPACE spoken_of")
    try:
        before = describe(primary, name)
        primary.execute("COMMENT ON TABLESPACE spoken_of IS 'the slow disks'")
        (found,) = differences(before, describe(primary, name))
    finally:  # no standby starts from a copy with a tablespace in place
        primary.execute("DROP TABLE t", dbname=name)
        primary.execute("CHECKPOINT")
        primary.execute("DROP TABLESPACE spoken_of")
    assert found[:4] == (Deviation.CHANGED, "tablespace", "spoken_of", "comment")


def test_a_label_of_a_large_object_is_seen(primary: DatabaseServer, describe: Callable[..., Details]) -> None:
    name = primary.create_database("labelled", "SELECT lo_from_bytea(4711, 'x'), lo_from_bytea(4712, 'y')")
    before = describe(primary, name)
    primary.execute(
        "INSERT INTO pg_seclabel VALUES (4711, 'pg_largeobject'::regclass, 0, 'test', 'secret')", dbname=name
    )
    (found,) = differences(before, describe(primary, name))
    assert (found.deviation, found.kind, found.field) == (Deviation.CHANGED, "large objects", "numbers")


def test_flights_restored_on_another_server_shows_no_difference(
    start_primary: Callable[..., DatabaseServer],
    primary: DatabaseServer,
    restored_copy: Callable[..., str],
    describe: Callable[..., Details],
    server_folder: Path,
) -> None:
    flights.load(primary.dsn(), dbname="flights", limit=2000)
    other = start_primary("other")
    other.execute((flights.SQL / "00_roles.sql").read_text())
    copy = restored_copy(primary, "flights", other)
    found = differences(
        describe(primary, "flights"), describe(other, copy), without=OUTSIDE | {"role password"}
    )
    flights.drop(primary.dsn(), "flights")
    assert found == []
