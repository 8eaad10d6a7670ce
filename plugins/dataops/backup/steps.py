"""The steps of a backup run and what each leaves behind: small values that travel between tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dataops.evidence.verdict import Artifact, Check, Figure
from dataops.inventory import Database, Server
from dataops.platform import Platform

Say = Callable[[str], None]
"""Where a step tells what it does, one line with figures at a time."""


class StepReport(BaseModel):
    """What one step did. JSON of a few kilobytes: it travels between tasks as XCom.

    ``data`` holds what the next step needs: keys and hashes, never rows, plans or secrets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    started: datetime
    finished: datetime
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    programs: Mapping[str, str] = Field(default_factory=dict)
    data: Mapping[str, JsonValue] = Field(default_factory=dict)


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
