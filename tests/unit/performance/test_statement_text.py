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
    ],
)
def test_what_is_shown_has_parameters_and_no_literal(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_a_long_text_is_cut() -> None:
    assert len(readable("SELECT " + "a, " * 9000, length=100)) == 100


@pytest.mark.parametrize(("text", "word"), [("select 1", "SELECT"), ("( /* x */ with a", "WITH"), ("", "")])
def test_the_command_is_the_first_word(text: str, word: str) -> None:
    assert command(text) == word
