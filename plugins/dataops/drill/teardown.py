"""Taking down, once more and from anywhere, what a drill may have left outside of its worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from dataops.backup.steps import Job
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check

NAME = "nothing of the drill is left"


def teardown(job: Job, drill_ids: Iterable[str]) -> StepReport:
    """Every try's pod or instance is gone; one check a try. Harmless where the drill has done it itself.

    A worker that died cannot take down what it had asked AWS or Kubernetes for, and that costs money.
    """
    started = datetime.now(UTC)
    checks = tuple(_gone(job, drill_id) for drill_id in sorted(set(drill_ids)))
    return StepReport(step="teardown", started=started, finished=datetime.now(UTC), checks=checks)


def _gone(job: Job, drill_id: str) -> Check:
    from dataops.drill.restoring import torn_down

    match job.subject.drill.scratch:
        case "rds":
            from dataops.drill.scratch import rds

            rds.teardown(job, drill_id)
        case "kubernetes":
            from dataops.drill.scratch.kubernetes import Kubernetes

            Kubernetes.of(job, drill_id).teardown()
        case "local":
            pass
    return torn_down(job, drill_id).model_copy(update={"name": f"{NAME}: {drill_id}"})
