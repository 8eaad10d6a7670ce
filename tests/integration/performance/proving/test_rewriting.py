"""A rewritten statement must give the same rows, and sooner, or it is withdrawn."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.performance.advising import Rewritten, read_relations, rewrite_advice
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.hypothetical import planner, try_hypothetical
from dataops.performance.proving.measuring import Pace
from dataops.performance.proving.rewriting import RewriteTrial

QUICK = Pace(runs=2, enough=0.1, limit=10.0)
OF_A_DAY = "SELECT id, state FROM shop.orders WHERE placed_at::date = $1 ORDER BY placed_at LIMIT $2"
INDEX = "CREATE INDEX CONCURRENTLY orders_placed_at_idx ON shop.orders (placed_at);"


def by(text: str, index: str = "", statement: str = OF_A_DAY) -> Advice:
    return Advice(sentence="Rewrite it.", sql=Rewritten(text, index).sql, statement=statement)


def tried(both: Sessions, advice: Advice) -> Proof:
    proof = RewriteTrial(both, "a test", QUICK).of(advice).proof
    assert proof is not None
    return proof


@pytest.fixture
def advice(session: Any) -> Advice:
    (found,) = rewrite_advice(OF_A_DAY, read_relations(session, OF_A_DAY))
    return found


def test_a_range_in_place_of_a_date_gives_the_same_rows_sooner(both: Sessions, advice: Advice) -> None:
    proof = tried(both, advice)
    assert proof.helps is True, proof.sentence
    assert "The same rows with 3 sets of values" in proof.sentence
    assert "index size" in {each.name for each in proof.figures}


def test_hypopg_says_what_the_planner_expects_of_it(primary: Any, shop: str, advice: Advice) -> None:
    with planner(primary.connection, shop) as planning:
        proof = try_hypothetical(planning, advice).proof
    assert proof is not None
    assert proof.helps is True, proof.sentence
    assert "neither time nor rows were compared" in proof.sentence


def test_another_form_with_other_rows_is_withdrawn(both: Sessions) -> None:
    other = "SELECT id, state FROM shop.orders WHERE placed_at > $1::date ORDER BY placed_at LIMIT $2"
    proof = tried(both, by(other, INDEX))
    assert proof.helps is False
    assert "other rows" in proof.sentence


def test_another_form_that_is_not_faster_is_withdrawn(both: Sessions) -> None:
    other = OF_A_DAY.replace("placed_at::date", "CAST(placed_at AS date)")
    proof = tried(both, by(other))
    assert proof.helps is False
    assert "does not help enough" in proof.sentence


def test_nulls_show_that_not_in_is_not_not_exists(both: Sessions, session: Any) -> None:
    statement = "SELECT id FROM shop.orders o WHERE o.id NOT IN (SELECT l.amount FROM shop.lines l)"
    (found,) = rewrite_advice(statement, read_relations(session, statement))
    with session.cursor() as cursor:
        cursor.execute("INSERT INTO shop.lines VALUES (1, '2026-01-01', NULL)")
    try:
        assert "other rows" in tried(both, found).sentence
    finally:
        with session.cursor() as cursor:
            cursor.execute("DELETE FROM shop.lines WHERE amount IS NULL")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("SELECT id, state FROM shop.orders WHERE placed_at >= $1::date", "other parameters"),
        ("SELECT nothing FROM shop.orders WHERE placed_at >= $1::date LIMIT $2", "undefined column"),
    ],
)
def test_what_cannot_be_tried_says_so(both: Sessions, other: str, why: str) -> None:
    proof = tried(both, by(other))
    assert proof.helps is None
    assert why in proof.sentence
