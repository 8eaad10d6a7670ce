"""Sessions whose settings make the same value print, hash and compare the same on every server."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataops.connections import Connection
from dataops.postgres import connect, explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection
    from psycopg2.extensions import cursor as Cursor

_PINNED = {
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    "row_security": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
}
"""Beside what ``connect`` pins. row_security off makes a policy an error where it would hide rows."""

_PINNED_SINCE = {
    14: {"idle_session_timeout": "0", "client_connection_check_interval": "5s"},
    17: {"transaction_timeout": "0"},
}
"""What came later: a session that holds a snapshot must outlive the longest dump, but not us."""


@contextmanager
def session(connection: Connection, dbname: str, role: str) -> Generator[PsycopgConnection]:
    """A connection with pinned settings, in autocommit, closed at the end; named after its ``role``."""
    with explained(f"database {dbname}"):
        conn = connect(connection, dbname=dbname, application_name=role, autocommit=True, pinned=True)
        try:
            with conn.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_catalog.set_config(key, value, false) FROM pg_catalog.json_each_text(%s)",
                    (json.dumps(_settings(conn.server_version // 10000)),),
                )
            yield conn
        finally:
            conn.close()


@contextmanager
def reading(conn: PsycopgConnection, snapshot: str) -> Generator[Cursor]:
    """A READ ONLY transaction that sees what the exported snapshot sees."""
    with conn.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SET TRANSACTION SNAPSHOT %s", (snapshot,))
            yield cursor
        finally:
            if not conn.closed:
                cursor.execute("ROLLBACK")


def _settings(major: int) -> dict[str, str]:
    later = {
        name: value
        for since, settings in _PINNED_SINCE.items()
        if major >= since
        for name, value in settings.items()
    }
    return _PINNED | later
