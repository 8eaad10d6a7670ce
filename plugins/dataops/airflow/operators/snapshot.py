"""Taking a managed server's snapshot without a worker that waits for AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.airflow.operators.backup import Take
from dataops.backup.steps import Job
from dataops.errors import InconclusiveError
from dataops.evidence.steps import StepReport

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.backup.rds_snapshot import RdsSnapshot


class TakeSnapshot(Take):
    """Asks for the snapshot and, once it is there, for its copy; in between the task is deferred."""

    def work(self, job: Job, context: Context) -> StepReport:
        """Ask for the snapshot, then wait in the triggerer."""
        from dataops.backup.draft import new_backup_id
        from dataops.backup.rds_snapshot import rds_of

        started = datetime.now(UTC)
        backup_id = new_backup_id(started)
        made = {
            "started": started.isoformat(),
            "backup_id": backup_id,
            "snapshot": _asking().create(job, backup_id),
            "copy_arn": "",
        }
        return self._wait(job, rds_of(job).region, made)

    def resume(self, context: Context, made: dict[str, str], event: dict[str, str]) -> dict[str, Any]:
        """Go on after the trigger's event: the copy, or the report."""
        return self._reported(context, lambda job: self._go_on(job, made, event))

    def _go_on(self, job: Job, made: dict[str, str], event: dict[str, str]) -> StepReport:
        from dataops.backup.rds_snapshot import rds_of

        rds = rds_of(job)
        if event["status"] != "available":
            self._give_up(job, made, event)
        if rds.copy_region and not made["copy_arn"]:
            copied = {**made, "copy_arn": _asking().copy(job, made["backup_id"])}
            return self._wait(job, rds.copy_region, copied)
        return StepReport(
            step=self.step,
            started=datetime.fromisoformat(made["started"]),
            finished=datetime.now(UTC),
            data={name: made[name] for name in ("backup_id", "snapshot", "copy_arn")},
        )

    def _wait(self, job: Job, region: str, made: dict[str, str]) -> StepReport:
        from dataops.airflow.snapshot_trigger import SnapshotEnds
        from dataops.backup.rds_snapshot import rds_of

        rds = rds_of(job)
        deadline = datetime.fromisoformat(made["started"]) + rds.max_duration
        trigger = SnapshotEnds(
            connection=rds.connection,
            region=region,
            snapshot=made["snapshot"],
            deadline=deadline.isoformat(),
        )
        self.defer(trigger=trigger, method_name="resume", kwargs={"made": made})

    def _give_up(self, job: Job, made: dict[str, str], event: dict[str, str]) -> None:
        """Delete what was begun, as ``RdsSnapshot.take`` does, and raise."""
        from dataops.backup.manifest.header import Rds
        from dataops.backup.rds_snapshot import SnapshotFailed, delete_snapshot, rds_of

        rds = rds_of(job)
        copy_region = rds.copy_region if made["copy_arn"] else None
        begun = Rds(snapshot=made["snapshot"], region=rds.region, copy_region=copy_region or "")
        delete_snapshot(job, begun)
        if event["status"] == "unknown":
            raise InconclusiveError(event["reason"])
        raise SnapshotFailed(f"The snapshot {made['snapshot']} is {event['status']}: see the RDS console.")


def _asking() -> RdsSnapshot:
    """The method, asking only: it is the trigger that waits."""
    from dataops.backup.rds_snapshot import RdsSnapshot

    class Asking(RdsSnapshot):
        def wait(self, job: Job, region: str, identifier: str) -> None:
            pass

    return Asking()
