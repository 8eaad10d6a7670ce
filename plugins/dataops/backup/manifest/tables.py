"""The tables whose rows a dump carries, and how the rows of each are hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dataops.backup.manifest.errors import MissingRights
from dataops.postgres import sql

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


class Table(NamedTuple):
    """One table that must hold still while a dump runs; ``bytes`` is the planner's estimate."""

    identity: str
    relid: int
    has_rows: bool
    unlogged: bool
    condition: str
    bytes: int


def dumped_tables(cursor: Cursor) -> tuple[Table, ...]:
    """All of them, sorted by name; ``MissingRights`` names those that the role may not read."""
    cursor.execute(sql(__package__, "dumped_tables"))
    found = cursor.fetchall()
    hidden = [row[0] for row in found if not row[-1]]
    if hidden:
        raise MissingRights(
            f"The role may not read {len(hidden)} tables, {hidden[0]} among them: grant it pg_read_all_data "
            "(docs/roles.md)."
        )
    return tuple(Table(*row[:-1]) for row in found)


def content_statements(cursor: Cursor, tables: tuple[Table, ...], major: int) -> dict[str, str]:
    """For each table that has rows, the statement that counts and hashes them."""
    cursor.execute(sql(__package__, "row_expression"), {"relations": [table.relid for table in tables]})
    expressions = dict(cursor.fetchall())
    frame = sql(__package__, "content" if major >= 14 else "content_by_text")
    return {
        table.identity: frame
        .replace("{expression}", expressions.get(table.relid, ""))
        .replace("{table}", table.identity)
        .replace("{condition}", table.condition)
        for table in tables
        if table.has_rows
    }


def algorithm(major: int) -> str:
    """Name and version of the content hash: hashes of two manifests compare only where this is equal."""
    return f"dataops-rows-{'record' if major >= 14 else 'text'}/1 on PostgreSQL {major}"
