"""Which indexes may be dropped: duplicates and unused ones, and never one that keeps a rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from dataops.performance.advising import drop_advice, duplicate_indexes, relations_of, unused_indexes
from dataops.performance.columns import COLUMNS
from dataops.performance.window import Quality, Section, SectionName, Window

UNTIL = datetime(2026, 11, 28, 2, tzinfo=UTC)


def index(name: str, **given: Any) -> dict[str, Any]:
    usual: dict[str, Any] = dict.fromkeys(COLUMNS[SectionName.INDEXES].totals_schema)
    return {
        **usual,
        "oid": sum(name.encode()),
        "schema": "public",
        "name": name,
        "table": 1,
        "table_name": "orders",
        "method": "btree",
        "columns": ["customer_id"],
        "included": [],
        "opclasses": ["pg_catalog.int8_ops"],
        "collations": [""],
        "orderings": ["asc nulls last"],
        "valid": True,
        "unique": False,
        "dropped": False,
        "created": False,
        "clustered": False,
        "definition": f"CREATE INDEX {name} ON public.orders USING btree (customer_id)",
        "scans": 0,
        "lifetime_scans": 0,
        "statistics_since": UNTIL - timedelta(days=30),
        "bytes": 50 << 20,
        **given,
    }


def window(*indexes: dict[str, Any], missing: str = "") -> Window:
    frame = pl.DataFrame(list(indexes), schema=COLUMNS[SectionName.INDEXES].totals_schema)
    table = dict.fromkeys(COLUMNS[SectionName.TABLES].totals_schema) | {
        "oid": 1,
        "schema": "public",
        "name": "orders",
        "dropped": False,
        "planner_rows": 1_000_000,
        "rows_inserted": 500,
        "rows_updated": 500,
        "heap_bytes": 100 << 20,
    }
    tables = pl.DataFrame([table], schema=COLUMNS[SectionName.TABLES].totals_schema)
    sections = {
        SectionName.INDEXES: Section(frame, quality=Quality(missing=missing)),
        SectionName.TABLES: Section(tables),
    }
    return Window("s", "d", "d", UNTIL - timedelta(days=1), UNTIL, 150018, 144, sections)


def test_of_two_equal_indexes_the_used_one_stays() -> None:
    found = duplicate_indexes(window(index("a"), index("b", lifetime_scans=9)))
    assert [(each.index["name"], each.kept and each.kept["name"]) for each in found] == [("a", "b")]


def test_a_constraint_stays_and_its_twin_goes() -> None:
    key = index("pkey", unique=True, constraint="pkey", constraint_kind="primary key")
    assert [each.index["name"] for each in duplicate_indexes(window(index("a", lifetime_scans=9), key))] == [
        "a"
    ]
    assert duplicate_indexes(window(key, index("b", unique=True))) == ()


@pytest.mark.parametrize(
    "unlike",
    [
        {"columns": ["state"]},
        {"opclasses": ["pg_catalog.int8_bloom_ops"]},
        {"collations": ["pg_catalog.C"]},
        {"orderings": ["desc nulls first"]},
        {"predicate": "(state = 'new'::text)"},
        {"included": ["state"]},
        {"method": "hash"},
        {"table": 2},
        {"valid": False},
        {"dropped": True},
    ],
)
def test_unlike_indexes_are_no_duplicates(unlike: dict[str, Any]) -> None:
    assert duplicate_indexes(window(index("a"), index("b", **unlike))) == ()


def test_an_unused_index_is_named_with_its_undo() -> None:
    (found,) = unused_indexes(window(index("a")))
    advice = drop_advice(found)
    assert advice.sql == "DROP INDEX CONCURRENTLY public.a;"
    assert advice.undo == "CREATE INDEX CONCURRENTLY a ON public.orders USING btree (customer_id);"
    assert "30 days" in advice.sentence


@pytest.mark.parametrize(
    "needed",
    [
        {"lifetime_scans": 1},
        {"standby_scans": 1},
        {"constraint": "a", "constraint_kind": "primary key"},
        {"unique": True},
        {"referenced": True},
        {"replica_identity": True},
        {"parent": 7},
        {"clustered": True},
        {"created": True},
        {"bytes": 8192},
        {"lifetime_scans": None},
        {"statistics_since": None},
        {"statistics_since": UNTIL - timedelta(days=2)},
    ],
)
def test_what_may_be_needed_is_not_called_unused(needed: dict[str, Any]) -> None:
    assert unused_indexes(window(index("a", **needed))) == ()


def test_what_could_not_be_measured_is_not_advised() -> None:
    blind = window(index("a"), index("b"), missing="The role may not read it.")
    assert duplicate_indexes(blind) == unused_indexes(blind) == ()


def test_a_window_tells_relations() -> None:
    (orders,) = relations_of(window(index("a"))).all
    assert (orders.schema, orders.name, orders.rows, orders.written_rows) == ("public", "orders", 1e6, 1000)
    assert [each.keys for each in orders.indexes] == [("customer_id",)]
    assert orders.columns is None
