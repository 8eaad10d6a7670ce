"""What a backup run is about, and the steps that every method of taking one has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from dataops.evidence.steps import Say, StepReport
from dataops.inventory import Database, Server
from dataops.platform import Platform


@dataclass(frozen=True)
class Job:
    """One backup of one subject. ``options`` are the form's or the command line's wishes, validated."""

    platform: Platform
    subject: Database | Server
    say: Say
    options: Mapping[str, JsonValue] = field(default_factory=dict)


class Method(Protocol):
    """How one kind of backup is made: ``logical``, ``physical`` or ``rds_snapshot``.

    Each step raises a ``DataOpsError`` where it cannot go on. A check that failed without
    stopping the step stands in the report. ``take`` leaves nothing that counts as a backup;
    ``publish`` writes the manifest, last, after ``verify`` has read everything back.
    """

    @property
    def name(self) -> str:
        """As the inventory calls the method."""
        ...

    def preflight(self, job: Job) -> StepReport:
        """Look before touching: reach, rights, versions, room, keys. Changes nothing."""
        ...

    def take(self, job: Job) -> StepReport:
        """Copy the data and its manifest's contents into the store. ``data`` has at least ``backup_id``."""
        ...

    def verify(self, job: Job, taken: StepReport) -> StepReport:
        """Read back from the store everything that was written and hold it against what was sent."""
        ...

    def publish(self, job: Job, taken: StepReport, verified: StepReport) -> StepReport:
        """Write the manifest, last, copy to the replica bucket: from here on the backup exists."""
        ...
