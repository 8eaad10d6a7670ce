"""One name for a statement, whoever tells it, and no literal in what is shown."""

from __future__ import annotations

import pytest
from dataops.performance.statement_text import command, fingerprint, readable


@pytest.mark.parametrize(
    "other",
    [
        "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)",
        "select a from t where b = 'x' and c in (1,2,3,4)",
        "SELECT a /* traceparent=7 */ FROM t\n WHERE b = $7 AND c IN ($8 /*, ... */);",
    ],
)
def test_the_same_statement_has_the_same_name(other: str) -> None:
    assert fingerprint(other) == fingerprint("SELECT a FROM t WHERE b = 'y' AND c IN (1)")


def test_another_statement_has_another_name() -> None:
    assert fingerprint("SELECT a FROM t") != fingerprint("SELECT b FROM t")
    assert len(fingerprint("")) == 16


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT a\n  FROM t -- why\n WHERE b = $1;", "SELECT a FROM t WHERE b = $1"),
        ("ALTER ROLE r PASSWORD 'secret'", "ALTER ROLE r PASSWORD $1"),
        ("SELECT $2, 'x', 5, $1", "SELECT $2, $3, $4, $1"),
        ("SELECT doc ? $1 FROM t WHERE doc ?| array['a']", "SELECT doc ? $1 FROM t WHERE doc ?| array[$2]"),
        ("DO $do$ secret $do$", "DO $1"),
        ("SELECT 'never closed secret", "SELECT $1"),
        ('SET app.token TO secret, "secret"', "SET app.token TO $1, $2"),
        ("SET LOCAL app.token = secret; SELECT 1", "SET LOCAL app.token = $1; SELECT $2"),
        ("BEGIN; SET app.token=secret", "BEGIN; SET app.token=$1"),
        ("SET TIME ZONE secret", "SET TIME ZONE $1"),
        ("SET enable_seqscan TO off", "SET enable_seqscan TO off"),
        (
            "ALTER ROLE r IN DATABASE d SET app.token TO secret",
            "ALTER ROLE r IN DATABASE d SET app.token TO $1",
        ),
        ("ALTER DATABASE d SET app.token = secret", "ALTER DATABASE d SET app.token = $1"),
        (
            "CREATE FUNCTION f() RETURNS int SET a.b TO secret AS 'x'",
            "CREATE FUNCTION f() RETURNS int SET a.b TO $1 AS $2",
        ),
        ("SET ROLE app", "SET ROLE app"),
        ("UPDATE t SET a = b, c = 5 WHERE d = e", "UPDATE t SET a = b, c = $1 WHERE d = e"),
        (
            "ALTER TABLE t SET (fillfactor = 70), SET SCHEMA s",
            "ALTER TABLE t SET (fillfactor = $1), SET SCHEMA s",
        ),
        (r"SELECT 'it\'s secret', secret", "SELECT $1"),
        (r"SELECT 'C:\\', a FROM t", "SELECT $1, a FROM t"),
        ("COPY t FROM PROGRAM 'curl secret'", "COPY t FROM PROGRAM $1"),
        ("COMMENT ON TABLE t IS 'secret'", "COMMENT ON TABLE t IS $1"),
        ("NOTIFY c, 'secret'", "NOTIFY c, $1"),
        ("EXECUTE p('secret', 5)", "EXECUTE p($1, $2)"),
        (
            "SELECT a, count(*) FROM t WHERE b = 5 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3",
            "SELECT a, count(*) FROM t WHERE b = $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
        ),
        (
            "SELECT a FROM (SELECT 7, 8 FROM t GROUP BY 1, 2) s ORDER BY 1",
            "SELECT a FROM (SELECT $1, $2 FROM t GROUP BY 1, 2) s ORDER BY 1",
        ),
        (
            "SELECT rank() OVER (ORDER BY 7), f(8) FROM t ORDER BY 9 + a",
            "SELECT rank() OVER (ORDER BY $1), f($2) FROM t ORDER BY $3 + a",
        ),
        ("SELECT a FROM t ORDER BY 1 UNION SELECT 7, 8", "SELECT a FROM t ORDER BY 1 UNION SELECT $1, $2"),
    ],
)
def test_what_is_shown_has_parameters_and_no_literal(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_a_long_text_is_cut() -> None:
    assert len(readable("SELECT " + "a, " * 9000, length=100)) == 100


@pytest.mark.parametrize(("text", "word"), [("select 1", "SELECT"), ("( /* x */ with a", "WITH"), ("", "")])
def test_the_command_is_the_first_word(text: str, word: str) -> None:
    assert command(text) == word
