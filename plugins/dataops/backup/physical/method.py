"""The physical method: a server's backup by pgBackRest, with a manifest of every database on it."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.backup.physical.preflight import preflight_checks
from dataops.backup.physical.publish import publish
from dataops.backup.physical.take import take
from dataops.backup.physical.verify import verify
from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport


class Physical:
    """The ``Method`` for servers whose files can be reached, see ``dataops.backup.steps``."""

    name = "physical"

    def preflight(self, job: Job) -> StepReport:
        """Whether everything that the backup needs is there."""
        started = datetime.now(UTC)
        checks, version = preflight_checks(job)
        return StepReport(
            step="preflight",
            started=started,
            finished=datetime.now(UTC),
            checks=checks,
            programs={"pgbackrest": version},
        )

    def take(self, job: Job) -> StepReport:
        """A copy in each repository and the manifest's contents, under the server's lease."""
        return take(job)

    def verify(self, job: Job, taken: StepReport) -> StepReport:
        """Every file and WAL segment that the backup needs, in both buckets."""
        return verify(job, taken)

    def publish(self, job: Job, taken: StepReport, verified: StepReport) -> StepReport:
        """The manifest, last; then the replica's."""
        return publish(job, taken, verified)
