"""What drills left behind: found by the drill's id, ended, removed, and verified to be gone.

A living drill holds a lock on its directory (``backup.logical.workspace``); the kernel lets go of it however
the drill ends. The directory goes last: where it is gone, nothing that it could name is left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dataops.backup.logical.workspace import dead, programs_of, remove
from dataops.backup.steps import Job
from dataops.drill.scratch.ending import end_server
from dataops.drill.scratch.local import PREFIX, folder_of, parent_of, usual_parent
from dataops.drill.scratch.shared_memory import segment_of
from dataops.evidence.checking import Seen, checked
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check
from dataops.platform import Platform

log = logging.getLogger(__name__)


def nothing_left(job: Job, drill_id: str) -> Check:
    """One check: nothing of this drill is left, wherever its scratch server ran."""

    def look() -> Seen:
        left = [*_local(folder_of(parent_of(job), drill_id)), *_elsewhere(job, drill_id)]
        return Seen(not left, left, "the sweep tries again; see what holds them" if left else "")

    return checked("teardown", [], look)


def removals(platform: Platform, say: Say, *, parent: Path | None = None) -> Iterator[Check]:
    """Remove everything of drills whose worker is dead; one check a kind, red where something stayed."""
    yield checked(
        "no scratch servers of dead drills left", [], partial(_sweep, parent or usual_parent(), say)
    )
    yield from _sweep_elsewhere(platform, say)


def _sweep(parent: Path, say: Say) -> Seen:
    left: list[str] = []
    for folder in dead(parent, PREFIX):
        if end_server(folder):
            remove(folder)
        if found := list(_local(folder)):
            left += found
        else:
            say(f"Removed {folder}: its drill died.")
    return Seen(not left, left, "these could not be removed" if left else "")


def _local(folder: Path) -> Iterator[str]:
    """What of a drill is left on this host."""
    if folder.exists():
        yield f"directory {folder}"
        segment = segment_of(folder / "data")
        if segment is not None:
            yield f"shared memory segment {segment.id}"
    for pid in programs_of(folder):
        yield f"process {pid}"


def _elsewhere(job: Job, drill_id: str) -> Iterator[str]:
    """What of a drill is left at AWS or in the Kubernetes cluster."""
    scratch = job.subject.drill.scratch
    if scratch == "rds":
        from dataops.drill.scratch.rds import instances_of

        yield from (f"RDS instance {each.identifier}" for each in instances_of(job, drill_id))
    elif scratch == "kubernetes":
        from dataops.drill.scratch.kubernetes import Kubernetes

        yield from Kubernetes.of(job, drill_id).left()


def _sweep_elsewhere(platform: Platform, say: Say) -> Iterator[Check]:
    for subject in platform.inventory.active:
        job = Job(platform, subject, say)
        if subject.drill.scratch == "rds":
            from dataops.drill.scratch.rds import remove_dead as remove_instances

            yield checked(
                f"{subject.name}: no RDS instances of dead drills left", [], partial(remove_instances, job)
            )
        elif subject.drill.scratch == "kubernetes":
            from dataops.drill.scratch.kubernetes import remove_dead as remove_pods

            yield checked(f"{subject.name}: no pods of dead drills left", [], partial(remove_pods, job))
