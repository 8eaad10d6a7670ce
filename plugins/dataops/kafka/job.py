"""What a run on a cluster is about."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.steps import Say
from dataops.inventory import include_folder
from dataops.kafka.desired import Desired
from dataops.platform import Platform


class StalePlan(DataOpsError):
    """The plan that shall be applied is not the one that files and cluster give now. Nothing was changed."""


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
