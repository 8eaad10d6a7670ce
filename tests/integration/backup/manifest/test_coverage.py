"""What a manifest claims to have looked at: all, as much as fits a budget, or definitions alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dataops.backup.manifest.compare import Deviation, differences
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.errors import ContentUnreadable

from tests.conftest import DatabaseServer

THREE = "".join(f"CREATE TABLE {name} AS SELECT i FROM generate_series(1, 50) i;" for name in "abc")
YESTERDAY = datetime(2026, 1, 2, tzinfo=UTC)


def seen(details: Details) -> set[str]:
    return {table.identity for table in details.tables if table.hash is not None}


def test_full_looks_at_every_table(primary: DatabaseServer, describe: Callable[..., Details]) -> None:
    details = describe(primary, primary.create_database("full", THREE))
    assert seen(details) == {"public.a", "public.b", "public.c"}
    assert details.rows == 150
    assert (details.coverage.tables, details.coverage.hashed) == (3, 3)


def test_definitions_alone_claim_nothing_about_rows(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database("definitions", THREE)
    details = describe(primary, name, content="definitions")
    assert seen(details) == set() and details.rows is None and details.large_objects is None
    primary.execute("DELETE FROM a", dbname=name)
    assert differences(details, describe(primary, name)) == []


def test_a_budget_goes_to_the_longest_unseen_first(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    """A table that is never done in time takes half of the budget, and says when it was last seen."""
    name = primary.create_database("rotate", THREE + slow_table("d"))
    before = {
        "public.a": YESTERDAY,
        "public.b": YESTERDAY - timedelta(days=1),
        "public.d": YESTERDAY - timedelta(days=9),
    }
    details = describe(
        primary, name, content="rotate", budget=timedelta(seconds=2), hashed_before=before, jobs=1
    )
    assert seen(details) == {"public.a", "public.b", "public.c"}
    late = next(table for table in details.tables if table.identity == "public.d")
    assert (late.rows, late.hash, late.hashed_at) == (None, None, before["public.d"])
    assert details.rows is None
    assert all(table.hashed_at > YESTERDAY for table in details.tables if table.hashed_at and table.hash)


def test_an_empty_budget_sees_nothing_and_says_so(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database("nothing", THREE)
    details = describe(
        primary, name, content="rotate", budget=timedelta(0), hashed_before={"public.a": YESTERDAY}
    )
    assert seen(details) == set()
    assert [table.hashed_at for table in details.tables] == [YESTERDAY, None, None]


def test_what_only_the_observer_left_out_is_unseen(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    name = primary.create_database("left_out", THREE + "SELECT lo_from_bytea(0, 'x')")
    found = differences(describe(primary, name), describe(primary, name, content="definitions"))
    assert {(one.deviation, one.identity) for one in found} == {
        (Deviation.UNSEEN, "public.a"),
        (Deviation.UNSEEN, "public.b"),
        (Deviation.UNSEEN, "public.c"),
        (Deviation.UNSEEN, ""),
    }


def test_a_table_with_a_damaged_page_is_named(
    primary: DatabaseServer, describe: Callable[..., Details]
) -> None:
    template = primary.create_database("intact", THREE)
    primary.execute("CHECKPOINT")
    name = f"{template}_copy"  # its pages are on disk and in no buffer yet
    primary.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    where = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('b')"
    with Path(primary.execute(where, dbname=name)[0][0]).open("r+b") as file:
        file.seek(8000)
        file.write(b"damaged")
    with pytest.raises(ContentUnreadable, match=r"Table public\.b .* invalid page"):
        describe(primary, name)
    primary.execute(
        f"DROP DATABASE {name} WITH (FORCE)"
    )  # or no standby could be made of this server any more


def test_large_objects_with_holes_equal_their_restored_copy(
    primary: DatabaseServer, describe: Callable[..., Details], restored_copy: Callable[..., str]
) -> None:
    name = primary.create_database(
        "holes",
        "SELECT lo_create(11); SELECT lo_from_bytea(12, 'x'); SELECT lo_put(12, 9000, 'far');"
        "SELECT lo_from_bytea(13, '\\x000000'); SELECT lo_from_bytea(0, 'same') FROM generate_series(1, 300)",
    )
    outside = {"database properties", "database setting"}
    expected = describe(primary, name)
    copy = restored_copy(primary, name)
    assert expected.large_objects is not None and expected.large_objects.count == 303
    assert differences(expected, describe(primary, copy), without=outside) == []


@pytest.mark.parametrize(
    "mutation",
    [
        "SELECT lo_unlink(11)",
        "SELECT lo_put(12, 3000, 'y')",
        "SELECT lo_from_bytea(0, 'one more')",
        "SELECT lo_put(13, 3, '\\x00')",
        "ALTER LARGE OBJECT 12 OWNER TO pg_monitor",
        "GRANT SELECT ON LARGE OBJECT 12 TO PUBLIC",
        "COMMENT ON LARGE OBJECT 12 IS 'x'",
    ],
)
def test_a_changed_large_object_is_seen(
    primary: DatabaseServer, describe: Callable[..., Details], mutation: str
) -> None:
    name = primary.create_database(
        "lo", "SELECT lo_create(11); SELECT lo_from_bytea(12, 'x'); SELECT lo_from_bytea(13, '\\x000000')"
    )
    before = describe(primary, name)
    primary.execute(mutation, dbname=name)
    assert {one.kind for one in differences(before, describe(primary, name))} == {"large objects"}


def slow_table(name: str) -> str:
    """A table of which reading one row takes a minute, by the condition of an extension's configuration."""
    return (
        f"CREATE TABLE {name} (i) AS VALUES (1);"
        f"CREATE EXTENSION citext; ALTER EXTENSION citext ADD TABLE {name};"
        f"UPDATE pg_extension SET extconfig = ARRAY['{name}'::regclass::oid],"
        " extcondition = ARRAY['WHERE pg_sleep(60) IS NOT NULL'] WHERE extname = 'citext'"
    )
