"""Dropping an index is tried with the statements of its table: harmless, harmful, or not to be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.dropping import DropTrial
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.measuring import Pace

from tests.integration.performance.proving.conftest import BY_CUSTOMER

QUICK = Pace(runs=2, enough=0.1, limit=10.0)
DROP = Advice(sentence="Drop it.", sql="DROP INDEX CONCURRENTLY shop.orders_customer_idx;")


@pytest.fixture(autouse=True)
def customer_index(session: Any) -> Iterator[None]:
    with session.cursor() as cursor:
        cursor.execute("CREATE INDEX orders_customer_idx ON shop.orders (customer_id)")
        yield
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'orders_customer_idx'")
        (there,) = cursor.fetchone()
        cursor.execute("DROP INDEX shop.orders_customer_idx")
    assert there == 1, "the index was not built again"


def tried(both: Sessions, *texts: str, advice: Advice = DROP) -> Proof:
    proof = DropTrial(both, "a test", texts, QUICK).of(advice).proof
    assert proof is not None
    return proof


def test_an_index_that_a_statement_lives_by_is_not_to_be_dropped(both: Sessions) -> None:
    proof = tried(both, "SELECT count(*) FROM shop.orders WHERE state = $1", BY_CUSTOMER)
    assert proof.helps is False, proof.sentence
    assert "1 of 2 statements" in proof.sentence
    assert BY_CUSTOMER in proof.sentence


def test_an_index_that_nothing_uses_may_go(both: Sessions) -> None:
    proof = tried(both, "SELECT count(*) FROM shop.orders WHERE state = $1", "SELECT 1 FROM lines")
    assert proof.helps is True, proof.sentence
    figures = {each.name: each.value for each in proof.figures}
    assert figures["disk freed"] > 100_000
    assert (figures["statements tried"], figures["statements that used it"]) == (1, 0)


def test_a_duplicate_may_go_although_it_is_used(both: Sessions, session: Any) -> None:
    with session.cursor() as cursor:
        cursor.execute("CREATE INDEX twin_idx ON shop.orders (customer_id)")
    try:
        assert tried(both, BY_CUSTOMER).helps is True
    finally:
        with session.cursor() as cursor:
            cursor.execute("DROP INDEX shop.twin_idx")


def test_statements_that_cannot_be_executed_leave_it_open(both: Sessions) -> None:
    proof = tried(both, "SELECT * FROM orders WHERE customer_id + $1 > id + customer_id")
    assert proof.helps is None
    assert "1 of 1 statements" in proof.sentence


@pytest.mark.parametrize(
    "sql", ["DROP INDEX shop.nothing", "DROP INDEX shop.orders_pkey", "SELECT 1", "DROP"]
)
def test_what_cannot_be_tried_says_so(both: Sessions, sql: str) -> None:
    proof = tried(both, BY_CUSTOMER, advice=DROP.model_copy(update={"sql": sql}))
    assert proof.helps is None
