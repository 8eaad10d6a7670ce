"""The tables that a statement names, read from a server: with columns, statistics and indexes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dataops.performance.advising.parsing import nodes, parse, walk
from dataops.performance.advising.relations import Column, Index, Relation, Relations
from dataops.postgres import explained, sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection


def read_relations(session: PsycopgConnection, text: str) -> Relations:
    """The tables that a statement may mean, on the session's search path.

    Columns without statistics, or whose statistics the role may not read, have no estimates. Raises
    ``Unparsable`` for a text that the parser does not understand.
    """
    ast = nodes()
    names = sorted({node.relname for node in walk(parse(text)) if isinstance(node, ast.RangeVar)})
    with explained("reading the tables of a statement"), session.cursor() as cursor:
        cursor.execute("SELECT current_schemas(false)::text[]")
        (search_path,) = cursor.fetchone() or ([],)
        cursor.execute(sql(__package__, "relations_named"), {"names": names})
        columns = [column.name for column in cursor.description or ()]
        found = [_relation(dict(zip(columns, row, strict=True))) for row in cursor]
    return Relations(tuple(found), tuple(search_path))


def _relation(row: Mapping[str, Any]) -> Relation:
    rows = row["rows"]
    known = [_column(each, rows) for each in row["columns"] or ()]
    return Relation(
        oid=row["oid"],
        schema=row["schema"],
        name=row["name"],
        rows=rows,
        bytes=row["bytes"] if not row["partitioned"] else None,
        columns={each.name: each for each in known},
        indexes=tuple(_index(each) for each in row["indexes"]),
        partitioned=row["partitioned"],
    )


def _column(told: Mapping[str, Any], rows: float | None) -> Column:
    """``n_distinct`` is negative where the planner believes that it grows with the table (pg_stats)."""
    distinct = told["distinct"]
    if distinct is not None and distinct < 0:
        distinct = -distinct * rows if rows is not None else None
    return Column(told["name"], told["type"], distinct or None, told["null_share"], told["width"])


def _index(told: Mapping[str, Any]) -> Index:
    return Index(**{**told, "keys": tuple(told["keys"]), "included": tuple(told["included"])})
