"""How a physical backup is made: as the server's YAML says, or this run's form or command line instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from dataops.backup.options import settings_with_options
from dataops.backup.steps import Job
from dataops.errors import ConfigurationError
from dataops.inventory import BackupType, Duration, Server

Content = Literal["full", "rotate", "definitions"]


class Settings(BaseModel):
    """Everything that a run may choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: BackupType
    content: Content
    time_budget: Duration
    source: Literal["auto", "primary"] = "auto"
    """``primary``: copy and read the primary although a standby is declared."""
    max_duration: Duration

    @property
    def deadline(self) -> float:
        """Seconds that one copy may take."""
        return self.max_duration.total_seconds()


def settings_of(job: Job) -> Settings:
    """The settings of this run; ``ConfigurationError`` for an option that does not exist or does not fit."""
    server = server_of(job)
    declared: dict[str, object] = {
        "type": server.backup_type_at(datetime.now(UTC)),
        "content": server.physical.content,
        "time_budget": server.physical.time_budget,
        "max_duration": server.physical.max_duration or timedelta(hours=8),
    }
    return settings_with_options(Settings, job, declared)


def server_of(job: Job) -> Server:
    """The server that is backed up."""
    if not isinstance(job.subject, Server):
        raise ConfigurationError(f"{job.subject.name} is a database: a physical backup is of a server.")
    return job.subject
