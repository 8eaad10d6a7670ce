"""Databases that are on a server and that nobody enrolled: nobody would miss their backups until the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass

from dataops.connections import Connection
from dataops.inventory.server import Server
from dataops.platform import Platform

Lister = Callable[[Connection], Iterable[str]]
"""From the connection to a server to the names of its databases; raises ``DataOpsError`` where it cannot."""


@dataclass(frozen=True, order=True)
class Unenrolled:
    """A database without a file in include/databases; ``server`` is the name of its server."""

    server: str
    database: str


def databases_on(connection: Connection) -> list[str]:
    """The databases of users on the server, sorted. Raises what ``dataops.postgres`` finds wrong."""
    from dataops.postgres import connect, explained, sql

    with (
        closing(connect(connection, application_name="discovery", statement_timeout=15)) as session,
        explained(connection.id),
        session.cursor() as cursor,
    ):
        cursor.execute(sql("dataops.inventory", "databases"))
        return [name for (name,) in cursor.fetchall()]


def unenrolled(
    platform: Platform, server: Server | None = None, *, databases: Lister = databases_on
) -> tuple[Unenrolled, ...]:
    """What nobody enrolled on this server, or on any that is not retired.

    A database that is not to be backed up is enrolled too, with ``retired``; one whose file is
    invalid is enrolled, and reported as invalid. Raises where a server cannot be asked: an empty
    answer always means that every database was seen.
    """
    servers = [server] if server else [each for each in platform.inventory.servers if not each.retired]
    return tuple(found for each in servers for found in _on(platform, each, databases))


def _on(platform: Platform, server: Server, databases: Lister) -> list[Unenrolled]:
    inventory = platform.inventory
    known = {each.dbname for each in inventory.databases_of(server)} | {
        each.name for each in inventory.invalid
    }
    present = databases(platform.connection(server.connection))
    return [Unenrolled(server.name, name) for name in sorted(present) if name not in known]
