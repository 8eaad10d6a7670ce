"""What a failover test is about: a scenario, the server it is about, and that kind of cluster's driver."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say
from dataops.inventory import Database, Failover, Server, include_folder
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.drivers.driver import Driver
    from dataops.failover.scenario import Scenario

Build = Callable[[Platform, Server, Say], "Driver"]
"""What makes the driver of a server's cluster. Connects to nothing."""


@dataclass(frozen=True)
class Job:
    """One run of a scenario, by its name. ``holder`` of its lease, in words for people.

    ``build`` makes another driver than the one that the server's file names; only tests have a use for it.
    """

    platform: Platform
    name: str
    say: Say
    holder: str = ""
    build: Build | None = None

    @property
    def include(self) -> Path:
        """The folder of the users' files."""
        return self.platform.inventory.folder or include_folder()

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario. Raises ``UnknownScenario``, ``ScenarioInvalid`` or ``OtherEnvironment``."""
        from dataops.failover.files.loading import scenario_of

        return scenario_of(
            self.include, self.name, self.platform.environment, inventory=self.platform.inventory
        )

    @cached_property
    def database(self) -> Database:
        """The database whose clients are looked at."""
        found = self.platform.inventory.subject(self.scenario.database)
        if isinstance(found, Server):
            raise ConfigurationError(f"{found.name} is a server: a scenario names one of its databases.")
        return found

    @property
    def server(self) -> Server:
        """The server that is failed over."""
        return self.platform.inventory.server_of(self.database)

    @property
    def settings(self) -> Failover:
        """What the server's file says of its failover."""
        found = self.server.failover
        if found is None:
            raise ConfigurationError(
                f"{self.server.name} has no `failover:` in its file: no test may fail it over."
            )
        return found

    @property
    def owner(self) -> str:
        """Who is called."""
        return self.scenario.owner or self.database.owner

    @cached_property
    def driver(self) -> Driver:
        """What breaks, promotes and mends this kind of cluster."""
        from dataops.failover.drivers.choosing import driver_of

        return (self.build or driver_of)(self.platform, self.server, self.say)

    @cached_property
    def git_commit(self) -> str:
        """The commit that the files are of; empty outside a checkout."""
        from dataops.evidence.commit import git_commit

        return git_commit(self.include.resolve()) or ""


def this_process() -> str:
    """Who holds a lease that is taken from the command line: user, host and process."""
    return f"{_user()} on {socket.gethostname()}, process {os.getpid()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
