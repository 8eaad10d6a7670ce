"""Unique keys by sequential scan: no two rows share what an index says only one has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dataops.drill.checks.index_proof import proofs
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import Item, check_of_rows
from dataops.postgres import sql

SEQUENTIAL = {
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
    "max_parallel_workers_per_gather": "0",
}
PAIRS = 500
"""Rows of an exclusion constraint that are held against all others; all pairs would never end."""


class Key(NamedTuple):
    """One unique index, as SQL over its table."""

    columns: tuple[str, ...]
    """Each key column or expression, with the index's collation."""
    types: tuple[str, ...]
    less: tuple[str, ...]
    """The operators by which the index sorts."""
    equal: tuple[str, ...]
    usual: bool
    """Whether these are what the types themselves call equal."""
    condition: str
    nulls_equal: bool
    oid: int


def unique_keys(look: Look) -> list[Item]:
    """Every unique index that the server enforces, and every exclusion constraint.

    Those that a proof may settle come last: by then it has been carried out, or this session may take part.
    """
    nulls = "i.indnullsnotdistinct" if look.server.major >= 15 else "false"
    statement = sql(__package__, "unique_keys").replace("{nulls_not_distinct}", nulls)
    keys = [
        Item(
            name=name,
            table=table,
            size=0 if look.server.settings.mode == "full" and rest[-1] in proofs(look) else size,
            about=Key(tuple(c), tuple(t), tuple(lt), tuple(eq), *rest),
        )
        for name, table, size, c, t, lt, eq, *rest in look.query(statement)
    ]
    exclusions = [
        Item(name=name, table=table, size=size, about=(conflict, condition))
        for name, table, size, conflict, condition in look.query(sql(__package__, "exclusions"))
    ]
    return keys + exclusions


@check_of_rows("unique keys", items=unique_keys, expected="no duplicates", divisible=True)
def duplicates(look: Look, item: Item) -> Iterable[str]:
    """Rows that share a key, found without any index."""
    if not isinstance(item.about, Key):
        yield from _conflicts(look, item)
        return
    proof = proofs(look).get(item.about.oid) if item.part == (0, 1) else None
    if (proof and proof.outcome(look).unique) or _all_differ(look, item):
        return
    with look.cursor(SEQUENTIAL) as cursor:
        cursor.execute(_exactly(item))
        count = cursor.fetchone()[0]
    if count:
        yield f"{item.name} of {item.table}: {count} rows repeat a key that another row has"


def _all_differ(look: Look, item: Item) -> bool:
    """Whether as many different keys as rows are there, by one sort of 8 bytes a row.

    Keys of equal hash may still differ, and some types have no hash: then only the exact look can tell.
    """
    import psycopg2

    key = item.about
    if not key.usual or look.server.major < 14:
        return False
    number = _number(key)
    slice_ = "" if item.part[1] == 1 else f" AND abs({_hash(key)} % {item.part[1]}) = {item.part[0]}"
    statement = (
        f"SELECT count(*) = count(DISTINCT {number}) FROM {item.table} AS t WHERE {_rows(key)}{slice_}"
    )
    try:
        with look.cursor(SEQUENTIAL) as cursor:
            cursor.execute(statement)
            return bool(cursor.fetchone()[0])
    except psycopg2.errors.UndefinedFunction:
        return False


def _number(key: Key) -> str:
    """What tells keys apart in 8 bytes: the key itself where it is one number, else its hash."""
    if key.types in {("integer",), ("bigint",), ("smallint",), ("oid",)} and not key.nulls_equal:
        return key.columns[0]
    return _hash(key)


def _hash(key: Key) -> str:
    return f"hash_record_extended(ROW({', '.join(key.columns)}), 0)"


def _rows(key: Key) -> str:
    """The rows that the index is about: of its condition, and where nulls are distinct without any."""
    parts = [f"({key.condition})"] if key.condition else []
    if not key.nulls_equal:
        parts += [f"({column}) IS NOT NULL" for column in key.columns]
    return " AND ".join(parts) or "true"


def _exactly(item: Item) -> str:
    """The number of rows that equal the one before them, sorted and compared as the index does."""
    key = item.about
    order = ", ".join(f"{column} USING {less}" for column, less in zip(key.columns, key.less, strict=True))
    same = " AND ".join(
        f"(({column}) {equal} lag({column}) OVER w"
        + (f" OR ({column}) IS NULL AND lag({column}) OVER w IS NULL)" if key.nulls_equal else ")")
        for column, equal in zip(key.columns, key.equal, strict=True)
    )
    return (
        f"SELECT count(*) FROM (SELECT lag(true) OVER w AND {same} AS same FROM {item.table} AS t "
        f"WHERE {_rows(key)} WINDOW w AS (ORDER BY {order})) AS sorted WHERE same"
    )


def _conflicts(look: Look, item: Item) -> Iterable[str]:
    conflict, condition = item.about
    where = f"WHERE ({condition})" if condition else ""
    statement = (
        f"SELECT count(*) FROM "
        f"(SELECT ctid, * FROM {item.table} {where} ORDER BY random() LIMIT {PAIRS}) AS a, "
        f"(SELECT ctid, * FROM {item.table} {where}) AS b WHERE a.ctid <> b.ctid AND {conflict}"
    )
    with look.cursor(SEQUENTIAL) as cursor:
        cursor.execute(statement)
        count = cursor.fetchone()[0]
    if count:
        yield f"{item.name} of {item.table}: {count} pairs of rows exclude each other"
