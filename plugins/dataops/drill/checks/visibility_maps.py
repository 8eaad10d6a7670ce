"""Every visibility map against its table: an index-only scan believes it, and would bring back dead rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.drill.checks.chunks import Relation, chunks, each_of
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql


def visibility_maps(look: Look) -> list[Item]:
    """Every table that has a map and an index; the server's shared ones in its first database."""
    first = look.dbname == min(look.server.dbnames)
    rows = look.query(sql(__package__, "visibility_maps"), {"shared": first})
    return chunks([Relation(*row) for row in rows], "tables")


@check_of_rows(
    "visibility maps",
    items=visibility_maps,
    methods=PHYSICAL,
    elsewhere="a logical restore wrote every map anew",
    expected="no dead row on a page that a map calls all-visible",
)
def visibility_map(look: Look, item: Item) -> Iterable[str]:
    """pg_check_visible (PostgreSQL documentation, pg_visibility). No session holds back its horizon here."""
    return each_of(look, item, _checked)


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
