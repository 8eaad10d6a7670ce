"""Messages keep the names of objects and lose every value."""

from __future__ import annotations

import pytest
from dataops.performance.logs.messages import masked, misquoted, unreadable

EXAMPLES = (
    ('relation "shop.orders" does not exist at character 15', 'relation "shop.orders" does not exist'),
    ('column "Alice Smith" does not exist', 'column "?" does not exist'),
    ('invalid input syntax for type integer: "secret"', "invalid input syntax for type integer"),
    ('invalid value for parameter "work_mem": "secret"', 'invalid value for parameter "work_mem": "?"'),
    ('value "99999999999" is out of range for type integer', 'value "?" is out of range for type integer'),
    ("could not resize segment to 8388608 bytes", "could not resize segment to ? bytes"),
    (
        'no pg_hba.conf entry for host "10.1.2.3", user "bob", database "shop", no encryption',
        'no pg_hba.conf entry for host "?", user "bob", database "shop", no encryption',
    ),
)
UNCHANGED = (
    'duplicate key value violates unique constraint "orders_pkey"',
    'null value in column "id" of relation "orders" violates not-null constraint',
    "deadlock detected",
    "canceling statement due to statement timeout",
)


@pytest.mark.parametrize(("message", "told"), [*EXAMPLES, *((same, same) for same in UNCHANGED)])
def test_a_message_is_told_without_values(message: str, told: str) -> None:
    assert masked(message, "XX000", "") == told


def test_what_an_application_raises_is_told_by_its_place() -> None:
    context = "PL/pgSQL function shop.pay(integer) line 7 at RAISE\nSQL statement \"SELECT 'secret'\""
    assert (
        masked("no such customer: Alice", "P0001", context)
        == "raised in PL/pgSQL function shop.pay(integer) line 7"
    )
    assert masked("no such customer: Alice", "23505", context).startswith("raised in")
    assert masked("no such customer: Alice", "P0001", "") == "raised by the application"
    assert masked("no such customer: Alice", "ZZ123", "") == "raised by the application"
    assert masked("query returned no rows", "P0002", "") == "query returned no rows"


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("message", "code", "context"),
    [
        (f'unterminated quoted string at or near "\'a"{SECRET}"', "42601", ""),
        (f'value "1" {SECRET}" is out of range for type integer', "22003", ""),
        (f'invalid value for parameter "TimeZone": "a "b" {SECRET}"', "22023", ""),
        (f'relation "a"{SECRET}" does not exist', "42P01", ""),
        (f'relation "a" {SECRET}" does not exist', "42P01", ""),
        (f"la relación «{SECRET}» no existe", "42P01", ""),
        (f"Relation »{SECRET}« existiert nicht", "42P01", ""),
        (f"relacja „{SECRET}” nie istnieje", "42P01", ""),
        (f"{SECRET} was refused", "38000", ""),
        (f"{SECRET} was refused", "XX000", 'PL/Perl function "check_it"'),
        (f"plpy.Error: {SECRET}", "XX000", 'Traceback (most recent call last):\n  PL/Python function "f"'),
        (SECRET, "XX000", f'{SECRET}\n    while executing\n"error"\nin PL/Tcl function "f"'),
        ('invalid byte sequence for encoding "UTF8": ' + SECRET, "22021", ""),
        ("a" * 5000 + SECRET, "22000", ""),
    ],
)
def test_no_value_is_told_however_it_is_quoted(message: str, code: str, context: str) -> None:
    assert SECRET not in masked(message, code, context)


def test_a_column_that_is_not_there_may_be_a_value_in_the_wrong_quotes() -> None:
    message = f'column "{SECRET}" does not exist'
    assert misquoted("42703", message, f'SELECT 1 FROM t WHERE a = "{SECRET}"')
    assert misquoted("", f"{message} at character 27", f'SELECT 1 FROM t WHERE a = "{SECRET}"')
    assert not misquoted("42703", 'column "nme" does not exist', "SELECT nme FROM t")
    assert not misquoted("42703", "column t.nme does not exist", 'SELECT "t"."nme" FROM t')
    assert not misquoted("42P01", message, f'SELECT "{SECRET}"')


def test_what_is_no_sql_is_not_read_as_sql() -> None:
    assert unreadable("42601", "")
    assert unreadable("", 'syntax error at or near "O"')
    assert not unreadable("42P01", 'relation "t" does not exist')
