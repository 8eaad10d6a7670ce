"""What all databases of the scratch server share: kept once, and as it was again after every fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_CATALOGS = (
    "pg_authid",
    "pg_auth_members",
    "pg_db_role_setting",
    "pg_parameter_acl",
    "pg_shdescription",
    "pg_shseclabel",
    "pg_subscription",
    "pg_shdepend",
)
"""Roles with their passwords, memberships, settings, comments and grants, by row: no fault needs an undo."""


def keep(cursor: Cursor) -> None:
    """Copy the shared catalogs into tables of the schema ``kept``, which is made anew."""
    cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
    for catalog in _there(cursor):
        cursor.execute(f"CREATE TABLE kept.{catalog} AS SELECT * FROM pg_catalog.{catalog}")


def put_back(cursor: Cursor) -> None:
    """Make the shared catalogs equal to what was kept, in the open transaction."""
    for catalog in _there(cursor):
        cursor.execute(
            f"DELETE FROM pg_catalog.{catalog} AS now"
            f" WHERE NOT EXISTS (SELECT FROM kept.{catalog} AS kept_row WHERE kept_row::text = now::text)"
        )
        cursor.execute(
            f"INSERT INTO pg_catalog.{catalog} SELECT * FROM kept.{catalog} AS kept_row"
            f" WHERE NOT EXISTS (SELECT FROM pg_catalog.{catalog} AS now WHERE kept_row::text = now::text)"
        )


def _there(cursor: Cursor) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::regnamespace"
        " AND relname = ANY (%s)",
        (list(_CATALOGS),),
    )
    found = {row[0] for row in cursor.fetchall()}
    return [catalog for catalog in _CATALOGS if catalog in found]
