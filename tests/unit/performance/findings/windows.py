"""Windows made by hand: a healthy night, and rows that differ from it in what a test names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from dataops.performance.columns import COLUMNS, Column
from dataops.performance.logs.columns import TOTALS
from dataops.performance.window import Quality, Section, SectionName, Window

UNTIL = datetime(2026, 11, 24, 6, tzinfo=UTC)
DAY = timedelta(days=1)
Rows = Mapping[SectionName, list[dict[str, Any]]]

HEALTHY: Rows = {
    SectionName.DATABASE: [
        {
            "dbname": "shop",
            "commits": 100_000,
            "rollbacks": 10,
            "blocks_hit": 10_000_000,
            "blocks_read": 1_000,
            "xid_age": 1_000_000,
            "multixact_age": 10,
            "statement_evictions": 0,
            "server_connections_peak": 10,
            "connections_peak": 10,
            "connection_limit": -1,
            "deadlocks": 0,
            "checksum_failures": 0,
        }
    ],
    SectionName.CHECKPOINTS: [
        {
            "timed": 288,
            "requested": 1,
            "buffers_checkpoint": 100_000,
            "buffers_clean": 10,
            "buffers_backend": 10,
            "maxwritten_clean": 0,
            "buffers_backend_fsync": 0,
        }
    ],
    SectionName.WAL: [{"bytes": 10**9}],
    SectionName.ARCHIVER: [{"enabled": True, "archived": 60, "failed": 0}],
    SectionName.SETTINGS: [
        {"name": "max_connections", "scope": "", "value": "100"},
        {"name": "work_mem", "scope": "", "value": "4096", "unit": "kB"},
        {"name": "max_wal_size", "scope": "", "value": "1024", "unit": "MB"},
        {"name": "checkpoint_timeout", "scope": "", "value": "300", "unit": "s"},
        {"name": "autovacuum_freeze_max_age", "scope": "", "value": "200000000"},
        {"name": "autovacuum", "scope": "", "value": "on"},
        {"name": "fsync", "scope": "", "value": "on"},
    ],
    SectionName.TABLES: [
        {
            "oid": 1,
            "schema": "public",
            "name": "orders",
            "kind": "table",
            "dropped": False,
            "options": [],
            "live_rows": 1_000_000,
            "dead_rows": 100,
            "planner_rows": 1_000_000,
            "heap_bytes": 100_000_000,
            "estimated_heap_bytes": 95_000_000,
            "total_bytes": 150_000_000,
            "rows_changed_since_analyze": 10,
            "rows_updated": 0,
            "rows_hot_updated": 0,
            "rows_inserted": 1_000,
            "rows_deleted": 0,
            "seq_scans": 0,
            "seq_rows_read": 0,
            "heap_blocks_hit": 1_000_000,
            "heap_blocks_read": 0,
            "xid_age": 1_000,
            "vacuums": 0,
            "autovacuums": 1,
        }
    ],
    SectionName.INDEXES: [
        {
            "oid": 11,
            "schema": "public",
            "name": "orders_pkey",
            "table": 1,
            "table_name": "orders",
            "method": "btree",
            "columns": ["id"],
            "unique": True,
            "constraint": "orders_pkey",
            "valid": True,
            "dropped": False,
            "created": False,
            "scans": 5,
            "lifetime_scans": 50,
            "bytes": 20_000_000,
            "estimated_bytes": 19_000_000,
            "definition": "CREATE UNIQUE INDEX orders_pkey ON public.orders (id)",
        }
    ],
    SectionName.CONSTRAINTS: [
        {
            "oid": 21,
            "schema": "public",
            "table": 1,
            "table_name": "orders",
            "name": "orders_pkey",
            "kind": "primary key",
            "columns": ["id"],
            "validated": True,
        }
    ],
    SectionName.STATEMENTS: [
        {
            "statement": "s1",
            "toplevel": True,
            "text": "SELECT * FROM orders WHERE id = $1",
            "command": "SELECT",
            "calls": 10_000,
            "rows": 10_000,
            "exec_seconds": 10.0,
            "shared_blocks_hit": 40_000,
            "shared_blocks_read": 0,
            "temp_blocks_read": 0,
            "temp_blocks_written": 0,
            "mean_seconds": 0.001,
            "stddev_seconds": 0.0005,
            "jit_seconds": 0.0,
            "complete": True,
            "users": ["app"],
            "queryids": [1],
        }
    ],
}


def window(
    changes: Mapping[SectionName, list[dict[str, Any]]] | None = None,
    *,
    missing: Mapping[SectionName, str] | None = None,
    until: datetime = UNTIL,
    length: timedelta = DAY,
    **fields: Any,
) -> Window:
    """A healthy night; ``changes`` replaces whole sections, ``missing`` makes sections not measurable."""
    rows = {name: [] for name in SectionName} | dict(HEALTHY) | dict(changes or {})
    sections = {name: section(name, rows[name]) for name in SectionName}
    for name, reason in (missing or {}).items():
        sections[name] = Section(quality=Quality(covered=0.0, missing=reason))
    settled: dict[str, Any] = {"server_version": 150_014, "samples": 144, **fields}
    return Window(
        server="main",
        database="shop",
        dbname="shop",
        since=until - length,
        until=until,
        sections=sections,
        **settled,
    )


def section(name: SectionName, rows: list[dict[str, Any]]) -> Section:
    """A section of these rows; columns that they leave out are null, that is not measurable."""
    if name is SectionName.LOGS:
        return Section(pl.DataFrame(rows, schema=dict(TOTALS)))
    columns = COLUMNS[name]
    return Section(_frame(columns.totals, rows), pl.DataFrame(schema=columns.series_schema))


def _frame(columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> pl.DataFrame:
    known = {column.name for column in columns}
    unknown = {key for row in rows for key in row} - known
    assert not unknown, f"no such columns: {unknown}"
    return pl.DataFrame(
        [{column.name: row.get(column.name) for column in columns} for row in rows],
        schema={column.name: column.type for column in columns},
    )


def healthy(name: SectionName, /, **changes: Any) -> dict[str, Any]:
    """The first healthy row of a section, with changes."""
    return {**HEALTHY[name][0], **changes}
