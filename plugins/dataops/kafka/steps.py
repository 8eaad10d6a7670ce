"""The steps of a run on a cluster and what each leaves behind: small values that travel between tasks."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict
from dataops.inventory import include_folder
from dataops.kafka.desired import Desired
from dataops.platform import Platform

Say = Callable[[str], None]
"""Where a step tells what it does, one line with figures at a time."""


class StalePlan(DataOpsError):
    """The plan that shall be applied is not the one that files and cluster give now. Nothing was changed."""


class StepReport(BaseModel):
    """What one step did. ``data`` holds what later steps need: keys, hashes and counts, never a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    started: datetime
    finished: datetime
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    data: Mapping[str, JsonValue] = Field(default_factory=dict)

    @property
    def red(self) -> Check | None:
        """The first check that is red, a failed one before an inconclusive one."""
        for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
            for check in self.checks:
                if check.verdict is verdict:
                    return check
        return None


@dataclass(frozen=True)
class Job:
    """One run on one cluster. ``holder`` of its lease, in words for people; ``only`` are globs of topics."""

    platform: Platform
    cluster: str
    say: Say
    holder: str = ""
    only: tuple[str, ...] = ()

    @property
    def include(self) -> Path:
        """The folder of the users' files."""
        return self.platform.inventory.folder or include_folder()

    @cached_property
    def desired(self) -> Desired:
        """What the files declare. Raises ``FilesInvalid``, ``UnknownCluster`` or ``OtherEnvironment``."""
        from dataops.kafka.files.loading import load

        return load(self.include, self.cluster, self.platform.environment)

    @cached_property
    def git_commit(self) -> str:
        """The commit that the files are of; empty outside a checkout."""
        from dataops.evidence.commit import git_commit

        return git_commit(self.include.resolve()) or ""


def this_process() -> str:
    """Who holds a lease that is taken from the command line: user, host and process."""
    return f"{user()} on {socket.gethostname()}, process {os.getpid()}"


def user() -> str:
    """The user of the operating system, by name where it has one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def broken(step: str, started: datetime, error: BaseException) -> StepReport:
    """The report of a step that could not go on: one red check with the reason.

    The text of an error that nobody foresaw is withheld, since nobody vouches that it holds no secret.
    """
    foreseen = isinstance(error, DataOpsError)
    unknown = isinstance(error, InconclusiveError) or not foreseen
    check = Check(
        name=step,
        verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
        reason=str(error) if foreseen else f"{type(error).__name__}: see the log of {step}",
    )
    return StepReport(step=step, started=started, finished=datetime.now(UTC), checks=(check,))


def unfinished(step: str, *, after: str | None) -> StepReport:
    """The report in place of one that never came: inconclusive, since nobody knows what it would say."""
    reason = f"not started, because {after} was red" if after else "did not finish: killed, lost or timed out"
    now = datetime.now(UTC)
    check = Check(name=step, verdict=Verdict.INCONCLUSIVE, reason=reason)
    return StepReport(step=step, started=now, finished=now, checks=(check,))
