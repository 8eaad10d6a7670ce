"""Messages keep the names of objects and lose every value."""

from __future__ import annotations

import pytest
from dataops.performance.logs.messages import masked, unreadable

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


def test_what_is_no_sql_is_not_read_as_sql() -> None:
    assert unreadable("42601", "")
    assert unreadable("", 'syntax error at or near "O"')
    assert not unreadable("42P01", 'relation "t" does not exist')
