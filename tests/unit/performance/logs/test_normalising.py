"""Statements lose their literals and nothing else, by the exact way and by the fast way alike."""

from __future__ import annotations

import polars as pl
import pytest
from dataops.performance.logs.normalising import SURE, normalise, without_literals
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s3cr3t"
EXAMPLES = {
    "SELECT  *\nFROM T WHERE a = -5 AND b = 'x''y'": "select * from t where a = ? and b = ?",
    "select a-1, a - 1, (-1), a + -1": "select a-?, a - ?, (?), a + ?",
    'SELECT "Col 1" FROM "T""2" WHERE x = $1': 'select "Col 1" from "T""2" where x = ?',
    "select .5, 1.5e-3, 0xFF, 1_000, t.c1": "select ?, ?, ?, ?, t.c1",
    "select 1 -- it's 5\n, 2 /* a /* b */ 'c' */ ;": "select ? , ?",
    "select E'a\\'b', U&'x', B'01', $$ it's $$, $q$ $$ $q$": "select ?, ?, ?, ?, ?",
    "select * from t where id in (1, 2,3) or k in ('a')": "select * from t where id in (...) or k in (...)",
    "insert into t values (1, 'a'), (2, 'b'),(3, 'c')": "insert into t values (?, ?), ...",
    "select '{1,2}'::int[], array[1, 2]": "select ?::int[], array[...]",
    "select data->>'k', data ? 'k', a -> -1 from é1": "select data->>?, data ? ?, a -> ? from é1",
    "SAVEPOINT s140_x1": "savepoint ...",
    "FETCH 100 FROM c_7": "fetch ? from ...",
    "SET app.user = abc": "set app.user to ?",
    "alter role bob set app.token to abc": "alter role bob set app.token to ?",
    "update t set a = b": "update t set a = b",
    "select 'it\\'s', a from t": "select ?",
    "select 'C:\\\\', a from t": "select ?, a from t",
    "DEALLOCATE ALL": "deallocate all",
    "alter role bob password 'x'": "alter role bob password ?",
    "select 'never closed and 5": "select ?",
    "": "",
}


@pytest.mark.parametrize("statement", EXAMPLES)
def test_a_statement_is_told_without_its_literals(statement: str) -> None:
    assert normalise(statement) == EXAMPLES[statement]


@pytest.mark.parametrize("statement", EXAMPLES)
def test_normalising_twice_changes_nothing_more(statement: str) -> None:
    once = normalise(statement)
    assert normalise(once) == once


def fast(statement: str) -> str:
    return normalise(pl.DataFrame({"raw": [statement]}).select(without_literals(pl.col("raw"))).item())


@pytest.mark.parametrize("statement", EXAMPLES)
def test_the_fast_way_gives_the_same(statement: str) -> None:
    assert fast(statement) == normalise(statement)


PIECES = st.lists(
    st.sampled_from([
        *("select", " ", "\n", "a", "b1", "t_2.c", "é", "e", "E", "ee-1", "e/2", "e*"),
        *("in (1, 2)", "values (1), (2)", "1", "22", "3.5", "1e-5", ".5", "$1", "?", "[1]", "::int"),
        *("-", "+", "*", "/", "=", "<", "->", "@", "#", "."),
        *("(", ")", ",", ";", "set", "alter", "to", "time zone"),
        *("'x'", "'it''s 5'", "'{\"a\": 1}'", "'a\\'", "date'a\\'", "E'\\''", "e'b\\\\'", "'\\\\'"),
        *('"q"', '"Q 1"', "--c\n", "/*c*/", "/* '1' */", "$$x$$"),
    ]),
    max_size=25,
).map(" ".join)  # fmt: skip


@given(PIECES)
def test_both_ways_agree_on_whatever_is_made_of_pieces_of_sql(statement: str) -> None:
    assert fast(statement) == normalise(statement)


@given(PIECES, st.sampled_from(["'{}'", "E'{}\\''", "$${}$$", "$x${}$x$", "U&'{}'"]), PIECES)
def test_a_string_is_never_told(before: str, quoted: str, after: str) -> None:
    whole = f"{before} {quoted.format(SECRET)} {after}"
    if before.count("'") % 2 == 0 and "$$" not in before and "--" not in before and "/*" not in before:
        assert SECRET not in normalise(whole)
        assert SECRET not in fast(whole)


@given(PIECES)
def test_what_is_normalised_stays_so(statement: str) -> None:
    once = normalise(statement)
    assert normalise(once) == once


def test_statements_of_usual_drivers_take_the_fast_way() -> None:
    usual = [
        'SELECT "orders"."id" FROM "orders" WHERE ("orders"."state" = \'paid\' AND "orders"."n" > 5)',
        'UPDATE t SET doc = \'{"a": [1, "b"]}\' WHERE id = -5',
        "SELECT a->>'b' FROM t /*traceparent='00-abc-01'*/",
        "SELECT $1::text, a - 1",
        'INSERT INTO t VALUES (\'{"path": "C:\\\\x", "said": "\\"yes\\""}\', date \'2026-11-28\')',
        "SELECT size/2, size-1, age, a * e, here",
    ]
    assert pl.Series(usual).str.contains(SURE).all()
