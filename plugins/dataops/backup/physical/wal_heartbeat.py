"""The WAL heartbeat: a commit with a time in it, so that a restore can say how much a disaster would lose.

``pg_logical_emit_message`` writes it into the WAL alone: no table, no row, nothing that a query could see
(PostgreSQL documentation, "Replication Management Functions"). After a restore to the end of the archive the
last replayed commit is at most one heartbeat older than what was archived, also where nobody else writes.
"""

from __future__ import annotations

from contextlib import closing

from dataops.evidence.checking import Seen
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.postgres import connect, explained

PREFIX = "dataops"
PATIENCE = 10.0


def write_heartbeat(platform: Platform, server: Server) -> Seen | None:
    """Where in the WAL the heartbeat of a server stands; None where its file says ``heartbeat: false``.

    Every role that may log in has the right. A synchronous standby is not waited for: that it stands still is
    no reason for the archive's clock to do so.
    """
    if not server.wal_archive.heartbeat or server.rds is not None:
        return None
    connection = platform.connection(server.connection)
    with (
        closing(
            connect(connection, application_name="heartbeat", autocommit=True, statement_timeout=PATIENCE)
        ) as session,
        explained(f"the WAL heartbeat of {server.name}"),
        session.cursor() as cursor,
    ):
        cursor.execute("SET synchronous_commit = local")
        cursor.execute("SELECT pg_catalog.pg_logical_emit_message(true, %s, 'heartbeat')::text", (PREFIX,))
        row = cursor.fetchone()
        assert row is not None
        return Seen(True, f"at {row[0]}")
