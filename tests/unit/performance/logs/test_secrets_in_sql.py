"""Where a secret may stand, and where nobody can tell, a call is not shown as it was logged."""

from __future__ import annotations

import pytest
from dataops.performance.logs.normalising import LONGEST
from dataops.performance.logs.secrets_in_sql import may_be_shown

CANARY = "k4n4ry"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM orders WHERE id = 4711 AND note = 'it''s late'",
        "/* shop */ (SELECT 1) UNION (SELECT 2);",
        "WITH late AS (SELECT id FROM orders WHERE day < '2026-01-01') DELETE FROM lines USING late",
        "INSERT INTO notes VALUES ($tag$ one; two $tag$) ON CONFLICT DO NOTHING",
        "UPDATE stock SET amount = amount - 3 WHERE shelf = 'A-7'; SELECT 1",
        "SELECT bypassed, compass, spinning, footprint FROM t WHERE path = '/a:b/c@d'",
        "CALL reprice('2026-11-28')",
        "select\tnow() -- tonight",
    ],
)
def test_queries_and_changes_of_rows_are_shown(text: str) -> None:
    assert may_be_shown(text, "$1 = '42', $2 = NULL")


@pytest.mark.parametrize(
    "text",
    [
        f"CREATE ROLE app LOGIN PASSWORD '{CANARY}'",
        f"alter user app encrypted password '{CANARY}'",
        f"CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'a', password '{CANARY}')",
        f"ALTER USER MAPPING FOR app SERVER far OPTIONS (SET secret_of_mine '{CANARY}')",
        f"CREATE SUBSCRIPTION s CONNECTION 'host=far user=a password={CANARY}' PUBLICATION p",
        f"ALTER SUBSCRIPTION s CONNECTION 'postgresql://a:{CANARY}@far/db'",
        f"CREATE SERVER far FOREIGN DATA WRAPPER w OPTIONS (key '{CANARY}')",
        f"SET app.key = '{CANARY}'",
        f"ALTER ROLE app SET app.key TO {CANARY}",
        f"ALTER SYSTEM SET primary_conninfo = 'host=far {CANARY}'",
        f"COPY t FROM PROGRAM 'curl -u a:{CANARY} https://far'",
        f"EXECUTE login('app', '{CANARY}')",
        f"PREPARE p AS SELECT '{CANARY}'",
        f"DO $$ BEGIN PERFORM '{CANARY}'; END $$",
        f"EXPLAIN ANALYZE SELECT '{CANARY}'",
        f"SELECT 1; CREATE ROLE app PASSWORD '{CANARY}'",
        f"SELECT set_config('app.key', '{CANARY}', false)",
        f"UPDATE pg_settings SET setting = '{CANARY}' WHERE name = 'app.key'",
        f"SELECT * FROM dblink('host=far', 'SELECT ''{CANARY}''') AS t(a int)",
        f"SELECT * FROM u WHERE name = 'a' AND hash = crypt('{CANARY}', hash)",
        f"SELECT pgp_sym_decrypt(body, '{CANARY}') FROM mail",
        f"SELECT encode(digest('{CANARY}', 'sha256'), 'hex')",
        f"UPDATE users SET \"Password\" = '{CANARY}'",
        f"UPDATE users SET pw = '{CANARY}'",
        f"UPDATE users SET \"userPass\" = '{CANARY}'",
        f"UPDATE users SET recovery_code = '{CANARY}'",
        f"SELECT * FROM sessions WHERE access_token = '{CANARY}'",
        f"SELECT * FROM clients WHERE api_key = '{CANARY}'",
        f"SELECT 1 /* password {CANARY} */",
        f"INSERT INTO jobs VALUES ('https://a:{CANARY}@far/')",
        f'INSERT INTO jobs VALUES (\'{{"secret": "{CANARY}"}}\')',
        "INSERT INTO jobs VALUES ('eyJhbGciOiJIUzI1NiJ9.e30.x')",
        f"INSERT INTO files VALUES ('-----BEGIN RSA PRIVATE KEY-----{CANARY}')",
    ],
)
def test_where_a_secret_may_stand_nothing_is_shown(text: str) -> None:
    assert not may_be_shown(text, "")


@pytest.mark.parametrize("parameters", ["$1 = 'app', $2 = 'password=x'", "$1 = 'https://a:b@far/'"])
def test_a_parameter_that_holds_a_secret_hides_the_call(parameters: str) -> None:
    assert may_be_shown("INSERT INTO jobs VALUES ($1, $2)", "$1 = 'app', $2 = 'x'")
    assert not may_be_shown("INSERT INTO jobs VALUES ($1, $2)", parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ;",
        "-- nothing",
        r"SELECT 'it\'; ALTER ROLE app RENAME TO x --'",
        r"SELECT E'\x70w'",
        "SELECT 'open",
        'SELECT "open',
        "SELECT $a$ open $b$",
        "SELECT 1 /* open",
        "'text' SELECT 1",
        "SELECT '\x1b[2J'",
        "SELECT '\u202e' || 'x'",
        f"SELECT '{'x' * LONGEST}'",
    ],
)
def test_what_cannot_be_read_for_sure_is_not_shown(text: str) -> None:
    assert not may_be_shown(text, "")
