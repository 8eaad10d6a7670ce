"""Days to report of, made up: a quiet one, with what a test changes, and one as large as is promised."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
from dataops.performance.columns import COLUMNS
from dataops.performance.logs import columns as logs
from dataops.performance.window import Quality, Section, SectionName, Window

SINCE = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
INTERVAL = 600.0
INTERVALS = 144

ALL_OF_IT = Quality()

Row = Mapping[str, Any]


def section(
    name: SectionName,
    totals: Sequence[Row] = (),
    series: Sequence[Row] = (),
    quality: Quality = ALL_OF_IT,
) -> Section:
    """A section with these rows; every column that a row leaves out is null."""
    if name is SectionName.LOGS:
        schemas = (pl.Schema(logs.TOTALS), pl.Schema(logs.SERIES))
    else:
        schemas = (COLUMNS[name].totals_schema, COLUMNS[name].series_schema)
    return Section(
        totals=pl.DataFrame([_whole(row, schemas[0]) for row in totals], schema=schemas[0]),
        series=pl.DataFrame([_whole(row, schemas[1]) for row in series], schema=schemas[1]),
        quality=quality,
    )


def _whole(row: Row, schema: pl.Schema) -> dict[str, Any]:
    unknown = set(row) - set(schema)
    assert not unknown, f"no such columns: {unknown}"
    return {name: row.get(name) for name in schema}


def ends(intervals: int = INTERVALS, seconds: float = INTERVAL) -> list[datetime]:
    """The ends of equal intervals."""
    return [SINCE + timedelta(seconds=seconds * (index + 1)) for index in range(intervals)]


def wave(index: int, *, peak: float = 14.0) -> float:
    """Busy by day, quiet by night: 0.15 to 1."""
    hour = (22 + index / 6) % 24
    return 0.15 + 0.85 * math.exp(-(((hour - peak) / 4.2) ** 2))


def quiet_day(**changed: Section) -> Window:
    """A day on which all is well; sections by name replace those of the day."""
    sections = _quiet() | {SectionName(name): replacement for name, replacement in changed.items()}
    return Window(
        server="main",
        database="shop",
        dbname="shop",
        since=SINCE,
        until=ends()[-1],
        server_version=150014,
        samples=INTERVALS + 1,
        sections=sections,
    )


@cache
def _quiet() -> dict[SectionName, Section]:
    return {
        SectionName.STATEMENTS: _statements(12),
        SectionName.TABLES: _tables(8),
        SectionName.INDEXES: _indexes(10),
        SectionName.CONSTRAINTS: section(
            SectionName.CONSTRAINTS,
            [
                {"oid": 900 + i, "name": f"fk_{i}", "kind": "foreign key", "indexed": True, "validated": True}
                for i in range(3)
            ],
        ),
        SectionName.SEQUENCES: section(
            SectionName.SEQUENCES, [{"oid": 70, "name": "orders_id_seq", "used": 0.021, "readable": True}]
        ),
        SectionName.DATABASE: _database(),
        SectionName.CHECKPOINTS: section(
            SectionName.CHECKPOINTS,
            [{"timed": 288, "requested": 2, "buffers_checkpoint": 900_000}],
            [
                {
                    "at": at,
                    "seconds": INTERVAL,
                    "timed": 2,
                    "requested": int(index in {70, 71}),
                    "buffers_checkpoint": int(9000 * wave(index)),
                    "buffers_clean": int(900 * wave(index)),
                    "buffers_backend": int(300 * wave(index)),
                }
                for index, at in enumerate(ends())
            ],
        ),
        SectionName.WAL: section(
            SectionName.WAL,
            [{"bytes": 38_000_000_000}],
            [
                {"at": at, "seconds": INTERVAL, "bytes": int(4e8 * wave(index))}
                for index, at in enumerate(ends())
            ],
        ),
        SectionName.ARCHIVER: section(
            SectionName.ARCHIVER,
            [{"enabled": True, "archived": 2400, "failed": 0}],
            [
                {"at": at, "seconds": INTERVAL, "waiting_files": int(3 * wave(index))}
                for index, at in enumerate(ends())
            ],
        ),
        SectionName.REPLICATION: section(
            SectionName.REPLICATION,
            [
                {
                    "standby": "standby1",
                    "address": "10.0.0.2",
                    "present": True,
                    "seen": 1.0,
                    "replay_lag_bytes_peak": 3_400_000,
                }
            ],
            [
                {
                    "at": at,
                    "seconds": INTERVAL,
                    "standby": "standby1",
                    "address": "10.0.0.2",
                    "replay_lag_bytes": int(3.4e6 * wave(index)),
                }
                for index, at in enumerate(ends())
            ],
        ),
        SectionName.SLOTS: section(SectionName.SLOTS),
        SectionName.SLRU: section(SectionName.SLRU),
        SectionName.SESSIONS: _sessions(),
        SectionName.BLOCKING: section(SectionName.BLOCKING),
        SectionName.SETTINGS: section(
            SectionName.SETTINGS,
            [
                {"name": name, "scope": "", "value": value}
                for name, value in (
                    ("max_connections", "100"),
                    ("superuser_reserved_connections", "3"),
                    ("block_size", "8192"),
                    ("autovacuum_freeze_max_age", "200000000"),
                )
            ],
        ),
        SectionName.COLLATIONS: section(SectionName.COLLATIONS),
        SectionName.SIZES: section(
            SectionName.SIZES,
            [
                {"kind": "database", "name": "shop", "bytes": 52_000_000_000, "bytes_change": 400_000_000},
                {"kind": "disk", "name": "data", "bytes": 1.2e11, "free_bytes": 90_000_000_000},
            ],
        ),
        SectionName.LOGS: section(
            SectionName.LOGS,
            series=[
                {"kind": "error", "at": at, "seconds": INTERVAL, "count": index % 3}
                for index, at in enumerate(ends())
            ],
        ),
    }


def unmeasurable(name: SectionName, why: str) -> Section:
    """A section that could not be measured."""
    return section(name, quality=Quality(covered=0.0, missing=why))


def large_day(statements: int = 5000, tables: int = 1000) -> Window:
    """As large as is promised: every statement and table has a row in each of 144 intervals."""
    return quiet_day(statements=_many_statements(statements), tables=_many_tables(tables))


def _statements(count: int) -> Section:
    texts = [
        f"SELECT o.id, o.total, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE "
        f"o.status = $1 AND o.placed_at > $2 ORDER BY o.placed_at DESC LIMIT $3 -- {index}"
        if index % 2
        else f"UPDATE stock SET amount = amount - $1 WHERE product_id = $2 AND shelf = ${index + 3}"
        for index in range(count)
    ]
    seconds = [3600.0 / (index + 1) for index in range(count)]
    return section(
        SectionName.STATEMENTS,
        [
            {
                "statement": f"{index:016x}",
                "toplevel": True,
                "text": texts[index],
                "calls": 20_000 // (index + 1),
                "rows": 100_000,
                "exec_seconds": seconds[index],
                "mean_seconds": seconds[index] / (20_000 // (index + 1)),
                "shared_blocks_read": 5_000,
                "temp_blocks_written": 0,
                "wal_bytes": 3_000_000,
            }
            for index in range(count)
        ],
        [
            {
                "at": at,
                "seconds": INTERVAL,
                "statement": f"{index:016x}",
                "toplevel": True,
                "exec_seconds": seconds[index] / 60 * wave(step, peak=9 + index % 9),
            }
            for index in range(count)
            for step, at in enumerate(ends())
        ],
    )


def _tables(count: int) -> Section:
    return section(
        SectionName.TABLES,
        [
            {
                "oid": 16384 + index,
                "schema": "public",
                "name": f"orders_{index}",
                "total_bytes": 20_000_000_000 // (index + 1),
                "total_bytes_change": 90_000_000,
                "live_rows": 40_000_000,
                "dead_rows": 120_000,
                "rows_inserted": 500_000,
                "rows_updated": 80_000,
                "rows_deleted": 100,
                "seq_scans": 3,
                "index_scans": 900_000,
                "last_autovacuum": SINCE + timedelta(hours=5),
                "last_autoanalyze": SINCE + timedelta(hours=5),
                "dropped": False,
            }
            for index in range(count)
        ],
        [
            {"at": at, "seconds": INTERVAL, "oid": 16384 + index, "rows_inserted": 3000}
            for index in range(count)
            for at in ends()[24:60]
        ],
    )


def _indexes(count: int) -> Section:
    return section(
        SectionName.INDEXES,
        [
            {
                "oid": 20000 + index,
                "schema": "public",
                "name": f"orders_{index}_idx",
                "table_name": f"orders_{index}",
                "bytes": 2_000_000_000 // (index + 1),
                "bytes_change": 1_000_000,
                "scans": 1000,
                "lifetime_scans": 1_000_000,
                "dropped": False,
            }
            for index in range(count)
        ],
    )


def _database() -> Section:
    growths = [
        {
            "at": at,
            "seconds": INTERVAL,
            "dbname": "shop",
            "commits": int(60_000 * wave(index)),
            "rollbacks": int(120 * wave(index)),
            "blocks_hit": int(9e6 * wave(index)),
            "blocks_read": int(6e4 * wave(index)),
            "rows_inserted": int(90_000 * wave(index)),
            "rows_updated": int(40_000 * wave(index)),
            "rows_deleted": int(9_000 * wave(index)),
            "temp_bytes": int(2e7 * wave(index)),
        }
        for index, at in enumerate(ends())
    ]
    totals = {
        name: sum(growth[name] for growth in growths)
        for name in ("commits", "rollbacks", "blocks_hit", "blocks_read", "temp_bytes")
    }
    row = {
        "dbname": "shop",
        **totals,
        "deadlocks": 0,
        "checksum_failures": 0,
        "server_connections_peak": 41,
        "xid_age": 61_000_000,
    }
    return section(SectionName.DATABASE, [row], growths)


def _sessions() -> Section:
    return section(
        SectionName.SESSIONS,
        series=[
            {
                "at": at,
                "seconds": INTERVAL,
                "dbname": "shop",
                "state": state,
                "wait_type": wait,
                "sessions": round(most * wave(index)),
            }
            for index, at in enumerate(ends())
            for state, wait, most in (
                ("active", "", 6),
                ("active", "IO", 3),
                ("active", "Lock", 1),
                ("idle", "Client", 28),
                ("idle in transaction", "Client", 3),
            )
        ],
    )


def _many_statements(count: int) -> Section:
    """Made column by column: 720,000 rows as dicts would take longer than what is measured."""
    schema = COLUMNS[SectionName.STATEMENTS]
    numbers = pl.DataFrame({"n": range(count)})
    keyed = numbers.with_columns(
        statement=pl.format("{}", pl.col("n").cast(pl.String).str.pad_start(16, "0")),
        toplevel=pl.lit(value=True),
    )
    steps = pl.DataFrame({
        "at": pl.Series(ends(), dtype=pl.Datetime("us", "UTC")),
        "wave": [wave(index) for index in range(INTERVALS)],
    }).with_columns(seconds=pl.lit(INTERVAL))
    crossed = keyed.join(steps, how="cross").with_columns(
        exec_seconds=pl.col("wave") * 40.0 / (pl.col("n") + 1),
        calls=(pl.col("wave") * 900 / (pl.col("n") + 1)).cast(pl.Int64) + 1,
        rows=pl.lit(10, pl.Int64),
    )
    totals = (
        crossed
        .group_by("n", "statement", "toplevel")
        .agg(pl.col("exec_seconds", "calls", "rows").sum())
        .sort("n")
        .with_columns(
            text=pl.format(
                "SELECT a.*, b.name, c.total FROM orders_{} AS a JOIN customers AS b ON b.id = a.customer_id "
                "LEFT JOIN (SELECT order_id, sum(amount) AS total FROM lines GROUP BY order_id) AS c ON "
                "c.order_id = a.id WHERE a.status = $1 AND a.placed_at > $2 ORDER BY a.placed_at",
                pl.col("n"),
            ),
            mean_seconds=pl.col("exec_seconds") / pl.col("calls"),
            shared_blocks_read=pl.lit(1000, pl.Int64),
            temp_blocks_written=pl.lit(0, pl.Int64),
            wal_bytes=pl.lit(1_000_000, pl.Int64),
        )
    )
    return Section(totals=_fit(totals, schema.totals_schema), series=_fit(crossed, schema.series_schema))


def _many_tables(count: int) -> Section:
    schema = COLUMNS[SectionName.TABLES]
    numbers = pl.DataFrame({"n": range(count)})
    totals = numbers.with_columns(
        oid=pl.col("n").cast(pl.Int64) + 16384,
        schema=pl.lit("public"),
        name=pl.format("orders_{}", pl.col("n")),
        total_bytes=(1e11 / (pl.col("n") + 1)).cast(pl.Int64),
        total_bytes_change=pl.lit(1_000_000, pl.Int64),
        live_rows=pl.lit(4_000_000, pl.Int64),
        rows_inserted=pl.lit(14_400, pl.Int64),
        dropped=pl.lit(value=False),
    )
    steps = pl.DataFrame({"at": pl.Series(ends(), dtype=pl.Datetime("us", "UTC"))})
    series = totals.select("oid").join(steps, how="cross")
    series = series.with_columns(seconds=pl.lit(INTERVAL), rows_inserted=pl.lit(100, pl.Int64))
    return Section(totals=_fit(totals, schema.totals_schema), series=_fit(series, schema.series_schema))


def _fit(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
