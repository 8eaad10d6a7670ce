"""Where a server lies, asked from the server itself: paths, ports, sockets, archive settings."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from dataops.backup.physical.errors import NotArchiving, WrongServer
from dataops.connections import Connection
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.postgres import (
    ServerIdentity,
    ServerNotReady,
    ServerUnreachable,
    connect,
    explained,
    server_identity,
    sql,
)


@dataclass(frozen=True)
class Instance:
    """One PostgreSQL server of the pair, as it describes itself."""

    connection: Connection
    identity: ServerIdentity
    data_directory: str
    port: int
    sockets: str
    archive_mode: str
    archive_command: str
    archive_timeout: int
    """Seconds; 0 where WAL is archived only once a segment is full."""
    segment_size: int
    """Bytes."""
    full_page_writes: bool

    @property
    def socket(self) -> str:
        """The first real folder of Unix sockets; empty where there is none."""
        folders = (folder.strip().strip('"') for folder in self.sockets.split(","))
        return next((folder for folder in folders if folder.startswith("/")), "")


@dataclass(frozen=True)
class Site:
    """A server of the inventory: its primary, and its standby where one is declared."""

    server: Server
    primary: Instance
    standby: Instance | None
    note: str = ""
    """Why a declared standby is not used."""
    moved: bool = False
    """Whether the declared standby is the primary since a failover, so that the two hosts changed roles."""


def look(platform: Platform, server: Server) -> Site:
    """What primary and standby say of themselves.

    A standby that does not answer is left out, and that is noted: the backup is then taken from the primary.
    So is one that is the primary itself since a failover: clients' route leads there, and so may ours.
    Raises ``WrongServer`` where the two connections do not lead to a primary and to its own standby.
    """
    primary = instance(platform.connection(server.connection))
    if primary.identity.in_recovery:
        raise WrongServer(
            f"{server.connection} leads to a standby, the inventory names it as primary of {server.name}: "
            "correct the connection, or the inventory after a failover."
        )
    if server.standby is None:
        return Site(server, primary, None)
    try:
        standby = instance(platform.connection(server.standby))
    except (ServerUnreachable, ServerNotReady) as error:
        return Site(server, primary, None, f"; the standby is left out: {error}")
    if _is_same(primary, standby):
        note = f"; the standby is left out: {server.standby} leads to the primary, since a failover"
        return Site(server, primary, None, note, moved=True)
    _insist_on_pair(server, primary, standby)
    return Site(server, primary, standby)


def instance(connection: Connection) -> Instance:
    """What the server behind a connection says of itself; needs ``pg_read_all_settings``."""
    with closing(connect(connection, application_name="backup physical", autocommit=True)) as session:
        identity = server_identity(session)
        with explained(f"reading settings by {connection.id}"), session.cursor() as cursor:
            cursor.execute(sql(__package__, "where_it_lies"))
            row = cursor.fetchone()
            assert row is not None and cursor.description is not None
            values = dict(zip((column.name for column in cursor.description), row, strict=True))
    return Instance(connection=connection, identity=identity, **values)


def insist_on_archiving(primary: Instance) -> None:
    """``NotArchiving`` where the primary does not archive WAL through pgBackRest."""
    if primary.archive_mode == "off" or "pgbackrest" not in primary.archive_command:
        raise NotArchiving(
            f"The server behind {primary.connection.id} does not archive through pgBackRest "
            f"(archive_mode is {primary.archive_mode}): set archive_mode=on and archive_command to "
            "`pgbackrest --stanza=… archive-push %p`, then restart it."
        )


def _is_same(one: Instance, other: Instance) -> bool:
    """Whether both connections lead to the same running server: its own word, of itself."""
    return (one.identity.system_identifier, one.identity.started, one.identity.in_recovery) == (
        other.identity.system_identifier,
        other.identity.started,
        other.identity.in_recovery,
    )


def _insist_on_pair(server: Server, primary: Instance, standby: Instance) -> None:
    if primary.identity.system_identifier != standby.identity.system_identifier:
        raise WrongServer(
            f"{server.standby} is no standby of {server.connection}: their system identifiers differ "
            f"({standby.identity.system_identifier}, {primary.identity.system_identifier})."
        )
    if not standby.identity.in_recovery:
        raise WrongServer(
            f"{server.standby} leads to a primary, the inventory names it as the standby of {server.name}."
        )
