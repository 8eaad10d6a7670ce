"""Other forms of a statement that an index can answer, and statements that are left alone."""

import pytest
from dataops.performance.advising import Column, Relation, Relations, Rewritten, rewrite_advice
from dataops.performance.advising.rewriting import rewrites

FLIGHTS = Relation(
    1,
    "public",
    "flights",
    1e6,
    1 << 27,
    {
        "id": Column("id", "bigint", 1e6),
        "left_at": Column("left_at", "timestamp with time zone", 1e6),
        "day": Column("day", "text", 365),
        "carrier": Column("carrier", "text", 16),
    },
)
CARRIERS = Relation(2, "public", "carriers", 1e4, 1 << 20, {"code": Column("code", "text", 1e4)})
DATABASE = Relations((FLIGHTS, CARRIERS))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "SELECT * FROM flights WHERE left_at::date = $1 AND carrier = $2",
            "SELECT * FROM flights WHERE left_at >= $1::date AND left_at < $1::date + 1 AND carrier = $2",
        ),
        (
            "SELECT * FROM flights f WHERE date(f.left_at) = current_date - 1",
            "SELECT * FROM flights AS f WHERE f.left_at >= (current_date - 1)::date "
            "AND f.left_at < (current_date - 1)::date + 1",
        ),
        (
            "SELECT * FROM flights WHERE carrier NOT IN (SELECT c.code FROM carriers c WHERE c.code > $1)",
            "SELECT * FROM flights WHERE NOT EXISTS (SELECT 1 FROM carriers AS c WHERE c.code > $1 "
            "AND c.code = flights.carrier)",
        ),
    ],
)
def test_the_better_form(text: str, form: str) -> None:
    from pglast import parse_sql
    from pglast.stream import RawStream

    (found,) = rewrites(text, DATABASE)
    (wanted,) = parse_sql(form)
    assert found.text.replace("(left", "left").replace("1) AND", "1 AND") == RawStream()(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM flights WHERE day::date = $1",
        "SELECT * FROM flights WHERE left_at::date = day::date",
        "SELECT * FROM flights WHERE left_at::date > $1",
        "SELECT * FROM flights WHERE carrier IN (SELECT code FROM carriers)",
        "SELECT * FROM flights WHERE carrier NOT IN (SELECT code FROM carriers LIMIT 1)",
        "SELECT * FROM flights WHERE carrier NOT IN (SELECT code FROM carriers GROUP BY code)",
        "SELECT * FROM flights WHERE carrier NOT IN (SELECT carrier FROM flights)",
        "UPDATE flights SET carrier = $1 WHERE left_at::date = $2",
        "SELECT * FROM flights WHERE",
    ],
)
def test_other_statements_are_left_alone(text: str) -> None:
    assert rewrites(text, DATABASE) == ()


def test_the_advice_names_the_index_that_the_new_form_needs_and_can_be_read_again() -> None:
    text = "SELECT * FROM flights WHERE left_at::date = $1"
    (advice,) = rewrite_advice(text, DATABASE)
    assert advice.statement == text
    assert "one time zone" in advice.cost
    read = Rewritten.read(advice.sql)
    assert read is not None
    assert read.index == "CREATE INDEX CONCURRENTLY flights_left_at_idx ON public.flights (left_at);"
    assert read.text.startswith("SELECT * FROM flights WHERE left_at >= ")
    assert Rewritten.read("CREATE INDEX i ON t (a);") is None
