"""How a logical backup is made: as the subject's YAML says, or this run's form or command line instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dataops.backup.options import settings_with_options
from dataops.backup.steps import Job
from dataops.errors import ConfigurationError
from dataops.inventory import Database, Duration
from dataops.inventory.fields import Jobs


class Settings(BaseModel):
    """Everything that a run may choose. Bytes for ``disk_bound``; durations as ``15m``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jobs: Jobs
    compression: str
    content: Literal["full", "rotate", "definitions"]
    on_blocking_ddl: Literal["wait", "abort"]
    disk_bound: int = Field(1 << 30, ge=128 << 20, description="Bytes of local disk that the dump may take.")
    disk_patience: Duration = Field(
        timedelta(minutes=10), description="How long the dump may stand still because the store is slow."
    )
    lock_wait: Duration = Field(timedelta(minutes=1), description="How long to wait for a table's lock.")
    source: Literal["auto", "primary"] = Field("auto", description="`primary`: never the standby.")
    work_dir: Path | None = Field(None, description="Folder for the dump's files. Default: TMPDIR or /tmp.")

    @property
    def compression_argument(self) -> str:
        """What ``pg_dump --compress`` takes: a bare level for gzip, which every major version reads."""
        if self.gzip_level is not None:
            return "0"
        method, _, level = self.compression.partition(":")
        return {"none": "0", "gzip": level or "6"}.get(method, self.compression)

    @property
    def gzip_level(self) -> int | None:
        """The level at which we compress ourselves, beside pg_dump; None where pg_dump does it, or nobody.

        ISA-L has the levels up to 3; who asks for more wants zlib's smaller files, which pg_dump writes.
        """
        method, _, level = self.compression.partition(":")
        return int(level) if method == "gzip" and level in {"1", "2", "3"} else None

    @property
    def needs_major(self) -> int:
        """The first major version whose pg_dump compresses like this."""
        return 16 if self.compression.startswith(("lz4", "zstd")) else 0


def settings_of(job: Job) -> Settings:
    """The settings of this run; ``ConfigurationError`` for an option that does not exist or does not fit."""
    database = subject_of(job)
    declared = {
        "jobs": database.jobs,
        "compression": database.compression,
        "content": database.content,
        "on_blocking_ddl": database.on_blocking_ddl,
    }
    return settings_with_options(Settings, job, declared)


def subject_of(job: Job) -> Database:
    """The database that is backed up."""
    if not isinstance(job.subject, Database):
        raise ConfigurationError(f"{job.subject.name} is a server: a logical backup is of a database.")
    return job.subject
