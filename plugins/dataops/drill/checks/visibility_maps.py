"""Every visibility map against its table: an index-only scan believes it, and would bring back dead rows.

Where every index of a large table is proven (``index_proof``), index-only scans of it brought back what its
rows say, and there is nothing to look for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dataops.drill.checks.chunks import Relation, chunks, each_of
from dataops.drill.checks.index_proof import IndexProof, proofs_of
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql


def visibility_maps(look: Look) -> list[Item]:
    """Every table that has a map and an index; the server's shared ones in its first database.

    Those that proofs may settle come last: by then they have been carried out.
    """
    first = look.dbname == min(look.server.dbnames)
    rows = look.query(sql(__package__, "visibility_maps"), {"shared": first})
    items = chunks([Relation(*row) for row in rows], "tables")
    return [replace(item, size=0) if _proofs(look, item) else item for item in items]


@check_of_rows(
    "visibility maps",
    items=visibility_maps,
    methods=PHYSICAL,
    elsewhere="a logical restore wrote every map anew",
    expected="no dead row on a page that a map calls all-visible",
)
def visibility_map(look: Look, item: Item) -> Iterable[str]:
    """pg_check_visible (PostgreSQL documentation, pg_visibility). No session holds back its horizon here."""
    known = _proofs(look, item)
    if known and all(proof.outcome(look).holds for proof in known):
        return ()
    return each_of(look, item, _checked)


def _proofs(look: Look, item: Item) -> list[IndexProof]:
    """Those of a large table, in the mode that looks at everything anyway."""
    alone = len(item.about) == 1 and look.server.settings.mode == "full"
    return proofs_of(look, item.about[0].oid) if alone else []


def _checked(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
    oids = [each.oid for each in relations]
    # The server takes a map's page of a wrong checksum for an empty one, and keeps that: strictly first.
    look.query(
        f"SELECT {look.helper('pg_prewarm')}.pg_prewarm(oid::regclass, 'buffer', 'vm') "
        "FROM unnest(%s::oid[]) AS oid",
        (oids,),
    )
    found = look.query(
        "SELECT oid::regclass::text, count(*), min(row.t_ctid)::text FROM unnest(%s::oid[]) AS oid, "
        f"LATERAL {look.helper('pg_visibility')}.pg_check_visible(oid::regclass) AS row (t_ctid) "
        "GROUP BY 1 ORDER BY 1",
        (oids,),
    )
    return [
        f"{name}: {count} rows on pages that its map calls all-visible are not, the first at {first}"
        for name, count, first in found
    ]
