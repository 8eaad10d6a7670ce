"""Data checksums of every page of every file, verified by the server as it reads them.

A page is verified when it enters shared buffers, whoever asked for it. ``full read`` asks for every page of a
table's main fork, so those of a table that it read to the end without an error are not read once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dataops.drill.checks.chunks import Relation, chunks, each_of
from dataops.drill.checks.finding import Finding, not_applicable, of_faults
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check, check_of_rows
from dataops.postgres import sql

WITHOUT = "the server was backed up without data checksums, so its pages carry none"
NEW = "a logical restore wrote every page itself, minutes ago"


def files(look: Look) -> list[Item]:
    """Every relation with storage: tables, indexes of all kinds, TOAST, sequences, catalogs.

    Large tables come last where ``full read`` reads all of them anyway: by then it has.
    """
    if look.value("SHOW data_checksums") != "on":
        return [Item(name=look.dbname, table="", declared=WITHOUT)]
    first = look.dbname == min(look.server.dbnames)
    rows = look.query(sql(__package__, "files"), {"shared": first})
    items = chunks([Relation(*row) for *row, _ in rows], "relations")
    tables = {oid for _, oid, _, is_table in rows if is_table and look.server.settings.mode == "full"}
    return [replace(item, size=0) if {each.oid for each in item.about} <= tables else item for item in items]


@check_of_rows(
    "page checksums",
    items=files,
    methods=PHYSICAL,
    elsewhere=NEW,
    expected="valid on every page of every file",
)
def pages(look: Look, item: Item) -> Iterable[str]:
    """Every page of every fork is read into the server's memory, which verifies its checksum (pg_prewarm)."""
    return each_of(look, item, _read)


def _read(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
    prewarm = f"{look.helper('pg_prewarm')}.pg_prewarm"
    look.query(
        sql(__package__, "read_pages").replace("{prewarm}", prewarm),
        {"relations": [each.oid for each in relations], "read_whole": sorted(look.shared.read_whole)},
    )
    return ()


@check(
    "checksum failures",
    scope="server",
    methods=PHYSICAL,
    elsewhere=NEW,
    expected="none counted by the server",
    when="last",
)
def failures(look: Look) -> Finding:
    """The server's own counter, of all databases, after everything was read."""
    if look.value("SHOW data_checksums") != "on":
        return not_applicable(WITHOUT)
    found = look.query(
        "SELECT coalesce(datname, 'shared files'), checksum_failures FROM pg_stat_database "
        "WHERE checksum_failures > 0 ORDER BY 1"
    )
    return of_faults([f"{name}: {count} pages with a wrong checksum" for name, count in found], "none")
