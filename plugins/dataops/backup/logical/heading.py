"""The clear header of a logical backup's manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dataops.backup.logical.preflight import Ground
from dataops.backup.logical.settings import subject_of
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.steps import Job
from dataops.evidence.commit import git_commit
from dataops.evidence.verdict import Artifact


def heading(
    job: Job,
    ground: Ground,
    *,
    backup_id: str,
    started: datetime,
    details: Details,
    details_key: str,
    objects: tuple[Artifact, ...],
    fence: int,
) -> Header:
    """What anybody may know of the backup without a key: when, of what, how large, and every object."""
    database, moment, seal = subject_of(job), details.moment, ground.seal
    return Header(
        backup_id=backup_id,
        subject=database.name,
        kind=database.kind,
        method=database.method,
        environment=job.platform.environment,
        server=database.server,
        dbname=database.dbname,
        started=started,
        finished=datetime.now(UTC),
        snapshot_at=moment.snapshot_at,
        consistency=Consistency.EXACT_SNAPSHOT,
        lsn=moment.lsn,
        timeline=moment.timeline,
        system_identifier=moment.system_identifier,
        server_version=moment.server_version,
        encoding=moment.encoding,
        collation=moment.collation,
        database_bytes=moment.database_bytes,
        stored_bytes=sum(each.size for each in objects),
        rows=details.rows,
        tables=len(details.tables),
        coverage=details.coverage,
        objects=tuple(sorted(objects, key=lambda each: each.key)),
        details_key=details_key,
        encryption=Encryption(scheme="age" if seal.keys else "off", recipients=seal.recipients),
        programs={"pg_dump": ground.programs.version, **details.programs},
        git_commit=git_commit(Path(__file__)),
        fence=fence,
        extra={"source": str(ground.source), "role_passwords": ground.standing.reads_passwords},
    )
