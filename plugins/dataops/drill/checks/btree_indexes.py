"""Every btree index against its table: nothing missing, nothing out of order, no broken link.

By amcheck; large plain ones by the exact and faster ``index_proof``, and by amcheck where that does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.drill.checks.chunks import SMALL, Relation, chunks, each_of
from dataops.drill.checks.index_proof import NOT_TRIED, proofs
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
    """Proven, or by bt_index_parent_check with heapallindexed (PostgreSQL documentation, amcheck)."""
    proof = proofs(look).get(item.about[0].oid) if len(item.about) == 1 else None
    outcome = proof.outcome(look) if proof else NOT_TRIED
    if outcome.holds:
        return ()
    faults = [*each_of(look, item, _checked)]
    return faults or ([outcome.refuted] if outcome.refuted else [])


def _checked(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
    descend = all(each.size <= SMALL for each in relations)
    unique = ", checkunique => true" if look.server.major >= 17 else ""
    look.query(
        f"SELECT {look.helper('amcheck')}.bt_index_parent_check(oid::regclass, heapallindexed => true, "
        f"rootdescend => %s{unique}) FROM unnest(%s::oid[]) AS oid",
        (descend, [each.oid for each in relations]),
    )
    return ()
