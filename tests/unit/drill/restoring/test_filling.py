"""What of pg_restore's words is kept, and how globals are made on a fresh server."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.backup.restore.statements import for_fresh_server, superusers
from dataops.drill.restoring.filling import Kept, bootstrap_superuser
from dataops.drill.restoring.physical import Heard

GLOBALS = """
\\restrict abc
SET default_transaction_read_only = off;
CREATE ROLE "the owner";
ALTER ROLE "the owner" WITH NOSUPERUSER INHERIT LOGIN PASSWORD 'SCRAM-SHA-256$4096:SUPERUSER LOGIN';
CREATE ROLE boss;
ALTER ROLE boss WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION BYPASSRLS;
CREATE ROLE ghost;
ALTER ROLE ghost WITH SUPERUSER NOLOGIN;
GRANT boss TO "the owner" GRANTED BY boss;
CREATE TABLESPACE fast OWNER "the owner" LOCATION '/mnt/production/fast';
ALTER TABLESPACE fast SET (random_page_cost=1);
"""


def test_the_first_superuser_is_one_of_the_backup_that_may_log_in() -> None:
    assert superusers(GLOBALS) == ["boss"]
    assert bootstrap_superuser(GLOBALS) == "boss"
    assert bootstrap_superuser("") == "postgres"
    assert bootstrap_superuser(GLOBALS + "ALTER ROLE postgres WITH SUPERUSER LOGIN;") == "postgres"


def test_everything_else_is_made_and_tablespaces_lie_elsewhere() -> None:
    made = for_fresh_server(GLOBALS, superuser="boss", tablespace=lambda name: f"/scratch/{name}")
    assert "CREATE ROLE boss" not in made
    assert 'CREATE ROLE "the owner"' in made
    assert (
        "ALTER ROLE boss WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION BYPASSRLS" in made
    )
    assert "CREATE TABLESPACE fast OWNER \"the owner\" LOCATION '/scratch/fast'" in made
    assert made[-1] == "ALTER TABLESPACE fast SET (random_page_cost=1)"
    assert "/mnt/production" not in " ".join(made)


def test_secrets_and_rows_are_not_kept_of_errors() -> None:
    lines: list[str] = []
    kept = Kept(lines.append)
    for line in (
        "pg_restore: while PROCESSING TOC:",
        'pg_restore: error: could not execute query: ERROR:  server "away" does not exist',
        "DETAIL:  Key (id)=(card 4711) is duplicated.",
        "Command was: CREATE USER MAPPING FOR app SERVER away OPTIONS (",
        "    password 'canary'",
        ");",
        "pg_restore: warning: errors ignored on restore: 1",
    ):
        kept(line)
    assert kept.errors == 1
    assert len(lines) == 4
    assert "canary" not in " ".join(lines)
    assert "4711" not in " ".join(lines)
    assert lines[2] == "Command was: CREATE USER MAPPING …"


def test_the_phases_of_recovery_are_told_by_the_log() -> None:
    heard = Heard()
    heard("LOG:  redo done at 0/5000148 system usage: CPU: user: 0.00 s")
    heard("LOG:  last completed transaction was at log time 2026-11-25 12:00:00.123456+00")
    heard("LOG:  database system is ready to accept connections")
    assert heard.last_commit == datetime(2026, 11, 25, 12, 0, 0, 123456, UTC)
    assert heard.start >= 0
    assert heard.ready >= heard.replay
