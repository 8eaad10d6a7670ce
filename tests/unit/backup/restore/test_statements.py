"""Scripts of PostgreSQL's programs fall into statements, and only what the target lacks is chosen."""

from __future__ import annotations

from dataops.backup.restore.statements import for_database, for_new_roles, roles_made, statements

ROLES = r"""--
-- Roles
\restrict abc
SET standard_conforming_strings = on;
CREATE ROLE "a ;b";
ALTER ROLE "a ;b" WITH LOGIN PASSWORD 'x;''
--y';
CREATE ROLE old;
ALTER ROLE old WITH SUPERUSER;
COMMENT ON ROLE old IS 'it''s a-b\c';
GRANT old TO "a ;b" GRANTED BY postgres;
GRANT pg_monitor TO old;
GRANT SET ON PARAMETER log_statement TO "a ;b";
CREATE TABLESPACE fast OWNER old LOCATION '/fast';
\unrestrict abc
"""


def test_quotes_comments_and_psql_commands_do_not_split_a_statement() -> None:
    found = list(statements(ROLES))
    assert found[2] == "ALTER ROLE \"a ;b\" WITH LOGIN PASSWORD 'x;''\n--y'"
    assert found[5] == r"COMMENT ON ROLE old IS 'it''s a-b\c'"
    assert len(found) == 10


def test_only_roles_that_the_target_lacks_are_made() -> None:
    assert roles_made(ROLES) == ["a ;b", "old"]
    chosen = for_new_roles(ROLES, ["old", "postgres"])
    assert chosen == [
        'CREATE ROLE "a ;b"',
        "ALTER ROLE \"a ;b\" WITH LOGIN PASSWORD 'x;''\n--y'",
        'GRANT old TO "a ;b" GRANTED BY postgres',
        'GRANT SET ON PARAMETER log_statement TO "a ;b"',
    ]
    assert for_new_roles(ROLES, ["old", "a ;b"]) == []


def test_a_databases_own_statements_are_for_the_new_name() -> None:
    script = """CREATE DATABASE flights WITH TEMPLATE = template0 ENCODING = 'UTF8';
ALTER DATABASE flights OWNER TO "flights";
COMMENT ON DATABASE flights IS 'All flights DATABASE flights';
\\connect flights
ALTER ROLE analyst IN DATABASE flights SET search_path TO 'flights';
GRANT CONNECT,TEMPORARY ON DATABASE flights TO analyst;
GRANT CONNECT ON DATABASE flights TO "x ON DATABASE y";
SELECT pg_catalog.set_config('search_path', '', false);
"""
    assert for_database(script, 'co"py') == [
        'CREATE DATABASE "co""py" WITH TEMPLATE = template0 ENCODING = \'UTF8\'',
        'ALTER DATABASE "co""py" OWNER TO "flights"',
        'COMMENT ON DATABASE "co""py" IS \'All flights DATABASE flights\'',
        'ALTER ROLE analyst IN DATABASE "co""py" SET search_path TO \'flights\'',
        'GRANT CONNECT,TEMPORARY ON DATABASE "co""py" TO analyst',
        'GRANT CONNECT ON DATABASE "co""py" TO "x ON DATABASE y"',
    ]
