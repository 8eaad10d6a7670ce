"""Advice tried on HypoPG, on the watched database: the planner is asked, nothing is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg2
import pytest
from dataops.connections import Connection
from dataops.performance.proving.hypothetical import HypoMissing, planner, try_hypothetical
from dataops.postgres import sql

from tests.integration.performance.proving.conftest import BY_CUSTOMER, on


def test_an_index_that_the_planner_would_use(primary: Any, shop: str) -> None:
    with planner(primary.connection, shop) as session:
        tried = try_hypothetical(session, on("customer_id"))
    assert tried.proof is not None
    assert tried.proof.helps is True, tried.proof.sentence
    assert tried.proof.by == "HypoPG"
    assert {each.name: each.value for each in tried.proof.figures}["estimated index size"] > 100_000
    assert primary.execute("SELECT count(*) FROM pg_indexes WHERE indexname ~ 'tried'", dbname=shop) == [(0,)]


def test_an_index_that_the_planner_would_not_use_is_withdrawn(primary: Any, shop: str) -> None:
    with planner(primary.connection, shop) as session:
        tried = try_hypothetical(
            session, on("state", "SELECT count(*) FROM orders WHERE doubled > $1 + doubled")
        )
    assert tried.proof is not None
    assert tried.proof.helps is False
    assert "would not use" in tried.proof.sentence


def test_a_better_index_is_found(primary: Any, shop: str) -> None:
    with planner(primary.connection, shop) as session:
        tried = try_hypothetical(
            session, on("state", "SELECT * FROM orders WHERE state = $1 AND customer_id = $2")
        )
    assert tried.proof is not None
    assert tried.proof.helps is True
    assert "(customer_id" in tried.sql


def test_what_cannot_be_planned_says_so(primary: Any, shop: str) -> None:
    with planner(primary.connection, shop) as session:
        tried = try_hypothetical(session, on("nothing"))
        assert tried.proof is not None
        assert tried.proof.helps is None
        assert "HypoPG does not take the index" in tried.proof.sentence
        again = try_hypothetical(session, on("customer_id"))
        assert again.proof is not None
        assert again.proof.helps is True


def test_nothing_can_be_written_by_the_session(primary: Any, shop: str) -> None:
    with (
        planner(primary.connection, shop) as session,
        session.cursor() as cursor,
        pytest.raises(psycopg2.errors.ReadOnlySqlTransaction),
    ):
        cursor.execute("DELETE FROM shop.orders")


def test_without_hypopg_nothing_is_tried(primary: Any) -> None:
    bare = primary.create_database("bare")
    with pytest.raises(HypoMissing, match="CREATE EXTENSION hypopg"), planner(primary.connection, bare):
        pass


@pytest.fixture
def least(primary: Any) -> Connection:
    """A login that has run the role's SQL file and nothing else."""
    primary.execute(sql("dataops.performance.proving", "roles/proof"))
    primary.execute("ALTER ROLE dataops_proof PASSWORD 'for-this-test'")
    return replace(primary.connection, login="dataops_proof", password="for-this-test")


@pytest.mark.parametrize(
    "statement",
    [
        BY_CUSTOMER,
        "DELETE FROM orders WHERE customer_id = $1",
        "UPDATE orders SET state = $1 WHERE customer_id = $2",
        "UPDATE orders o SET state = $1 FROM lines l WHERE l.order_id = o.id AND o.customer_id = $2",
    ],
)
def test_the_role_of_the_guide_is_enough(least: Connection, shop: str, statement: str) -> None:
    with planner(least, shop) as session:
        tried = try_hypothetical(session, on("customer_id", statement))
    assert tried.proof is not None
    assert tried.proof.helps is True, tried.proof.sentence
    assert tried.statement == statement


def test_a_role_that_may_not_read_the_table_proves_nothing(
    primary: Any, least: Connection, shop: str
) -> None:
    primary.execute("REVOKE pg_read_all_data FROM dataops_proof")
    with planner(least, shop) as session:
        tried = try_hypothetical(session, on("customer_id"))
    assert tried.proof is not None
    assert tried.proof.helps is None
    assert "the role may not use its schema" in tried.proof.sentence
    primary.execute("GRANT USAGE ON SCHEMA shop TO dataops_proof", dbname=shop)
    with planner(least, shop) as session:
        refused = try_hypothetical(session, on("customer_id")).proof
    assert refused is not None
    assert refused.helps is None
    assert "insufficient privilege (42501)" in refused.sentence


def test_an_alternative_that_hypopg_does_not_know_is_passed_over(primary: Any, shop: str) -> None:
    primary.execute("ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS doc jsonb", dbname=shop)
    with planner(primary.connection, shop) as session:
        statement = "SELECT * FROM orders WHERE customer_id = $1 AND doc @> $2"
        tried = try_hypothetical(session, on("customer_id", statement))
    assert tried.proof is not None
    assert tried.proof.helps is True
