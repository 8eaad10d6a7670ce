"""Foreign keys by anti-join: no row points to a row that is not there."""

from __future__ import annotations

from collections.abc import Iterable

from dataops.drill.checks.looking import Look
from dataops.drill.checks.parts import of_part
from dataops.drill.checks.registry import Item, check_of_rows
from dataops.postgres import sql

SEQUENTIAL = {"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"}


def foreign_keys(look: Look) -> list[Item]:
    """Every foreign key of a table; for rows older than a NOT VALID one nothing was ever claimed."""
    return [
        Item(
            name=f"{name} on {table}",
            table=table,
            size=size,
            about=(other, join, filled, partly),
            declared="" if valid else "NOT VALID: the server never claimed it for older rows",
        )
        for name, table, other, join, filled, partly, valid, size in look.query(
            sql(__package__, "foreign_keys")
        )
    ]


@check_of_rows("foreign keys", items=foreign_keys, expected="no orphaned rows", divisible=True)
def orphans(look: Look, item: Item) -> Iterable[str]:
    """Rows without a partner, found without any index: an index that lies would hide them."""
    other, join, filled, partly = item.about
    broken = f"({filled} AND NOT EXISTS (SELECT FROM {other} AS there WHERE {join}))"
    if partly:  # MATCH FULL: all columns are null or none is
        broken = f"({broken} OR {partly})"
    statement = f"SELECT count(*) FROM {item.table} AS here WHERE {broken} {of_part(item, 'here')}"
    with look.cursor(SEQUENTIAL) as cursor:
        cursor.execute(statement)
        count = cursor.fetchone()[0]
    if count:
        yield f"{item.name}: {count} rows point to rows of {other} that are not there"
