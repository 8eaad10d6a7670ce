"""The settings of the watched server by which statements are planned, for the scratch server."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from dataops.performance.window import SectionName, Window

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

NAMES = frozenset({
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "cpu_tuple_cost",
    "cursor_tuple_fraction",
    "effective_cache_size",
    "effective_io_concurrency",
    "from_collapse_limit",
    "geqo",
    "geqo_threshold",
    "hash_mem_multiplier",
    "jit",
    "jit_above_cost",
    "jit_inline_above_cost",
    "jit_optimize_above_cost",
    "join_collapse_limit",
    "max_parallel_workers_per_gather",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "parallel_leader_participation",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "random_page_cost",
    "seq_page_cost",
    "work_mem",
})
"""Source: PostgreSQL documentation, Query Planning, and Resource Consumption."""


def planner_settings(window: Window) -> dict[str, str]:
    """The server's values at the window's end, and the database's own where it overrides them.

    Those are in the setting's base unit. Empty where settings were not measured.
    """
    section = window.section(SectionName.SETTINGS)
    if not section.quality.measurable or section.totals.is_empty():
        return {}
    rows = [row for row in section.totals.iter_rows(named=True) if _decides(row["name"])]
    found = {row["name"]: row["value"] for row in rows if not row["scope"] and row["value"]}
    return found | {row["name"]: row["value"] for row in rows if row["scope"] == "database" and row["value"]}


def _decides(name: str) -> bool:
    return name in NAMES or name.startswith("enable_")


def apply(session: PsycopgConnection, settings: Mapping[str, str]) -> None:
    """Set them for the session; one that this server does not know or take is left as it is."""
    import psycopg2

    with session.cursor() as cursor:
        for name, value in settings.items():
            with suppress(psycopg2.Error):
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
