"""What each parameter stands for, from the text alone."""

import pytest
from dataops.performance.advising import Column, Relation, Relations
from dataops.performance.proving.parameters import Place, Use, uses_of

ORDERS = Relation(
    1, "public", "orders", 1e5, 1 << 24, {name: Column(name, "int") for name in ("id", "a", "b", "at")}
)
LINES = Relation(
    2, "public", "lines", 1e5, 1 << 24, {name: Column(name, "int") for name in ("order_id", "n")}
)
DATABASE = Relations((ORDERS, LINES))


def told(use: Use) -> str:
    if use.place is not Place.COMPARED:
        return use.place.value
    many = " any" if use.many else ""
    return f"{use.alias}: {use.expression} {use.operator}{many}{' from now' if use.relative else ''}"


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("SELECT * FROM orders WHERE a = $1", ["orders: a ="]),
        ("SELECT * FROM orders WHERE $1 < a", ["orders: a >"]),
        ("SELECT * FROM orders o WHERE o.a BETWEEN $1 AND $2", ["o: o.a >=", "o: o.a <="]),
        ("SELECT * FROM orders WHERE a IN ($1, $2)", ["orders: a =", "orders: a ="]),
        ("SELECT * FROM orders WHERE a = ANY($1::int[])", ["orders: a = any"]),
        ("SELECT * FROM orders WHERE (a, b) = ($1, $2)", ["orders: a =", "orders: b ="]),
        ("SELECT * FROM orders WHERE at > now() - $1::interval", ["orders: at > from now"]),
        ("SELECT * FROM orders WHERE at > current_date - interval $1", ["orders: at > from now"]),
        ("SELECT * FROM orders WHERE at::date = $1", ["orders: CAST(at AS date) ="]),
        ("SELECT * FROM orders WHERE a + b = $1", ["orders: a + b ="]),
        ("SELECT * FROM orders WHERE a = $1 OR b = $2", ["orders: a =", "orders: b ="]),
        ("SELECT * FROM orders ORDER BY a LIMIT $1 OFFSET $2", ["limit", "offset"]),
        ("SELECT $1, a FROM orders", ["elsewhere"]),
        ("SELECT date_trunc($1, at) FROM orders", ["unit"]),
        ("UPDATE orders SET a = $1 WHERE id = $2", ["elsewhere", "orders: id ="]),
        ("SELECT * FROM orders WHERE a + $1 > b", ["unknown"]),
        ("SELECT * FROM orders, lines WHERE orders.a + lines.n = $1", ["unknown"]),
        (
            "SELECT * FROM orders WHERE EXISTS (SELECT 1 FROM lines l WHERE l.order_id = id AND l.n = $1)",
            ["l: l.n ="],
        ),
        ("SELECT count(*) FROM orders GROUP BY a HAVING count(*) > $1", ["elsewhere"]),
    ],
)
def test_parameters(text: str, uses: list[str]) -> None:
    found = uses_of(text, DATABASE)
    assert [told(found[number]) for number in sorted(found)] == uses
