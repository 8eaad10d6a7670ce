"""Every check of a drill on each major: green on a faithful copy, red for faults in what is new there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from dataops.drill.restored import Method

from tests.conftest import DatabaseServer
from tests.integration.drill.checks.conftest import ROLES, SHOP, Shop, describe, trusting
from tests.integration.majors import novelties
from tests.integration.majors.novelties import IN_A_DATABASE, up_to

TEMPORAL = """
CREATE EXTENSION btree_gist;
CREATE TABLE room (id int, open daterange, CONSTRAINT room_key PRIMARY KEY (id, open WITHOUT OVERLAPS));
CREATE TABLE stay (room int, of daterange,
    CONSTRAINT stay_room FOREIGN KEY (room, PERIOD of) REFERENCES room (id, PERIOD open));
CREATE TABLE wish (room int, of daterange, CONSTRAINT wish_room FOREIGN KEY (room, PERIOD of)
    REFERENCES room (id, PERIOD open) NOT ENFORCED);
INSERT INTO room SELECT n, daterange('2026-01-01', '2026-07-01') FROM generate_series(1, 100) n;
INSERT INTO room SELECT n, daterange('2026-07-01', '2027-01-01') FROM generate_series(1, 100) n;
INSERT INTO stay SELECT n, daterange('2026-06-20', '2026-07-10') FROM generate_series(1, 100) n;
INSERT INTO wish VALUES (1000, daterange('2026-06-20', '2026-07-10'));
"""
"""Each stay is covered by two rows of its room together; what is wished for is not claimed."""


@pytest.fixture(scope="module")
def shop(scratch: DatabaseServer, major: int) -> Shop:
    """The shop of the checks' own tests, with everything that the majors up to this one brought."""
    trusting(scratch)
    scratch.execute(ROLES)
    scratch.execute(novelties.ROLES)
    novel = [
        each.there
        for each in up_to(major, IN_A_DATABASE).values()
        if each.kind != "subscription"  # CREATE DATABASE, which makes the copies, copies none
    ]
    dbname = scratch.create_database("shop", SHOP + novelties.SETUP + ";".join(novel))
    return Shop(scratch, dbname, describe(scratch, dbname))


@contextmanager
def around(server: DatabaseServer, statement: str, undo: str) -> Generator[None]:
    """A change of the roles, as long as the block lasts."""
    server.execute(statement)
    try:
        yield
    finally:
        server.execute(undo)


@pytest.mark.parametrize("method", ["logical", "physical"])
def test_a_faithful_copy_passes_every_check(shop: Shop, major: int, method: Method) -> None:
    ran = shop.drilled(method=method, major=major)
    assert ran.red == [], ran.explain()


def test_each_kind_of_fault_is_red(shop: Shop, major: int) -> None:
    """One of each class that hangs on the catalogue; the tests of the checks try them all on one major."""
    ran = shop.drilled(
        "ALTER TABLE bill DROP CONSTRAINT positive; DROP INDEX customer_lower_idx; DROP POLICY own ON note;"
        "ALTER TYPE state ADD VALUE 'lost'; DROP PUBLICATION news; DELETE FROM picture WHERE id = 7;"
        "UPDATE bill SET note = 'x' WHERE id = 7; REVOKE SELECT ON bill FROM clerks;"
        "SELECT setval('customer_id_seq', 5); SELECT lo_unlink(oid) FROM pg_largeobject_metadata;"
        "REFRESH MATERIALIZED VIEW spent WITH NO DATA;"
        "SET session_replication_role = replica; DELETE FROM customer WHERE id = 2000",
        major=major,
    )
    assert set(ran.failed) >= {
        "definitions: constraints",
        "definitions: indexes",
        "definitions: policies and labels",
        "definitions: types and operators",
        "definitions: publications and subscriptions",
        "row counts",
        "content hashes",
        "owners and grants",
        "rights",
        "sequences",
        "sequences ahead of their columns",
        "large objects",
        "materialized views",
        "foreign keys",
    }, ran.explain()


def test_two_rows_of_one_key_are_red(shop: Shop, major: int) -> None:
    blind = (
        "UPDATE pg_index SET indisready = {0}, indisvalid = {0} WHERE indexrelid = 'unique_number'::regclass;"
    )
    ran = shop.twin(
        "CREATE TABLE person (number int); CREATE UNIQUE INDEX unique_number ON person (number);"
        f"INSERT INTO person SELECT generate_series(1, 100); {blind.format('false')}"
        f"INSERT INTO person VALUES (7); {blind.format('true')}",
        major=major,
    )
    assert {"unique keys", "btree indexes"} <= set(ran.failed), ran.explain()


@pytest.mark.parametrize("major", [16, 17, 18], indirect=True)
def test_a_membership_that_gives_no_rights_is_red(shop: Shop, major: int) -> None:
    with around(
        shop.server, "GRANT clerks TO anna WITH INHERIT FALSE", "GRANT clerks TO anna WITH INHERIT TRUE"
    ):
        ran = shop.drilled(major=major)
    assert "rights" in ran.failed, ran.explain()
    assert any("membership" in name for name in ran.failed), ran.explain()


@pytest.mark.parametrize("major", [17, 18], indirect=True)
def test_a_right_to_maintain_that_nobody_granted_is_red(shop: Shop, major: int) -> None:
    ran = shop.drilled("GRANT MAINTAIN ON picture TO anna", major=major)
    assert {"owners and grants", "rights"} <= set(ran.failed), ran.explain()
    assert "MAINTAIN" in str(ran.check("rights").observed)


@pytest.mark.parametrize("major", [17, 18], indirect=True)
def test_whoever_may_maintain_everything_is_known_to_and_else_red(shop: Shop, major: int) -> None:
    with around(shop.server, "GRANT pg_maintain TO anna", "REVOKE pg_maintain FROM anna"):
        known = shop.drilled(manifest=describe(shop.server, shop.dbname), major=major)
        surplus = shop.drilled(major=major)
    assert known.red == [], known.explain()
    assert "rights" in surplus.failed, surplus.explain()


@pytest.mark.parametrize("major", [18], indirect=True)
def test_temporal_keys_that_hold_are_green_and_what_is_not_enforced_is_told(shop: Shop, major: int) -> None:
    ran = shop.twin(TEMPORAL, major=major)
    assert ran.red == [], ran.explain()
    assert "NOT ENFORCED" in str(ran.check("foreign keys").observed)


@pytest.mark.parametrize("major", [18], indirect=True)
def test_overlaps_under_a_temporal_key_are_red(shop: Shop, major: int) -> None:
    ran = shop.twin(
        f"{TEMPORAL}; UPDATE pg_index SET indisready = false WHERE indexrelid = 'room_key'::regclass;"
        "INSERT INTO room SELECT n, daterange('2026-05-01', '2026-06-01') FROM generate_series(1, 100) n;"
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'room_key'::regclass",
        major=major,
    )
    assert "unique keys" in ran.failed, ran.explain()
    assert "room_key" in str(ran.check("unique keys").observed)


@pytest.mark.parametrize("major", [18], indirect=True)
def test_a_period_that_is_only_partly_covered_is_red(shop: Shop, major: int) -> None:
    """The other row of its room is still there and overlaps it: only together do they cover."""
    ran = shop.twin(
        f"{TEMPORAL}; SET session_replication_role = replica;"
        "DELETE FROM room WHERE id = 7 AND lower(open) = '2026-07-01'",
        major=major,
    )
    assert "foreign keys" in ran.failed, ran.explain()
    assert "1 rows" in str(ran.check("foreign keys").observed)
