"""Which index a statement asks for: the textbook cases, and those where nothing must be advised."""

import pytest
from dataops.performance.advising import Column, Index, Relation, Relations, index_candidates
from dataops.performance.advising.candidates import MOST
from dataops.performance.advising.parsing import numbered


def relation(name: str, *columns: Column, indexes: tuple[Index, ...] = (), rows: float = 1e6) -> Relation:
    known = {each.name: each for each in columns} or None
    return Relation(1, "public", name, rows, 100 << 20, known, indexes)


ORDERS = relation(
    "orders",
    Column("id", "bigint", 1e6, 0, 8),
    Column("customer_id", "bigint", 50_000, 0, 8),
    Column("state", "text", 4, 0, 8),
    Column("placed_at", "timestamp with time zone", 9e5, 0, 8),
    Column("shipped_at", "timestamp with time zone", 5e5, 0.1, 8),
    Column("cancelled", "boolean", 2, 0, 1),
    Column("email", "text", 9e5, 0, 24),
    Column("doc", "jsonb", None, 0, 300),
    indexes=(Index(10, "orders_pkey", ("id",), unique=True),),
)
CUSTOMERS = relation(
    "customers",
    Column("id", "bigint", 1e6, 0, 8),
    Column("country", "text", 200, 0, 4),
    indexes=(Index(11, "customers_pkey", ("id",), unique=True),),
)
DATABASE = Relations((ORDERS, CUSTOMERS, relation("tiny", rows=20)))


def shapes(text: str, relations: Relations = DATABASE) -> list[str]:
    return [made.shape for made in index_candidates(text, relations)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SELECT * FROM orders WHERE customer_id = $1", "public.orders (customer_id)"),
        ("SELECT * FROM orders o WHERE o.customer_id = ?", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE customer_id IN ($1, $2)", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE customer_id = ANY($1)", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE $1 = customer_id", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE customer_id = $1 OR customer_id = $2", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE placed_at > $1", "public.orders (placed_at)"),
        ("SELECT * FROM orders WHERE placed_at BETWEEN $1 AND $2", "public.orders (placed_at)"),
        ("SELECT * FROM orders WHERE state = $1 AND placed_at >= $2", "public.orders (state, placed_at)"),
        ("SELECT * FROM orders WHERE state = $1 AND customer_id = $2", "public.orders (customer_id)"),
        ("SELECT * FROM orders WHERE lower(email) = $1", "public.orders (lower(email))"),
        ("SELECT * FROM orders WHERE doc @> $1", "public.orders USING gin (doc jsonb_path_ops)"),
        ("SELECT max(placed_at) FROM orders WHERE state = $1", "public.orders (state, placed_at)"),
        (
            "SELECT * FROM orders WHERE state = $1 ORDER BY placed_at DESC LIMIT $2",
            "public.orders (state, placed_at)",
        ),
        ("SELECT * FROM orders ORDER BY placed_at DESC LIMIT 10", "public.orders (placed_at)"),
        (
            "SELECT * FROM orders ORDER BY placed_at DESC, email LIMIT 10",
            "public.orders (placed_at DESC, email)",
        ),
        (
            "SELECT * FROM orders WHERE customer_id = $1 AND shipped_at IS NULL",
            "public.orders (customer_id) WHERE shipped_at IS NULL",
        ),
        ("UPDATE orders SET state = $1 WHERE customer_id = $2", "public.orders (customer_id)"),
        ("DELETE FROM orders WHERE placed_at < $1", "public.orders (placed_at)"),
        (
            "SELECT * FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)",
            "public.orders (customer_id)",
        ),
        (
            "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = $1",
            "public.orders (customer_id)",
        ),
        (
            "WITH late AS (SELECT * FROM orders WHERE placed_at < $1) SELECT count(*) FROM late",
            "public.orders (placed_at)",
        ),
        ("SELECT * FROM orders WHERE (customer_id, state) = ($1, $2)", "public.orders (customer_id)"),
    ],
)
def test_the_best_guess_comes_first(text: str, first: str) -> None:
    assert shapes(text)[0] == first


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM orders WHERE id = $1",
        "SELECT * FROM tiny WHERE name = $1",
        "SELECT * FROM elsewhere.orders WHERE customer_id = $1",
        "SELECT count(*) FROM orders",
        "SELECT * FROM orders WHERE placed_at + interval '1 day' > $1",
        "SELECT * FROM orders WHERE email LIKE $1",
        "SELECT * FROM orders WHERE customer_id <> $1",
        "SELECT * FROM orders WHERE state = upper(state)",
        "WITH orders AS (SELECT 1 AS customer_id) SELECT * FROM orders WHERE customer_id = $1",
        "SELECT * FROM orders WHERE customer_id = ",
        "SELECT 1; SELECT 2",
        "BEGIN",
    ],
)
def test_nothing_is_advised_where_no_index_would_help(text: str) -> None:
    assert shapes(text) == []


