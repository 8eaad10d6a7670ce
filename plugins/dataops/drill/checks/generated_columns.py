"""Stored generated columns hold what their expressions say: no dump carries them, so no hash knows them."""

from __future__ import annotations

from collections.abc import Iterable

from dataops.drill.checks.looking import Look
from dataops.drill.checks.parts import of_part
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql


def generated_columns(look: Look) -> list[Item]:
    """Every table that keeps computed columns, with each and its expression."""
    return [
        Item(name=table, table=table, size=size, about=tuple(zip(columns, expressions, strict=True)))
        for table, size, columns, expressions in look.query(sql(__package__, "generated_expressions"))
    ]


@check_of_rows(
    "generated columns",
    items=generated_columns,
    methods=PHYSICAL,
    elsewhere="a logical restore computed every one of them anew",
    expected="what their expressions give",
    divisible=True,
)
def computed_again(look: Look, item: Item) -> Iterable[str]:
    """Rows whose stored value does not print as the expression's: not every type has an equality."""
    counted = ", ".join(
        f"count(*) FILTER (WHERE record_out(ROW(t.{column}))::text <> record_out(ROW(({expression})))::text)"
        for column, expression in item.about
    )
    part = of_part(item, "t")
    rows = look.query(f"SELECT {counted} FROM ONLY {item.table} AS t WHERE true {part}")[0]
    for (column, _), count in zip(item.about, rows, strict=True):
        if count:
            yield f"{item.table}.{column}: {count} rows hold another value than their expression gives"
