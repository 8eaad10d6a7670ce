"""A small shop, and suites about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHOP = """
CREATE TYPE state AS ENUM ('open', 'paid', 'sent');
CREATE DOMAIN code AS text;
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code code, state state, price numeric(10, 2),
    ordered_at timestamptz NOT NULL, weight xml, paid boolean
);
INSERT INTO orders (code, state, price, ordered_at, paid)
    SELECT 'C' || i, (enum_range(NULL::state))[i % 3 + 1], i * 1.5,
        '2026-01-01'::timestamptz + i * '1 hour'::interval, i % 2 = 0
    FROM generate_series(1, 600) AS i;
CREATE SCHEMA "Odd; 100%";
CREATE TABLE "Odd; 100%"."a "":name"" {x}" ("Größe %s" int NOT NULL, "select" text);
INSERT INTO "Odd; 100%"."a "":name"" {x}" SELECT i, 'v' || i % 3 FROM generate_series(1, 200) AS i;
CREATE TABLE measured (day date NOT NULL, value double precision) PARTITION BY RANGE (day);
CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO measured SELECT '2026-01-01'::date + i, sin(i) FROM generate_series(0, 199) AS i;
INSERT INTO measured VALUES ('2026-12-31', 'NaN');
CREATE TABLE secret (a int);
INSERT INTO secret VALUES (1);
CREATE TABLE nothing (a int);
"""


@pytest.fixture(scope="session")
def shop(primary: Any) -> str:
    """The name of a database with a small shop; tests that change it make a copy."""
    return str(primary.create_database("quality", SHOP))


@pytest.fixture
def suite_file(tmp_path: Path) -> Callable[..., Path]:
    """``suite_file({"public.orders": [("expect_…", {"column": "id"})]})``: a suite's file."""

    def write(tables: dict[str, list[tuple[str, dict[str, Any]]]], database: str = "shop") -> Path:
        suites = [
            {
                "name": name,
                "expectations": [{"type": type_, "kwargs": kwargs} for type_, kwargs in expectations],
            }
            for name, expectations in tables.items()
        ]
        path = tmp_path / "include" / "expectations" / f"{database}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"database": database, "suites": suites}))
        return path

    return write
