"""Every table read to its end, with its TOAST: the same reading counts and hashes its rows.

Where an index is to be held against the table (``index_proof``), it also says where the rows lie.
"""

from __future__ import annotations

from collections.abc import Iterable

from dataops.backup.manifest.content import Content
from dataops.backup.manifest.tables import content_statements, dumped_tables
from dataops.drill.checks.index_proof import proofs
from dataops.drill.checks.looking import Look, reason_of
from dataops.drill.checks.registry import Item, check_of_rows
from dataops.drill.checks.row_places import PLACES, Places
from dataops.postgres import sql


def tables(look: Look) -> list[Item]:
    """All tables that hold rows of their own; how each is read is made ready for all of them at once."""
    indexed = {proof.index.table for proof in proofs(look).values() if not proof.index.unique}
    with look.cursor() as cursor:
        found = dumped_tables(cursor)
        beside = {each.identity: PLACES for each in found if each.identity in indexed and not each.condition}
        statements = content_statements(cursor, found, look.server.major, beside)
    generated = dict(look.query(sql(__package__, "generated_columns")))
    look.shared.tables = {table.identity: table for table in found if table.has_rows}
    return [
        Item(
            name=identity,
            table=identity,
            size=table.bytes,
            about=(statements[identity], generated.get(identity)),
        )
        for identity, table in look.shared.tables.items()
    ]


@check_of_rows("full read", items=tables, expected="every table can be read to its end")
def full_read(look: Look, item: Item) -> Iterable[str]:
    """Count and hash the rows: that reads every page and brings back every value from TOAST."""
    from datetime import UTC, datetime

    try:
        statement, generated = item.about
        rows, hashed, *places = look.query(statement)[0]
        if generated:  # no dump carries them, so no hash does; but a server keeps them
            look.query(f"SELECT count(textin(record_out(ROW({generated})))) FROM ONLY {item.table}")
    except Exception as error:
        if not look.out_of_turn:
            look.shared.unread[item.name] = reason_of(error)
        raise
    look.shared.contents[item.name] = Content(rows, hashed, datetime.now(UTC))
    table = look.shared.tables[item.name]
    if not table.condition:
        look.shared.read_whole.add(table.relid)
    if places:
        look.shared.places[item.name] = Places(rows, int(places[0]))
    return ()
