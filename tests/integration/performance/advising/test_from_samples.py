"""From samples of a real server to advice that holds on it: the whole way, with the texts as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from dataops.inventory.reporting import Thresholds
from dataops.performance.advising import (
    drop_advice,
    duplicate_indexes,
    index_advice,
    index_candidates,
    relations_of,
    unused_indexes,
)
from dataops.performance.finding import Advice, Finding
from dataops.performance.findings import judge
from dataops.performance.proving.dropping import DropTrial
from dataops.performance.proving.executor import Sessions, sessions
from dataops.performance.proving.hypothetical import planner, try_hypothetical
from dataops.performance.proving.measuring import Pace
from dataops.performance.proving.proven import can_be_executed, with_proofs
from dataops.performance.proving.statements import statements_of
from dataops.performance.proving.trial import Trial
from dataops.performance.window import SectionName, Window

from tests.integration.performance.watched import Watched, watched

SCRIPT = """
CREATE EXTENSION hypopg;
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id int NOT NULL,
    state text NOT NULL,
    placed_at timestamptz NOT NULL
);
INSERT INTO orders (customer_id, state, placed_at)
SELECT i % 4000, 'state ' || i % 4, now() - make_interval(mins => i) FROM generate_series(1, 40000) AS i;
CREATE INDEX orders_state_idx ON orders (state);
CREATE INDEX orders_state_twin_idx ON orders (state);
CREATE INDEX orders_unused_idx ON orders (state, customer_id, placed_at, id);
ANALYZE;
"""
LOAD = """
SELECT count(*) FROM orders WHERE customer_id = 17 AND placed_at > now() - interval '7 days';
SELECT count(*) FROM orders WHERE customer_id IN (1, 2, 3);
"""
USELESS = "CREATE INDEX CONCURRENTLY orders_in_vain_idx ON public.orders (state, placed_at);"
QUICK = Pace(runs=2, enough=0.1, limit=10.0)


@pytest.fixture(scope="module")
def shop(start_primary: Callable[..., Any], object_store_server: Any) -> Watched:
    counting = start_primary("advised", {"shared_preload_libraries": "pg_stat_statements"})
    one = watched(counting, object_store_server, SCRIPT)
    one.sample()
    for statement in LOAD.strip().splitlines() * 6:
        one.execute(statement)
    one.sample()
    return one


@pytest.fixture(scope="module")
def window(shop: Watched) -> Window:
    return shop.window()


@pytest.fixture(scope="module")
def both(shop: Watched) -> Iterator[Sessions]:
    with sessions(shop.platform.connection("test_primary"), shop.dbname) as made:
        yield made


@pytest.fixture
def session(both: Sessions) -> Any:
    return both.building


def text_of(window: Window, part: str) -> str:
    texts = window.section(SectionName.STATEMENTS).totals["text"].drop_nulls().to_list()
    return next(str(text) for text in texts if "FROM orders" in text and part in text)


def best(window: Window, part: str) -> Advice:
    text = text_of(window, part)
    relations = relations_of(window)
    candidates = index_candidates(text, relations)
    return index_advice(candidates[0], relations, statement=text)


@pytest.mark.parametrize("part", ["interval", " IN "])
def test_a_statement_as_the_window_shows_it_gets_advice_that_proves_true(
    shop: Watched, window: Window, both: Sessions, part: str
) -> None:
    advice = best(window, part)
    assert "17" not in advice.statement
    assert advice.sql.startswith("CREATE INDEX CONCURRENTLY orders_customer_id")
    assert "About" in advice.cost
    measured = Trial(both, "a test", QUICK).of(advice).proof
    assert measured is not None
    assert measured.helps is True, measured.sentence
    with planner(shop.platform.connection("test_primary"), shop.dbname) as planning:
        estimated = try_hypothetical(planning, advice).proof
    assert estimated is not None
    assert estimated.helps is True, estimated.sentence


def test_advice_can_be_copied_and_taken_back(window: Window, session: Any) -> None:
    advice = best(window, "interval")
    with session.cursor() as cursor:
        cursor.execute(advice.sql)
        cursor.execute(advice.undo)


def test_duplicate_and_unused_indexes_are_found_and_proven(window: Window, both: Sessions) -> None:
    (twin,) = duplicate_indexes(window)
    assert twin.index["name"] == "orders_state_twin_idx"
    assert twin.kept is not None
    assert twin.kept["name"] == "orders_state_idx"
    unused = [each.index["name"] for each in unused_indexes(window, observed=timedelta(0))]
    assert "orders_unused_idx" in unused
    assert "orders_pkey" not in unused
    texts = statements_of(window)
    assert texts is not None
    proof = DropTrial(both, "a test", texts, QUICK).of(drop_advice(twin)).proof
    assert proof is not None
    assert proof.helps is True, proof.sentence


def test_a_dropped_index_comes_back_by_its_undo(window: Window, session: Any) -> None:
    (twin,) = duplicate_indexes(window)
    advice = drop_advice(twin)
    with session.cursor() as cursor:
        cursor.execute(advice.sql)
        cursor.execute(advice.undo)
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_state_twin_idx'::regclass")
        assert cursor.fetchone() == (True,)


def test_findings_of_the_window_are_proven_and_the_useless_one_is_withdrawn(
    window: Window, both: Sessions
) -> None:
    thresholds = Thresholds(scanned_rows_daily=1000, minimum_calls=5)
    found = judge(window, (), thresholds).findings
    scan = next(each for each in found if each.code == "large-sequential-scans")
    assert scan.advice is not None
    useless = scan.model_copy(
        update={"object": "in vain", "advice": scan.advice.model_copy(update={"sql": USELESS})}
    )
    trial, drop = Trial(both, "a test", QUICK), DropTrial(both, "a test", statements_of(window) or (), QUICK)
    proven = with_proofs(
        (*found, useless),
        lambda advice: drop.of(advice) if drop.fits(advice) else trial.of(advice),
        can_be_executed,
    )
    helps = {(each.code, each.object): each.advice.proof.helps for each in proven if _tried(each)}
    assert helps["large-sequential-scans", "table public.orders"] is True
    assert helps["duplicate-index", "index public.orders_state_twin_idx"] is True
    assert helps["large-sequential-scans", "in vain"] is True, "a better index takes its place"
    assert USELESS not in {each.advice.sql for each in proven if _tried(each)}


def _tried(finding: Finding) -> bool:
    return finding.advice is not None and finding.advice.proof is not None
