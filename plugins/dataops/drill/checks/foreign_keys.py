"""Foreign keys by anti-join: no row points to a row that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dataops.drill.checks.looking import Look
from dataops.drill.checks.parts import of_part
from dataops.drill.checks.registry import Item, check_of_rows
from dataops.postgres import sql

SEQUENTIAL = {"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"}


class Demand(NamedTuple):
    """One foreign key, as SQL over its own rows (``here``) and those that it names (``there``)."""

    other: str
    """The table that it names, with ONLY where that has no partitions."""
    join: str
    filled: str
    """That no column is null: others point to nothing (MATCH SIMPLE)."""
    partly: str | None
    """Of MATCH FULL: that some columns are null and some are not, which it forbids."""
    keys: str | None
    """Of a key with a PERIOD: the columns besides it in the other table; ``join`` compares these alone."""
    period: str | None
    covered: str | None


def foreign_keys(look: Look) -> list[Item]:
    """Every foreign key of a table. Of what the server does not claim itself, nothing is demanded."""
    return [
        Item(name=f"{name} on {table}", table=table, size=size, about=Demand(*demand), declared=declared)
        for name, table, *demand, declared, size in look.query(sql(__package__, "foreign_keys"))
    ]


@check_of_rows("foreign keys", items=foreign_keys, expected="no orphaned rows", divisible=True)
def orphans(look: Look, item: Item) -> Iterable[str]:
    """Rows without a partner, found without any index: an index that lies would hide them."""
    demand: Demand = item.about
    joined, satisfied = _partners(demand)
    broken = f"({demand.filled} AND NOT {satisfied})"
    if demand.partly:
        broken = f"({broken} OR {demand.partly})"
    statement = f"SELECT count(*) FROM {item.table} AS here {joined} WHERE {broken} {of_part(item, 'here')}"
    with look.cursor(SEQUENTIAL) as cursor:
        cursor.execute(statement)
        count = cursor.fetchone()[0]
    if count:
        yield f"{item.name}: {count} rows point to rows of {demand.other} that are not there"


def _partners(demand: Demand) -> tuple[str, str]:
    """What is joined to the rows, and when a row has what it points to.

    A period is covered by all rows of its key together, which are put together once and not once a row
    (PostgreSQL documentation, CREATE TABLE, REFERENCES … PERIOD).
    """
    if demand.keys is None:
        return "", f"EXISTS (SELECT FROM {demand.other} AS there WHERE {demand.join})"
    together = (
        f"SELECT {demand.keys}, range_agg({demand.covered}) AS covered FROM {demand.other} AS there "
        f"GROUP BY {demand.keys}"
    )
    return (
        f"LEFT JOIN ({together}) AS there ON {demand.join}",
        f"coalesce({demand.period} OPERATOR(pg_catalog.<@) there.covered, false)",
    )
