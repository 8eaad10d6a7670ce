"""Where a statement's tables are looked for: its text may have been run with another ``search_path``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataops import postgres

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

_WIDEN = """
SELECT set_config('search_path', string_agg(quote_ident(name), ', ' ORDER BY place), false)
  FROM (SELECT name, min(place) AS place
          FROM (SELECT %(first)s::text AS name, 0 AS place
                UNION ALL
                SELECT name, 1000 + place
                  FROM unnest(current_schemas(false)) WITH ORDINALITY AS here (name, place)
                UNION ALL
                SELECT nspname, 1000000 + row_number() OVER (ORDER BY nspname)
                  FROM pg_namespace
                 WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AS every
         WHERE name IS NOT NULL
         GROUP BY name) AS once
"""


def widen(session: PsycopgConnection, first: str | None) -> None:
    """Look in schema ``first``, then where the session would look, then in every other schema by name."""
    with postgres.explained("setting where tables are looked for"), session.cursor() as cursor:
        cursor.execute("SET search_path TO DEFAULT")
        cursor.execute(_WIDEN, {"first": first})
