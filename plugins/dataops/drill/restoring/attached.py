"""A server that somebody else restored: the same checks, without a restore and without a teardown."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Header
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.point import Point
from dataops.drill.restored import Method, Phases, RestoredServer
from dataops.errors import ConfigurationError, InconclusiveError

if TYPE_CHECKING:
    from dataops.postgres import ServerIdentity

READ_ONLY = "-c default_transaction_read_only=on"
"""What every session of the checks begins with: this server belongs to somebody else."""


def attached(job: Job, header: Header, dsn: str) -> RestoredServer:
    """The server behind ``dsn`` as if a drill had restored it; every session on it is read-only.

    Raises ``ConfigurationError`` where the DSN leads to the very server that the backup is of, and
    ``InconclusiveError`` where its major version is another than the backup's.
    """
    connection = read_only(postgres.from_dsn(dsn, connection_id="attached"))
    with closing(postgres.connect(connection, application_name="drill check", autocommit=True)) as session:
        identity = postgres.server_identity(session)
    _refuse_the_source(job, identity)
    expectations = expectations_of(job, header)
    dbname = connection.schema
    if header.dbname is not None and len(expectations) == 1:
        if not dbname:
            raise ConfigurationError("The DSN names no database: write postgresql://user@host:port/DATABASE.")
        expectations = {dbname: next(iter(expectations.values()))}
    method: Method = "logical" if header.method == "logical" else "physical"
    _require_version(header, identity)
    reason = f"restored by somebody else, at {dsn_in_words(connection)}"
    return RestoredServer(
        drill_id="attached",
        point=Point(kind="backup", header=header, at=header.snapshot_at, chosen_because=reason),
        header=header,
        method=method,
        connection=connection,
        major=identity.major,
        keys=_keys(job),
        settings=job.subject.drill,
        phases=Phases(),
        dbnames=tuple(sorted(expectations)),
        expectations=expectations,
    )


def read_only(connection: Connection) -> Connection:
    """The same connection, each of whose transactions is read-only from the start."""
    given = str(connection.extra.get("options") or "")
    return replace(connection, extra={**connection.extra, "options": f"{given} {READ_ONLY}".strip()})


def expectations_of(job: Job, header: Header) -> dict[str, Details | None]:
    """From database to its part of the backup's manifest."""
    if header.method == "logical":
        from dataops.drill.restoring.logical import LogicalBackup

        backup = LogicalBackup.of(job, header)
        return {backup.dbname: backup.expected}
    from dataops.drill.restoring.physical import parts_of

    return {**parts_of(job, header)}


def dsn_in_words(connection: Connection) -> str:
    """Where a connection leads, without who logs in."""
    return f"{connection.host or 'a local socket'}:{connection.port or 5432}"


def _keys(job: Job):  # type: ignore[no-untyped-def]
    from dataops.backup.sealing import seal_of

    return seal_of(job).keys or job.platform.keys


def _require_version(header: Header, identity: ServerIdentity) -> None:
    from dataops.drill.scratch.wanted import major_of

    if major_of(header) not in {0, identity.major}:
        raise InconclusiveError(
            f"The server is PostgreSQL {identity.major}, the backup is of {major_of(header)}: hashes and "
            "definitions of different major versions cannot be compared."
        )


def _refuse_the_source(job: Job, identity: ServerIdentity) -> None:
    """Not the source itself: it would equal its own manifest and prove nothing."""
    ...
