"""A small shop on a real server, whose orders lack an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataops.performance.finding import Advice
from dataops.performance.proving.executor import Sessions, sessions

SHOP = """
CREATE EXTENSION hypopg;
CREATE SCHEMA shop;
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id int NOT NULL,
    state text NOT NULL,
    placed_at timestamptz NOT NULL,
    secret text NOT NULL UNIQUE,
    doubled int GENERATED ALWAYS AS (customer_id * 2) STORED
);
INSERT INTO shop.orders (customer_id, state, placed_at, secret)
SELECT 1 + i % 2000, (ARRAY['new', 'paid', 'sent', 'done'])[1 + i % 4],
       now() - make_interval(mins => 80000 - i), 'confidential-' || md5(i::text)
  FROM generate_series(1, 80000) AS i;
CREATE TABLE shop.lines (order_id bigint, day date, amount int)
    PARTITION BY RANGE (day);
CREATE TABLE shop.lines_1 PARTITION OF shop.lines FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE shop.lines_2 PARTITION OF shop.lines FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
INSERT INTO shop.lines SELECT i, date '2026-01-01' + (i % 360), i % 100 FROM generate_series(1, 9000) AS i;
CREATE TABLE shop.docs (id int PRIMARY KEY, doc jsonb, tags text[]);
INSERT INTO shop.docs
SELECT i, jsonb_build_object('sku', i % 500, 'note', repeat('x', 200)), ARRAY['tag ' || i % 400, 'all']
  FROM generate_series(1, 5000) AS i;
ANALYZE;
"""
BY_CUSTOMER = "SELECT * FROM orders WHERE customer_id = $1"


@pytest.fixture(scope="session")
def shop(primary: Any) -> str:
    """The name of the shop's database."""
    return str(primary.create_database("shop", SHOP))


@pytest.fixture(scope="session")
def both(primary: Any, shop: str) -> Iterator[Sessions]:
    """The sessions of trials on the shop's database."""
    with sessions(primary.connection, shop) as made:
        yield made


@pytest.fixture
def session(both: Sessions) -> Any:
    """A superuser's session in autocommit mode."""
    return both.building


def advice(statement: str, sql: str) -> Advice:
    """Advice to build an index for a statement."""
    return Advice(sentence="Build an index.", sql=sql, statement=statement)


def on(keys: str, statement: str = BY_CUSTOMER) -> Advice:
    """Advice to build an index on the shop's orders."""
    return advice(statement, f"CREATE INDEX CONCURRENTLY tried_idx ON shop.orders ({keys});")
