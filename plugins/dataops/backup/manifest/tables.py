"""The tables whose rows a dump carries, and how the rows of each are hashed."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def content_statements(
    cursor: Cursor, tables: tuple[Table, ...], major: int, beside: Mapping[str, str] | None = None
) -> dict[str, str]:
    """For each table that has rows, the statement that counts and hashes them.

    ``beside``: from a table's identity to one more aggregate that the same reading is to answer.
    """
    cursor.execute(sql(__package__, "row_expression"), {"relations": [table.relid for table in tables]})
    columns = {relid: _Columns(*rest) for relid, *rest in cursor.fetchall()}
    frame = sql(__package__, "content" if major >= 14 else "content_by_text")
    return {
        table.identity: _filled(
            frame, table, columns.get(table.relid, _NO_COLUMNS), (beside or {}).get(table.identity)
        )
        for table in tables
        if table.has_rows
    }


def _filled(frame: str, table: Table, columns: _Columns, beside: str | None) -> str:
    """The frame with its blanks filled in one pass: a column may be named like a blank."""
    blanks = {
        "row": columns.row_hash,
        "expression": columns.all,
        "table": table.identity,
        "condition": table.condition,
        "beside": f", {beside}" if beside else "",
    }
    return re.sub(r"\{(\w+)\}", lambda blank: blanks[blank[1]], frame)


class _Columns(NamedTuple):
    """SQL over a table's columns: all of them, those outside of the chain of hashes, and the chain twice.

    ``filled_chain`` is null for a row with a null where there hardly ever is one, else equal to ``chain``.
    """

    all: str
    unlinked: str
    chain: str | None
    filled_chain: str | None

    @property
    def row_hash(self) -> str:
        """One row's hash. The record's is hashed once more, seeded by the chain.

        It is a polynomial over its columns, and a sum of polynomials over all rows does not see two
        rows swap their values in one column. int8send keeps all 64 bits.
        """
        chain = self.chain
        if self.filled_chain != self.chain:
            chain = f"coalesce({self.filled_chain}, {self.chain})"
        if chain and not self.unlinked:
            return chain
        record = f"int8send(hash_record_extended(ROW({self.unlinked}), 0))"
        return f"hash_record_extended(ROW({record}), {chain or 0})"


_NO_COLUMNS = _Columns("", "", None, None)


def algorithm(major: int) -> str:
    """Name and version of the content hash: hashes of two manifests compare only where this is equal."""
    return f"dataops-rows-{'chain' if major >= 14 else 'text'}/2 on PostgreSQL {major}"
