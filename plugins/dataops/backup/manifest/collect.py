"""Collect a manifest's details: from the snapshot of a running dump, or from a restored database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from dataops.backup.manifest.content import Content, Reading, read_content, read_large_objects
from dataops.backup.manifest.details import Blind, Definition, Details, LargeObjects, Moment, TableContent
from dataops.backup.manifest.errors import NotComparable
from dataops.backup.manifest.session import reading, session
from dataops.backup.manifest.snapshot import Snapshot
from dataops.backup.manifest.tables import Table, algorithm, content_statements
from dataops.connections import Connection
from dataops.postgres import explained, server_identity, sql

if TYPE_CHECKING:
    from dataops.store import Keys

Say = Callable[[str], None]

NEWEST = 18
"""The newest major whose catalog all questions know; tests ask servers of each major up to it."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def collect(
    connection: Connection,
    *,
    dbname: str,
    keys: Keys,
    snapshot: Snapshot | None = None,
    content: str = "full",
    jobs: int = 2,
    budget: timedelta | None = None,
    hashed_before: Mapping[str, datetime] | None = None,
    say: Say = lambda line: None,
    stop: Event | None = None,
) -> Details:
    """Everything that is true of the database at the snapshot's moment; without one, at its own.

    ``content``: ``full`` counts and hashes every table, ``rotate`` those that fit the budget,
    longest unseen first (by ``hashed_before``), ``definitions`` none. With a snapshot given, the
    caller still has to ``confirm()`` it once the dump has ended. ``stop``, once set, ends it with an error
    and no query behind it.
    """
    if snapshot is None:
        with Snapshot(connection, dbname, keys=keys) as own:
            details = _collect(own, content, jobs, budget, hashed_before or {}, say, stop)
            own.confirm()
            return details
    return _collect(snapshot, content, jobs, budget, hashed_before or {}, say, stop)


def _collect(
    snapshot: Snapshot,
    content: str,
    jobs: int,
    budget: timedelta | None,
    hashed_before: Mapping[str, datetime],
    say: Say,
    stop: Event | None,
) -> Details:
    if content not in {"full", "rotate", "definitions"}:
        raise NotComparable(f"Content {content!r} is unknown: full, rotate or definitions.")
    with explained(f"database {snapshot.dbname}"):
        moment = _moment(snapshot)
        rights, objects, blind = _large_objects(snapshot, with_content=content != "definitions")
        found = (
            {}
            if content == "definitions"
            else _content(
                snapshot, moment, jobs, budget if content == "rotate" else None, hashed_before, say, stop
            )
        )
    return Details(
        moment=moment,
        content=content,
        algorithm=algorithm(snapshot.session.server_version // 10000),
        definitions=snapshot.before.seen + rights,
        sequences=snapshot.sequences,
        tables=tuple(
            _table(table, found.get(table.identity), hashed_before)
            for table in snapshot.tables
            if table.has_rows
        ),
        large_objects=objects,
        blind=(
            *(snapshot.before.blind + blind + _unlogged(snapshot, moment)),
            *_later(snapshot.session.server_version // 10000),
        ),
        programs={"postgres": moment.server_version},
    )


def _content(
    snapshot: Snapshot,
    moment: Moment,
    jobs: int,
    budget: timedelta | None,
    hashed_before: Mapping[str, datetime],
    say: Say,
    stop: Event | None,
) -> dict[str, Content]:
    """Count and hash in the snapshot: the longest unseen first, then the largest."""
    major = snapshot.session.server_version // 10000
    readable = [
        table for table in snapshot.tables if table.has_rows and not (table.unlogged and moment.in_recovery)
    ]
    readable.sort(key=lambda table: (hashed_before.get(table.identity, _NEVER), -table.bytes))
    with snapshot.session.cursor() as cursor:
        statements = content_statements(cursor, snapshot.tables, major)
    started = monotonic()
    where = Reading(snapshot.connection, snapshot.dbname, snapshot.id, jobs, stop)
    found = read_content(where, readable, statements, budget)
    rows = sum(one.rows for one in found.values())
    say(
        f"manifest: {len(found)} of {len(readable)} tables counted and hashed, {rows} rows, "
        f"{monotonic() - started:.1f} s"
    )
    return found


def _table(table: Table, found: Content | None, hashed_before: Mapping[str, datetime]) -> TableContent:
    return TableContent(
        identity=table.identity,
        rows=found.rows if found else None,
        hash=found.hash if found else None,
        hashed_at=found.at if found else hashed_before.get(table.identity),
        bytes=table.bytes,
        condition=table.condition,
        unlogged=table.unlogged,
    )


def _moment(snapshot: Snapshot) -> Moment:
    server = server_identity(snapshot.session)
    facts = next(one.facts for one in snapshot.before.seen if one.kind == "database")
    with snapshot.session.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    assert row is not None
    return Moment(
        snapshot_at=snapshot.at,
        lsn=server.lsn,
        timeline=server.timeline,
        system_identifier=server.system_identifier,
        in_recovery=server.in_recovery,
        server_version=server.version,
        dbname=snapshot.dbname,
        encoding=str(facts["encoding"]),
        collation=str(facts["collate"]),
        database_bytes=row[0],
    )


def _large_objects(
    snapshot: Snapshot, *, with_content: bool
) -> tuple[tuple[Definition, ...], LargeObjects | None, tuple[Blind, ...]]:
    """Rights and contents of large objects. These are rows: a dump reads them in its snapshot."""
    import psycopg2

    if snapshot.session.server_version < 140000:
        return (), None, (Blind(what="large objects", reason="PostgreSQL 13 has no hash of a record"),)
    with (
        session(snapshot.connection, snapshot.dbname, "content") as conn,
        reading(conn, snapshot.id) as cursor,
    ):
        try:
            cursor.execute(sql(__package__, "large_object_rights"))
            rights = tuple(Definition("large objects", *one) for one in sorted(cursor.fetchall(), key=str))
            return rights, read_large_objects(cursor) if with_content else None, ()
        except psycopg2.errors.InsufficientPrivilege as error:
            return (), None, (Blind(what="large objects", reason=str(error.diag.message_primary)),)


def _unlogged(snapshot: Snapshot, moment: Moment) -> tuple[Blind, ...]:
    if moment.in_recovery and any(table.unlogged for table in snapshot.tables):
        return (Blind(what="unlogged tables", reason="their rows are not on a standby, nor in a dump of it"),)
    return ()


def _later(major: int) -> tuple[Blind, ...]:
    """What nobody asks a server for that is newer than the questions."""
    if major <= NEWEST:
        return ()
    reason = f"the classes of objects that PostgreSQL brought after {NEWEST}; the server is of {major}"
    return (Blind(what="later object classes", reason=reason),)
