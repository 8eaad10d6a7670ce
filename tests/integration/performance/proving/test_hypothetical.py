"""Advice tried on HypoPG, on the watched database: the planner is asked, nothing is written."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from dataops.performance.proving.hypothetical import HypoMissing, planner, try_hypothetical

from tests.integration.performance.proving.conftest import on


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
    assert "(customer_id)" in tried.sql


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
