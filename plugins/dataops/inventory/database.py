"""What the YAML of a database may say, and the default that a DBA would choose for the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from dataops.inventory.drilling import Drill
from dataops.inventory.duration import Duration
from dataops.inventory.fields import (
    NOT_WRITTEN,
    Compression,
    Day,
    Encryption,
    Jobs,
    Name,
    Owner,
    Part,
    Text,
    encryption_connection,
)
from dataops.inventory.objectives import Objectives, Retention, with_rpo
from dataops.inventory.reporting import Report
from dataops.inventory.schedule import Schedule, longest_interval, spread

LONGEST_NAME = 63
"""Bytes (PostgreSQL documentation, "Identifiers and Key Words": NAMEDATALEN - 1)."""


class Database(Part):
    """One database on a server."""

    name: Name = Field(
        alias="database", description="Name of the database here, equal to the name of the file."
    )
    server: Name = Field(description="Server that it is on: a file in include/servers.")
    owner: Owner = Field(description="Team that is called when something is red.")
    environment: Name = Field("", description="The server's environment; need not be written.")
    dbname: Text = Field(
        NOT_WRITTEN,
        validate_default=True,
        description="Name of the database in PostgreSQL. Default: `database`.",
    )
    schedule: Schedule = Field("daily", validate_default=True, description="When a backup starts.")
    max_duration: Duration = Field(
        timedelta(hours=2), description="Longest time a backup may take; then it is ended. Part of the RPO."
    )
    jobs: Jobs = Field(2, description="Connections that dump at once.")
    compression: Compression = Field(
        "gzip:1",
        description="How the dump is compressed: `none`, `gzip`, and from PostgreSQL 16 on `lz4` and `zstd`. "
        "`gzip:1` to `gzip:3` are written by ISA-L, several times as fast as pg_dump's own zlib.",
    )
    content: Literal["full", "rotate", "definitions"] = Field(
        "full",
        description="What the manifest says of the rows: `full` hashes every table, `rotate` some of them "
        "within `time_budget`, `definitions` none.",
    )
    time_budget: Duration = Field(
        timedelta(minutes=15), description="Longest time for hashing, with `rotate`."
    )
    on_blocking_ddl: Literal["wait", "abort"] = Field(
        "wait",
        description="What to do when a session waits behind the backup: report it, or also end the backup.",
    )
    standby_lag_limit: Duration = Field(
        timedelta(minutes=5), description="Lag up to which the standby is dumped; above it, the primary."
    )
    objectives: Objectives = Field(Objectives(), validate_default=True, description="What is promised.")
    retention: Retention = Field(Retention(), description="Which backups are kept.")
    encryption: Encryption = Field(
        "on", description="`on`, `off`, or the id of a connection with its own recipients."
    )
    drill: Drill = Field(Drill(), description="Restore drills of its backups.")
    report: Report = Field(Report(), description="Its performance report.")
    retired: Day | None = Field(None, description="Day from which on it is no longer backed up.")

    @field_validator("dbname", mode="before")
    @classmethod
    def _named_alike(cls, value: object, info: ValidationInfo) -> object:
        # Nothing else that is falsy: `no` must stay an error, not become another database.
        return info.data.get("name", "unnamed") if value == NOT_WRITTEN else value

    @field_validator("dbname", mode="after")
    @classmethod
    def _fits_into_a_name(cls, dbname: str) -> str:
        if (size := len(dbname.encode())) > LONGEST_NAME:
            raise PydanticCustomError(
                "dbname",
                "is {size} bytes long: PostgreSQL's names end after {longest}",
                {"size": size, "longest": LONGEST_NAME},
            )
        return dbname

    @field_validator("schedule", mode="after")
    @classmethod
    def _at_its_own_time(cls, schedule: str, info: ValidationInfo) -> str:
        return spread(schedule, info.data.get("name", ""))

    @field_validator("objectives", mode="before")
    @classmethod
    def _as_the_schedule_gives(cls, value: object, info: ValidationInfo) -> object:
        known: dict[str, Any] = info.data
        if not {"schedule", "max_duration"} <= known.keys():
            return value
        return with_rpo(value, longest_interval(known["schedule"]) + known["max_duration"])

    @property
    def kind(self) -> Literal["database"]:
        """``database``."""
        return "database"

    @property
    def method(self) -> Literal["logical"]:
        """How it is backed up."""
        return "logical"

    @property
    def schedules(self) -> tuple[str, ...]:
        """The crons at which a backup starts."""
        return (self.schedule,)

    @property
    def attainable_rpo(self) -> timedelta:
        """The shortest data loss that the schedule can promise: longest interval plus duration."""
        return longest_interval(self.schedule) + self.max_duration

    @property
    def encryption_connection(self) -> str | None:
        """The id of the connection with the recipients; None where encryption is off."""
        return encryption_connection(self.encryption)
