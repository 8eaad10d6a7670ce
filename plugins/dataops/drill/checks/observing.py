"""What is defined on a restored database: read once, before any check, and shared by those that compare."""

from __future__ import annotations

from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.backup.steps import Job
from dataops.drill.restored import RestoredDatabase


def observe(restored: RestoredDatabase, job: Job) -> Details:
    """Definitions, roles, rights and sequences as they are now; rows are read by the checks themselves."""
    return collect(
        restored.server.connection,
        dbname=restored.dbname,
        keys=restored.server.keys,
        content="definitions",
        jobs=restored.server.settings.jobs,
    )
