"""Indexes that amcheck does not know: each answers as a sequential scan does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from dataops.drill.checks.finding import Inability
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import PHYSICAL, Item, check_of_rows
from dataops.postgres import sql

SAMPLE = 10
"""Values, from all over the table, that both are asked for."""
BY_SEQUENCE = {"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"}
BY_INDEX = {"enable_seqscan": "off"}


class Sought(NamedTuple):
    """How an index is asked: its first key, an operator that takes the key's own values, its condition."""

    oid: int
    relid: int
    key: str
    operator: str
    condition: str


def other_indexes(look: Look) -> list[Item]:
    """Every valid index but btree ones. An index whose operators take other values than its own is told."""
    return [
        Item(
            name=name,
            table=table,
            size=size,
            about=Sought(oid, relid, key, operator or "", condition),
            declared="" if operator else f"no operator of its class {opclass} takes the column's own values",
        )
        for name, table, size, oid, relid, key, operator, opclass, condition in look.query(
            sql(__package__, "other_indexes")
        )
    ]


@check_of_rows(
    "other indexes",
    items=other_indexes,
    methods=PHYSICAL,
    elsewhere="a logical restore built every index minutes ago, from the rows that the other checks read",
    expected="the same rows by index as by sequential scan",
)
def other_index(look: Look, item: Item) -> Iterable[str]:
    """Rows that equal, overlap or contain a sampled value: counted by both, and the same ones."""
    values = _sample(look, item)
    if not values:
        return
    sought = item.about
    wanted = " OR ".join(f"{sought.key} {sought.operator} {value}" for value in values)
    where = f"({sought.condition}) AND ({wanted})" if sought.condition else f"({wanted})"
    counted = "count(*), coalesce(sum(hashtext(ctid::text)::bigint), 0)"
    question = f"SELECT {counted} FROM {item.table} AS t WHERE {where}"
    with look.cursor(BY_SEQUENCE) as cursor:
        cursor.execute(question)
        there = cursor.fetchone()
    found = _by_index(look, sought, question)
    if found != there:
        yield f"{item.name} of {item.table} finds {found[0]} rows, a sequential scan {there[0]}"


def _sample(look: Look, item: Item) -> list[str]:
    """Literals of values from all over the table."""
    sought = item.about
    condition = f" AND ({sought.condition})" if sought.condition else ""
    value = f"format('%%L::%%s', ({sought.key})::text, pg_typeof({sought.key}))"
    if sought.operator.endswith(".@@)"):
        word = f"(SELECT quote_literal(lexeme) FROM unnest({sought.key}) LIMIT 1)"
        value = f"format('%%L::tsquery', {word})"
    statement = (
        f"SELECT DISTINCT value FROM (SELECT {value} AS value FROM {item.table} AS t {{sample}} "
        f"WHERE ({sought.key}) IS NOT NULL{condition} LIMIT %(limit)s) AS sampled WHERE value IS NOT NULL"
    )
    share = min(100.0, 100.0 * 50 * 8192 / max(item.size, 1))
    sampled = f"TABLESAMPLE SYSTEM ({share:.6f})" if share < 100 else ""
    with look.cursor(BY_SEQUENCE) as cursor:  # an index that misses rows would hide them from the sample too
        cursor.execute(statement.format(sample=sampled), {"limit": 40 * SAMPLE})
        rows = cursor.fetchall()
        if not rows:
            cursor.execute(statement.format(sample=""), {"limit": 40 * SAMPLE})
            rows = cursor.fetchall()
    return [value for (value,) in rows[:: max(1, len(rows) // SAMPLE)][:SAMPLE]]


def _by_index(look: Look, sought: Sought, question: str) -> tuple[int, int]:
    """The answer of this very index: for this transaction the table's other indexes are not valid.

    It is rolled back, so that nobody else sees it.
    """
    with look.cursor(BY_INDEX, writing=True) as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indrelid = %s AND indexrelid <> %s",
            (sought.relid, sought.oid),
        )
        cursor.execute(f"EXPLAIN (FORMAT JSON) {question}")
        name = look.value("SELECT relname FROM pg_class WHERE oid = %s", (sought.oid,))
        if f'"Index Name": {json.dumps(name)}' not in json.dumps(cursor.fetchone()[0]):
            raise Inability(f"the planner does not use index {name}, so it could not be asked")
        cursor.execute(question)
        found: tuple[int, int] = cursor.fetchone()
        return found
