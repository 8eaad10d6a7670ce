"""Who executes statements on a scratch server: a role of its own that reads and writes rows, and no more.

Statements, and the functions that they call, come from whoever may log in to the watched database. Executed
as the scratch server's superuser they could do what they never could at home, such as start a program on the
worker. So the superuser only builds and drops indexes and vacuums, for which PostgreSQL itself switches to
the table's owner, and everything else runs over a session that has logged in as this role.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.connections import Connection
from dataops.performance.proving.search_path import widen

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_WITH_PARAMETERS = 150000
"""From here on the right to set one parameter can be granted (PostgreSQL 15 release notes)."""


@dataclass(frozen=True)
class Sessions:
    """Two sessions in autocommit mode on one database of a server that is thrown away.

    ``executing`` runs statements, as a role that is no superuser; ``building`` builds indexes, as one.
    """

    executing: PsycopgConnection
    building: PsycopgConnection

    def look_in(self, schema: str | None) -> None:
        """Look for tables in ``schema`` first, as ``widen`` says."""
        for session in (self.executing, self.building):
            widen(session, schema)


@contextmanager
def sessions(connection: Connection, dbname: str) -> Generator[Sessions]:
    """Both sessions, as long as the block lasts; ``connection`` is a superuser's. The role stays behind."""
    role, password = f"dataops_trial_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    with closing(_connect(connection, dbname)) as building:
        _make(building, role, password, dbname)
        with closing(_connect(replace(connection, login=role, password=password), dbname)) as executing:
            yield Sessions(executing, building)


def _connect(connection: Connection, dbname: str) -> PsycopgConnection:
    return postgres.connect(connection, dbname=dbname, application_name="proof", autocommit=True)


def _make(session: PsycopgConnection, role: str, password: str, dbname: str) -> None:
    """The role: every row, past row-level security, since its owner's statements are what is measured."""
    from psycopg2 import sql

    name = sql.Identifier(role)
    with postgres.explained("making the role of the trials"), session.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE ROLE {} LOGIN NOSUPERUSER BYPASSRLS PASSWORD {} "
                "IN ROLE pg_read_all_data, pg_write_all_data"
            ).format(name, sql.Literal(password))
        )
        cursor.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(dbname), name)
        )
        if session.server_version >= _WITH_PARAMETERS:
            cursor.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(name))
