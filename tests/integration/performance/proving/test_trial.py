"""Advice tried with real data: what helps is measured, what does not is withdrawn, nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.measuring import Pace
from dataops.performance.proving.trial import Trial

from tests.integration.performance.proving.conftest import advice, on

QUICK = Pace(runs=2, enough=0.1, limit=10.0)


@pytest.fixture
def trial(both: Sessions) -> Trial:
    return Trial(both, by="a test", pace=QUICK)


def proof(tried: Advice) -> Proof:
    assert tried.proof is not None
    return tried.proof


def figures(tried: Advice) -> dict[str, float]:
    return {each.name: each.value for each in proof(tried).figures}


def test_an_index_that_helps_is_measured(trial: Trial) -> None:
    tried = trial.of(on("customer_id"))
    found = figures(tried)
    assert proof(tried).helps is True, proof(tried).sentence
    assert found["blocks with"] < found["blocks without"] / 10
    assert found["time with"] < found["time without"]
    assert found["index size"] > 100_000
    assert found["WAL of a row with"] > found["WAL of a row without"]
    assert "3 sets of values" in proof(tried).sentence


@pytest.mark.parametrize("keys", ["state", "lower(state)", "customer_id) WHERE (state = 'never'"])
def test_an_index_that_does_not_help_is_withdrawn(trial: Trial, keys: str) -> None:
    tried = trial.of(on(keys, "SELECT count(*) FROM shop.orders WHERE state <> $1 AND customer_id + 0 > 0"))
    assert proof(tried).helps is False
    assert proof(tried).sentence.startswith("Withdrawn")


def test_a_better_index_takes_the_place_of_the_advised_one(trial: Trial) -> None:
    tried = trial.of(on("state", "SELECT * FROM orders WHERE state = $1 AND customer_id = $2"))
    assert proof(tried).helps is True
    assert "(customer_id" in tried.sql
    assert "CONCURRENTLY" in tried.sql
    assert tried.undo.startswith("DROP INDEX CONCURRENTLY shop.")


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ("SELECT * FROM orders WHERE placed_at > $1 AND placed_at <= $2", "placed_at"),
        ("SELECT count(*) FROM orders WHERE placed_at > now() - interval $1", "placed_at"),
        ("SELECT * FROM orders WHERE customer_id IN ($1, $2, $3)", "customer_id"),
        ("SELECT * FROM orders WHERE customer_id = ANY($1)", "customer_id"),
        (
            "SELECT * FROM orders WHERE state = $1 ORDER BY placed_at DESC LIMIT $2 OFFSET $3",
            "state, placed_at",
        ),
        ("UPDATE orders SET state = $1 WHERE customer_id = $2", "customer_id"),
        (
            "SELECT date_trunc($1, placed_at), count(*) FROM orders WHERE customer_id = $2 "
            "GROUP BY date_trunc($3, placed_at) ORDER BY date_trunc($4, placed_at)",
            "customer_id",
        ),
        ("DELETE FROM orders WHERE customer_id = ?", "customer_id"),
        ("SELECT $1, date_trunc($2, placed_at) FROM orders WHERE customer_id = $3", "customer_id"),
        ("SELECT * FROM orders o WHERE lower(o.secret) = $1", "lower(secret)"),
    ],
)
def test_values_come_from_the_data(trial: Trial, statement: str, keys: str) -> None:
    tried = trial.of(on(keys, statement))
    assert proof(tried).helps is True, proof(tried).sentence


def test_an_index_on_a_partitioned_table(trial: Trial) -> None:
    tried = trial.of(
        advice("SELECT * FROM lines WHERE order_id = $1", "CREATE INDEX tried_idx ON shop.lines (order_id)")
    )
    assert proof(tried).helps is True, proof(tried).sentence
    assert figures(tried)["index size"] > 100_000


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ("SELECT id FROM docs WHERE doc @> $1", "doc jsonb_path_ops"),
        ("SELECT id FROM docs WHERE tags && $1", "tags"),
    ],
)
def test_documents_and_arrays_are_searched_with_a_part_of_theirs(
    trial: Trial, statement: str, keys: str
) -> None:
    tried = trial.of(advice(statement, f"CREATE INDEX tried_idx ON shop.docs USING gin ({keys})"))
    assert proof(tried).helps is True, proof(tried).sentence


@pytest.mark.parametrize(
    ("statement", "sql", "why"),
    [
        ("", "CREATE INDEX i ON shop.orders (state)", "no statement that the parser understands"),
        ("SELECT * FROM ord", "CREATE INDEX i ON shop.orders (state)", "undefined table (42P01)"),
        ("SELECT * FROM orders WHERE", "CREATE INDEX i ON shop.orders (state)", "cut off"),
        ("SELECT * FROM orders WHERE id = $1", "DROP INDEX shop.i", "builds no index"),
        ("SELECT * FROM orders WHERE id = $1", "CREATE INDEX i ON shop.orders (nothing)", "undefined column"),
        (
            "SELECT * FROM orders WHERE id + $1 > id * $2",
            "CREATE INDEX i ON shop.orders (state)",
            "parameter $1",
        ),
        ("TRUNCATE orders", "CREATE INDEX i ON shop.orders (state)", "no SELECT"),
    ],
)
def test_what_cannot_be_tried_is_neither_for_nor_against(
    trial: Trial, statement: str, sql: str, why: str
) -> None:
    tried = trial.of(advice(statement, sql))
    assert proof(tried).helps is None
    assert why in proof(tried).sentence


def test_a_statement_that_takes_too_long_is_cut_off(both: Sessions) -> None:
    slow = Trial(both, by="a test", pace=Pace(runs=1, enough=0.01, limit=0.05))
    tried = slow.of(
        on("customer_id", "SELECT count(*) FROM orders a, orders b WHERE a.secret > b.secret AND a.id > 0")
    )
    assert proof(tried).helps is False


def test_nothing_is_left_and_no_value_is_told(trial: Trial, session: Any) -> None:
    def state() -> list[Any]:
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT array_agg(indexname ORDER BY 1) FROM pg_indexes WHERE schemaname = 'shop'), "
                "(SELECT count(*) FROM shop.orders), (SELECT count(*) FROM pg_prepared_statements)"
            )
            return cursor.fetchall()

    before = state()
    tried = trial.of(on("secret, state", "DELETE FROM orders WHERE upper(secret) = $1 AND state = $2"))
    assert state() == before
    assert "confidential" not in tried.model_dump_json()


def test_a_statement_cannot_do_what_only_a_superuser_may(
    both: Sessions, session: Any, tmp_path: Path
) -> None:
    with session.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION shop.evil(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
            f"COPY (SELECT 1) TO PROGRAM 'cat > {tmp_path}/started'; RETURN t; END $$"
        )
    tried = Trial(both, "a test", QUICK).of(
        on("state", "SELECT shop.evil(state) FROM orders WHERE state = $1")
    )
    assert proof(tried).helps is None
    assert "insufficient privilege" in proof(tried).sentence
    assert list(tmp_path.iterdir()) == []
