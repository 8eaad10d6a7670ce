"""Rows counted and hashed on several nodes at once, and held against each other.

On a cluster that nobody writes to, once the standbys have replayed all of it, primary and standby must hold
the same rows. What is written meanwhile by others cannot be compared, and is not said to be equal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.verifying.judged import judged, part

BUDGET = 20.0
"""Seconds for the rows of one node; the largest tables come last, and what is not read is named."""
QUIET = "no write came between"


@dataclass(frozen=True)
class Contents:
    """What one node holds. ``lsn``: where it was before and after the reading, so that quiet can be told."""

    node: str
    tables: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """By name: rows and hash. Unlogged tables have no rows on a standby, and are not compared."""
    unlogged: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    since: int = 0
    until: int = 0
    error: str = ""


def same_contents(name: str, primary: Contents, others: tuple[Contents, ...], *, own: str = "") -> Check:
    """Every table that was read on both has the same rows. ``own``: schema that is quiet for certain.

    Where others wrote during the reading, only the tables of ``own`` are compared, and that is said.
    """
    quiet = primary.since == primary.until and not primary.error
    parts = [each for other in others for each in _parts(primary, other, quiet=quiet, own=own)]
    rows = sum(rows for rows, _ in primary.tables.values())
    told = f"{len(primary.tables)} tables, {rows} rows"
    if primary.unlogged:
        told += f"; unlogged and so not compared: {', '.join(primary.unlogged[:5])}"
    if unread := sorted({*primary.unread, *(table for other in others for table in other.unread)}):
        told += f"; not read within {BUDGET:g} s: {', '.join(unread[:5])}"
        told += f" and {len(unread) - 5} more" if len(unread) > 5 else ""
    if not quiet and not primary.error:
        told += "; others wrote meanwhile, so that only the canary's own rows were compared"
    return judged(name, parts, expected="the same rows on every node", observed=told)


def _parts(primary: Contents, other: Contents, *, quiet: bool, own: str) -> list[Part]:
    if primary.error or other.error:
        node, why = (primary.node, primary.error) if primary.error else (other.node, other.error)
        return [part(other.node, None, expected="its rows", observed="unread", why=f"{node}: {why}")]
    names = sorted({*primary.tables, *other.tables, *primary.unread, *other.unread})
    found = []
    for table in names:
        ours, theirs = primary.tables.get(table), other.tables.get(table)
        about = f"{table} on {other.node}"
        if not quiet and not (own and table.startswith(f"{own}.")):
            continue
        if ours is None or theirs is None:
            cut = table in {*primary.unread, *other.unread}
            found.append(
                Part(name=about, verdict=Verdict.NOT_APPLICABLE, reason=f"not read within {BUDGET:g} s")
                if cut
                else part(about, False, expected=_told(ours), observed=_told(theirs))
            )
        else:
            found.append(part(about, ours == theirs, expected=_told(ours), observed=_told(theirs)))
    return found or [part(other.node, None, expected="tables to compare", observed="none")]


def _told(content: tuple[int, str] | None) -> str:
    return "no such table" if content is None else f"{content[0]} rows, {content[1][:12]}"


def read_all(
    connections: Mapping[str, Connection], dbname: str, *, lsn: Callable[[str], int]
) -> dict[str, Contents]:
    """The contents of every node, read at the same time. A node that cannot be read says why."""
    with ThreadPoolExecutor(max(len(connections), 1)) as threads:
        asked = {
            node: threads.submit(_read, node, connection, dbname, lsn)
            for node, connection in connections.items()
        }
        return {node: each.result() for node, each in asked.items()}


def _read(node: str, connection: Connection, dbname: str, lsn: Callable[[str], int]) -> Contents:
    from dataops.backup.manifest.session import session
    from dataops.backup.manifest.tables import content_statements, dumped_tables

    try:
        since = lsn(node)
        found: dict[str, tuple[int, str]] = {}
        unread: list[str] = []
        until = time.monotonic() + BUDGET
        with session(connection, dbname, "contents") as conn, conn.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            tables = sorted(dumped_tables(cursor), key=lambda table: (table.bytes, table.identity))
            statements = content_statements(cursor, tuple(tables), conn.server_version // 10000)
            for table in tables:
                if table.identity not in statements or table.unlogged:
                    continue
                if time.monotonic() > until or not _hashed(cursor, statements[table.identity], until):
                    unread.append(table.identity)
                    continue
                row = cursor.fetchone()
                assert row is not None
                found[table.identity] = (row[0], str(row[1]))
            cursor.execute("ROLLBACK")
        unlogged = tuple(table.identity for table in tables if table.unlogged)
        return Contents(node, found, unlogged, tuple(unread), since, lsn(node))
    except DataOpsError as error:
        return Contents(node, error=str(error))


def _hashed(cursor: object, statement: str, until: float) -> bool:
    """Whether the table was read to its end within the time that is left."""
    import psycopg2

    left = max(1, round((until - time.monotonic()) * 1000))
    run = cursor.execute  # type: ignore[attr-defined]
    run("SAVEPOINT one_table")
    run("SELECT set_config('statement_timeout', %s, true)", (f"{left}ms",))
    try:
        run(statement)
    except psycopg2.errors.QueryCanceled:
        run("ROLLBACK TO SAVEPOINT one_table")
        return False
    return True
