"""What an index costs those who write: rows inserted again, with it and without it, rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataops.performance.advising.identifiers import qualified, quoted
from dataops.performance.proving.judging import WriteCost
from dataops.performance.proving.prepared import CannotTry, name_of

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

ROWS = 2_000
ROUNDS = 3
_COLUMNS = """
SELECT attname FROM pg_attribute
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
 ORDER BY attnum
"""


@dataclass(frozen=True)
class Written:
    """How long it took to insert ``rows`` rows, and the WAL that it wrote."""

    rows: int
    seconds: float
    wal_bytes: int


def written(session: PsycopgConnection, schema: str, table: str, *, limit: float) -> Written | None:
    """How long inserting rows takes now; None for a table without rows. Raises ``CannotTry``.

    Real rows are deleted and inserted again in one transaction, so that no unique key stands in the way; no
    trigger fires, no foreign key is looked up: only the table and its indexes are measured. The role must be
    allowed to set session_replication_role, which can be granted from PostgreSQL 15 on.
    """
    import psycopg2

    place = qualified(schema, table)
    runs: list[Written] = []
    try:
        with session.cursor() as cursor:
            cursor.execute(_COLUMNS, (place,))
            columns = ", ".join(quoted(name) for (name,) in cursor)
            for _ in range(ROUNDS):
                cursor.execute("BEGIN")
                try:
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute(f"SET LOCAL statement_timeout = {limit * 1000:.0f}")
                    for statement in _taken(place, columns):
                        cursor.execute(statement)
                    cursor.execute(_again(place, columns))
                    (told,) = cursor.fetchone() or ([{}],)
                    runs.append(_of(told[0]))
                finally:
                    with suppress(psycopg2.Error):
                        cursor.execute("ROLLBACK")
    except psycopg2.Error as error:
        raise CannotTry(f"rows of {place} cannot be inserted again: {name_of(error)}") from None
    least = least_of(runs)
    return least if least.rows else None


def least_of(runs: Sequence[Written]) -> Written:
    """The least time and the least WAL of several runs, each for itself.

    The first change of a page after a checkpoint writes the whole page (full_page_writes), which is no
    cost of an index, and may happen to the fastest run.
    """
    return Written(
        rows=runs[0].rows,
        seconds=min(each.seconds for each in runs),
        wal_bytes=min(each.wal_bytes for each in runs),
    )


def compared(without: Written | None, with_: Written | None) -> WriteCost | None:
    """Both as one; None where either could not be measured."""
    if without is None or with_ is None:
        return None
    return WriteCost(without.rows, without.seconds, with_.seconds, without.wal_bytes, with_.wal_bytes)


def _taken(place: str, columns: str) -> Iterator[str]:
    """Some rows are set aside and deleted, so that they can be inserted again."""
    yield (
        "CREATE TEMPORARY TABLE taken ON COMMIT DROP AS "
        f"SELECT ctid AS dataops_row, tableoid AS dataops_piece, {columns} FROM {place} LIMIT {ROWS}"
    )
    yield (
        f"DELETE FROM {place} WHERE ctid = ANY(ARRAY(SELECT dataops_row FROM pg_temp.taken)) "
        "AND tableoid = ANY(ARRAY(SELECT dataops_piece FROM pg_temp.taken))"
    )


def _again(place: str, columns: str) -> str:
    return (
        "EXPLAIN (ANALYZE, WAL, TIMING OFF, FORMAT JSON) "
        f"INSERT INTO {place} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM pg_temp.taken"
    )


def _of(told: Mapping[str, Any]) -> Written:
    plan = told["Plan"]
    return Written(
        rows=int(plan["Plans"][0]["Actual Rows"]),
        seconds=told["Execution Time"] / 1000,
        wal_bytes=int(plan.get("WAL Bytes", 0)),
    )
