"""A server that somebody else restored: the same checks, without a restore and without a teardown."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime

from dataops import postgres
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency, Header
from dataops.backup.physical.contents import databases
from dataops.backup.sealing import seal_of
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.point import Point
from dataops.drill.restored import Phases, RestoredServer
from dataops.drill.restoring.logical import LogicalBackup
from dataops.drill.restoring.physical import inexact, parts_of
from dataops.drill.scratch.wanted import major_of
from dataops.errors import ConfigurationError, DataOpsError, InconclusiveError
from dataops.postgres import ServerIdentity

ATTACHED = "attached"
READ_ONLY = "-c default_transaction_read_only=on"
"""What every session of the checks begins with: this server belongs to somebody else."""


def attached(job: Job, header: Header, dsn: str) -> RestoredServer:
    """The server behind ``dsn`` as if a drill had restored it; every session on it is read-only.

    ``drill_id`` is ``attached``. Raises ``ConfigurationError`` where the DSN leads to the very thing that the
    backup is of, ``InconclusiveError`` where its major version is another than the backup's.
    """
    connection = read_only(postgres.from_dsn(dsn, connection_id="attached"))
    with closing(postgres.connect(connection, application_name="drill check", autocommit=True)) as session:
        identity = postgres.server_identity(session)
    _require_version(header, identity)
    _refuse_the_source(job, header, identity, connection.schema)
    expectations, dbnames = expectations_of(job, header), tuple(_databases(connection, header))
    if header.method == "logical":  # restored under whatever name
        expectations = {connection.schema: next(iter(expectations.values()))}
    where = f"{connection.host or 'a local socket'}:{connection.port or 5432}"
    point = Point("backup", header, header.snapshot_at, f"restored by somebody else at {where}")
    return RestoredServer(
        drill_id=ATTACHED,
        point=point,
        header=header,
        method="logical" if header.method == "logical" else "physical",
        connection=connection,
        major=identity.major,
        keys=seal_of(job).keys or job.platform.keys,
        settings=job.subject.drill,
        phases=Phases(),
        dbnames=dbnames,
        expectations=expectations,
        inexact="" if header.consistency is Consistency.EXACT_SNAPSHOT else inexact(point),
        ours=False,
    )


def read_only(connection: Connection) -> Connection:
    """The same connection, each of whose transactions is read-only from the start."""
    given = str(connection.extra.get("options") or "")
    return replace(connection, extra={**connection.extra, "options": f"{given} {READ_ONLY}".strip()})


def expectations_of(job: Job, header: Header) -> dict[str, Details | None]:
    """From database to its part of the backup's manifest."""
    if header.method == "logical":
        backup = LogicalBackup.of(job, header)
        return {backup.dbname: backup.expected}
    return {**parts_of(job, header)}


def _databases(connection: Connection, header: Header) -> list[str]:
    if header.method != "logical":
        return databases(connection)
    if not connection.schema:
        raise ConfigurationError("The DSN names no database: write postgresql://user@host:port/DATABASE.")
    return [connection.schema]


def _require_version(header: Header, identity: ServerIdentity) -> None:
    if major_of(header) not in {0, identity.major}:
        raise InconclusiveError(
            f"The server is PostgreSQL {identity.major}, the backup is of {major_of(header)}: hashes and "
            "definitions of different major versions cannot be compared."
        )


def _refuse_the_source(job: Job, header: Header, identity: ServerIdentity, dbname: str) -> None:
    """The source would equal its own manifest and prove nothing.

    A physical restore has its source's system identifier, so those two are told apart by when they started;
    a source that does not answer, as on the real day, is not what answers here.
    """
    if header.system_identifier != identity.system_identifier:
        return
    logical = header.method == "logical"
    if dbname == header.dbname if logical else _started(job) == identity.started:
        raise ConfigurationError(
            f"The DSN leads to {job.subject.name} itself, which the backup is of: name the restored server."
        )


def _started(job: Job) -> datetime | None:
    source = job.platform.connection(job.platform.inventory.server_of(job.subject).connection)
    try:
        with closing(postgres.connect(source, application_name="drill check", autocommit=True)) as session:
            return postgres.server_identity(session).started
    except DataOpsError:
        return None
