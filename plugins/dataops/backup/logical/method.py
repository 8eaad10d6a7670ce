"""The logical method: a database's backup by pg_dump on one snapshot, with its manifest."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.backup.logical.preflight import survey
from dataops.backup.logical.take import take
from dataops.backup.logical.verify import sent_header, verify
from dataops.backup.publication import publish_header
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Figure


class Logical:
    """The ``Method`` for databases, see ``dataops.backup.steps``."""

    name = "logical"

    def preflight(self, job: Job) -> StepReport:
        """Whether everything that the backup needs is there."""
        started = datetime.now(UTC)
        ground = survey(job)
        job.say(f"Everything is there; the dump will read {ground.source}.")
        return StepReport(
            step="preflight",
            started=started,
            finished=datetime.now(UTC),
            checks=ground.checks,
            figures=(Figure(name="database size", value=ground.standing.database_bytes, unit="bytes"),),
            programs={"pg_dump": ground.programs.version},
        )

    def take(self, job: Job) -> StepReport:
        """Dump, manifest and upload side by side, under the subject's lease."""
        return take(job)

    def verify(self, job: Job, taken: StepReport) -> StepReport:
        """Every object read back from the store."""
        return verify(job, taken)

    def publish(self, job: Job, taken: StepReport, verified: StepReport) -> StepReport:
        """The manifest, last; then the replica."""
        return publish_header(job, sent_header(job, taken), verified)
