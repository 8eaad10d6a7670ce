"""The planner's statistics of a restored database: of every table but those whose rows lie elsewhere."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from dataops import postgres
from dataops.backup.restore.target import session_on
from dataops.connections import Connection


@dataclass(frozen=True)
class Analysing:
    """The ANALYZE of each table, and the tables that are left out since they reach a foreign server."""

    statements: tuple[str, ...]
    left_out: tuple[str, ...]


def analysing(connection: Connection, dbname: str) -> Analysing:
    """What is to be run in the database, table by table: one that fails keeps no other from it."""
    with (
        closing(session_on(connection, dbname)) as session,
        postgres.explained(f"database {dbname}"),
        session.cursor() as cursor,
    ):
        cursor.execute(postgres.sql(__package__, "analysable"))
        found = cursor.fetchall()
    return Analysing(
        statements=tuple(f"ANALYZE {name}" for name, foreign in found if not foreign),
        left_out=tuple(name for name, foreign in found if foreign),
    )
