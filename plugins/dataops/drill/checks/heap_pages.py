"""Every table's pages and TOAST, by amcheck: line pointers, row headers and chunks make sense."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.drill.checks.chunks import SMALL, Relation, chunks, each_of
from dataops.drill.checks.finding import Inability
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql


def heaps(look: Look) -> list[Item]:
    """Every table with pages, catalogs and TOAST included."""
    if look.server.major < 14:
        raise Inability("PostgreSQL 13 cannot check the structure of a table: amcheck learned it with 14")
    first = look.dbname == min(look.server.dbnames)
    rows = look.query(sql(__package__, "heaps"), {"shared": first})
    return chunks([Relation(*row) for row in rows], "tables")


@check_of_rows(
    "heap pages",
    items=heaps,
    methods=PHYSICAL,
    elsewhere="a logical restore wrote every row anew",
    expected="every row well formed",
)
def heap(look: Look, item: Item) -> Iterable[str]:
    """verify_heapam (PostgreSQL documentation, amcheck): also rows of transactions that never were."""
    return each_of(look, item, _verified)


def _verified(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
    toast = all(each.size <= SMALL for each in relations)  # of large tables the content hash reads it
    found = look.query(
        "SELECT oid::regclass::text, count(*), min(v.blkno), min(v.msg) FROM unnest(%s::oid[]) AS oid, "
        f"LATERAL {look.helper('amcheck')}.verify_heapam(oid::regclass, check_toast => %s) AS v GROUP BY 1",
        ([each.oid for each in relations], toast),
    )
    return [
        f"{name}: {count} faults, the first in block {block}: {said}" for name, count, block, said in found
    ]
