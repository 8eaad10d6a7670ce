"""The database that a restore fills: what it is, and why it may be refused."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.backup.manifest.header import Header
from dataops.connections import Connection
from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session


class TargetRefused(ConfigurationError):
    """The target may not be written to: it holds something, or it is what the backup is of."""


@dataclass(frozen=True)
class Target:
    """A database on a server, with a connection to it. ``exists`` is false where it is still to be made."""

    connection: Connection
    dbname: str
    major: int
    exists: bool
    roles: frozenset[str]

    def __str__(self) -> str:
        return f"database {self.dbname} on {self.connection.host}:{self.connection.port or 5432}"


def look_at(dsn: str, header: Header) -> Target:
    """The target, found to be empty or not there yet; else ``TargetRefused`` says why."""
    connection = postgres.from_dsn(dsn, connection_id="target")
    dbname = connection.schema
    if not dbname:
        raise TargetRefused("The target names no database: write postgresql://user@host:port/DATABASE.")
    with closing(session_on(connection, "postgres")) as session:
        identity = postgres.server_identity(session)
        if identity.in_recovery:
            raise TargetRefused("The target is a standby, which takes no writes: name its primary.")
        if identity.system_identifier == header.system_identifier and dbname == header.dbname:
            raise TargetRefused(
                f"The target is {dbname} itself, which the backup is of: restore beside it, look at the "
                "result, then rename the two (ALTER DATABASE … RENAME TO …)."
            )
        names = _column(session, "SELECT datname FROM pg_database")
        roles = frozenset(_column(session, "SELECT rolname FROM pg_roles"))
    target = Target(connection, dbname, identity.major, dbname in names, roles)
    _require_major(target, header)
    if target.exists:
        _require_empty(target)
    return target


def session_on(connection: Connection, dbname: str) -> Session:
    """An autocommit session for statements that may take their time."""
    return postgres.connect(
        postgres.with_options(connection, postgres.WRITING),
        dbname=dbname,
        application_name="dataops restore",
        autocommit=True,
        statement_timeout=0,
        lock_timeout=0,
        pinned=True,
    )


def _require_major(target: Target, header: Header) -> None:
    source = int(header.server_version.split(".")[0].split()[0])
    if target.major < source:
        raise TargetRefused(
            f"The target is PostgreSQL {target.major}, the backup of {source}: restore to {source} or newer."
        )


def _require_empty(target: Target) -> None:
    with closing(session_on(target.connection, target.dbname)) as session:
        held = _column(session, postgres.sql(__package__, "contents"))
    if held:
        raise TargetRefused(
            f"The {target} is not empty: it holds {', '.join(held[:3])}{' …' if len(held) > 3 else ''}. "
            "Name a database that does not exist yet, or an empty one."
        )


def _column(session: Session, query: str) -> list[str]:
    with postgres.explained("looking at the target"), session.cursor() as cursor:
        cursor.execute(query)
        return [str(row[0]) for row in cursor.fetchall()]
