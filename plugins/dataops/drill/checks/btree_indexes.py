"""Every btree index against its table, by amcheck: nothing missing, nothing out of order, no broken link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.drill.checks.chunks import SMALL, Relation, chunks, each_of
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql


def btree_indexes(look: Look) -> list[Item]:
    """All of them, those of the catalogs and of TOAST too; the server's shared ones in its first database."""
    first = look.dbname == min(look.server.dbnames)
    rows = look.query(sql(__package__, "btree_indexes"), {"shared": first})
    return chunks([Relation(*row) for row in rows], "indexes")


@check_of_rows(
    "btree indexes",
    items=btree_indexes,
    methods=PHYSICAL,
    elsewhere="a logical restore built every index minutes ago, from the rows that the other checks read",
    expected="every row in every index, in order",
)
def btree_index(look: Look, item: Item) -> Iterable[str]:
    """bt_index_parent_check with heapallindexed (PostgreSQL documentation, amcheck)."""
    return each_of(look, item, _checked)


def _checked(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
    descend = all(each.size <= SMALL for each in relations)
    unique = ", checkunique => true" if look.server.major >= 17 else ""
    look.query(
        f"SELECT {look.helper('amcheck')}.bt_index_parent_check(oid::regclass, heapallindexed => true, "
        f"rootdescend => %s{unique}) FROM unnest(%s::oid[]) AS oid",
        (descend, [each.oid for each in relations]),
    )
    return ()