def test_an_index_that_begins_with_the_same_keys_serves() -> None:
    beside = Index(1, "i", ("state", "customer_id", "id"))
    served = relation("orders", *ORDERS.columns.values(), indexes=(beside,))
    text = "SELECT * FROM orders WHERE customer_id = $1 AND state = $2"
    assert "public.orders (customer_id)" in shapes(text, Relations((served,)))
    both = relation("orders", *ORDERS.columns.values(), indexes=(Index(1, "i", ("customer_id", "id")),))
    assert shapes("SELECT * FROM orders WHERE customer_id = $1", Relations((both,))) == []


def test_an_invalid_or_partial_index_does_not_serve() -> None:
    for useless in (
        Index(1, "i", ("customer_id",), valid=False),
        Index(1, "i", ("customer_id",), predicate="(state = 'new'::text)"),
    ):
        had = relation("orders", *ORDERS.columns.values(), indexes=(useless,))
        assert shapes("SELECT * FROM orders WHERE customer_id = $1", Relations((had,)))


def test_a_column_without_a_table_needs_known_columns() -> None:
    text = "SELECT * FROM orders JOIN customers ON customer_id = customers.id WHERE country = $1"
    assert "public.customers (country)" in shapes(text)
    unknown = Relations((relation("orders"), relation("customers")))
    assert "public.customers (country)" not in shapes(text, unknown)
    assert shapes("SELECT * FROM orders WHERE customer_id = $1", unknown) == ["public.orders (customer_id)"]


def test_the_columns_that_are_read_may_be_included() -> None:
    found = shapes("SELECT placed_at FROM orders WHERE customer_id = $1")
    assert found == ["public.orders (customer_id)", "public.orders (customer_id) INCLUDE (placed_at)"]


def test_candidates_are_few_and_unlike_each_other() -> None:
    text = """SELECT o.email FROM orders o JOIN customers c ON c.id = o.customer_id JOIN orders p
              ON p.customer_id = o.customer_id WHERE o.state = $1 AND o.placed_at > $2 AND o.cancelled
              AND p.email = $3 AND c.country = $4 ORDER BY o.placed_at LIMIT 5"""
    found = shapes(text)
    assert 0 < len(found) <= MOST
    assert len(set(found)) == len(found)


def test_names_fit_and_are_not_taken() -> None:
    long = relation("t" * 60, Column("c" * 60, "int", 10), indexes=())
    made = index_candidates(f"SELECT * FROM {long.name} WHERE {'c' * 60} = $1", Relations((long,)))[0]
    assert len(made.name.encode()) <= 63
    taken = relation(
        "orders", *ORDERS.columns.values(), indexes=(Index(1, "orders_customer_id_idx", ("email",)),)
    )
    other = index_candidates("SELECT * FROM orders WHERE customer_id = $1", Relations((taken,)))[0]
    assert other.name != "orders_customer_id_idx"
    assert other.create(concurrently=True).startswith("CREATE INDEX CONCURRENTLY orders_customer_id_")


def test_odd_names_are_quoted() -> None:
    odd = Relation(1, "Sales", "Order", 1e6, 1 << 30, {"User": Column("User", "int", 10)})
    made = index_candidates('SELECT * FROM "Sales"."Order" WHERE "User" = $1', Relations((odd,)))[0]
    assert made.create() == 'CREATE INDEX "Order_User_idx" ON "Sales"."Order" ("User");'
    assert made.drop(concurrently=True) == 'DROP INDEX CONCURRENTLY "Sales"."Order_User_idx";'


def test_question_marks_become_numbers_outside_of_quotes() -> None:
    assert numbered("SELECT '?' FROM t WHERE a = ? AND b IN (?, ...)") == (
        "SELECT '?' FROM t WHERE a = $1 AND b IN ($2)"
    )
    assert numbered("SELECT timestamp with time zone $1, Interval $2") == (
        "SELECT $1::timestamp with time zone, $2::Interval"
    )
    assert numbered("SELECT a AS date, b FROM t WHERE date > date ?") == (
        "SELECT a AS date, b FROM t WHERE date > $1::date"
    )
    assert numbered("SELECT 1 FROM t WHERE doc ? $1") == "SELECT 1 FROM t WHERE doc ? $1"
