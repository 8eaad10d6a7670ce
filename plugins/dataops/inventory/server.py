"""What the YAML of a server may say, and the default that a DBA would choose for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from dataops.inventory.drilling import Drill
from dataops.inventory.duration import Duration
from dataops.inventory.failover import Failover
from dataops.inventory.fields import (
    NOT_WRITTEN,
    ConnectionId,
    Day,
    Encryption,
    Host,
    Identifier,
    Jobs,
    Name,
    Owner,
    Part,
    Text,
    encryption_connection,
)
from dataops.inventory.objectives import Objectives, Retention, with_rpo
from dataops.inventory.reporting import Samples
from dataops.inventory.schedule import Schedule, longest_interval, spread, ticks_at

BackupType = Literal["full", "diff", "incr"]


class Hosts(Part):
    """Where pgBackRest finds PostgreSQL, where that is not the host of the connection."""

    primary: Host | None = Field(None, description="Host of the primary as pgBackRest reaches it.")
    standby: Host | None = Field(None, description="Host of the standby as pgBackRest reaches it.")


class Physical(Part):
    """When and how pgBackRest copies the server."""

    full: Schedule = Field("weekly", description="When a full backup is taken.")
    diff: Schedule | None = Field(
        "daily",
        description="When a differential backup is taken; `null` for never. `daily` spares the full's day.",
    )
    incr: Schedule | None = Field(None, description="When an incremental backup is taken; `null` for never.")
    jobs: Jobs = Field(2, description="Processes that copy at once.")
    compression: Literal["zst", "lz4", "gz", "bz2", "none"] = Field(
        "zst", description="How files are compressed."
    )
    content: Literal["full", "rotate", "definitions"] = Field(
        "full", description="How much the manifest says of each database: see a database's `content`."
    )
    time_budget: Duration = Field(
        timedelta(minutes=10),
        description="Longest time that the standby stays paused, or the primary is read, for the manifest.",
    )
    max_duration: Duration = Field(
        timedelta(hours=8), description="Longest time a backup may take; then it is ended."
    )


class WalArchive(Part):
    """How WAL reaches the store."""

    timeout: Duration = Field(
        timedelta(seconds=60),
        description="The server's `archive_timeout`: data older than this is in the store. Bounds the RPO.",
    )
    heartbeat: bool = Field(
        True,
        strict=True,
        description="Whether the watch writes a time into the WAL, by which drills measure the RPO of a "
        "server that nobody else writes to. It needs no table and no right but to log in.",
    )


class Rds(Part):
    """A server managed by AWS: it is copied by snapshots, and there is no access to its files."""

    instance: Identifier = Field(description="Identifier of the DB instance.")
    region: Identifier = Field(description="Its region, as in `eu-central-1`.")
    copy_region: Identifier | None = Field(None, description="Region that each snapshot is copied to.")
    kms_key: Identifier | None = Field(None, description="Key that must encrypt the snapshots.")
    copy_kms_key: Identifier | None = Field(
        None, description="Key for the copies; KMS keys belong to one region."
    )
    connection: ConnectionId = Field(
        "aws_default", description="Connection of type aws that may take snapshots."
    )
    schedule: Schedule = Field("daily", description="When a snapshot is taken.")
    max_duration: Duration = Field(timedelta(hours=2), description="Longest time a snapshot may take.")


class Worker(Part):
    """Which Airflow workers run the tasks of this server and its databases."""

    queue: Text | None = Field(None, description="Queue of the CeleryExecutor.")
    pod_template: Text | None = Field(None, description="Pod template file of the KubernetesExecutor.")


class Server(Part):
    """One PostgreSQL cluster: one WAL stream, one archive, one pgBackRest stanza."""

    name: Name = Field(alias="server", description="Name of the server, equal to the name of the file.")
    environment: Name = Field(
        description="Environment that it belongs to; `DATAOPS_ENVIRONMENT` selects one."
    )
    connection: ConnectionId = Field(description="Id of the Airflow connection to its primary.")
    owner: Owner = Field(description="Team that is called when something is red.")
    standby: ConnectionId | None = Field(
        None, description="Id of the connection to a standby; backups read there."
    )
    stanza: Identifier = Field(
        NOT_WRITTEN, validate_default=True, description="pgBackRest's stanza. Default: the server's name."
    )
    pgbackrest: ConnectionId = Field(
        NOT_WRITTEN,
        validate_default=True,
        description="Id of the connection to pgBackRest. Default: `<server>_pgbackrest`.",
    )
    hosts: Hosts = Field(Hosts(), description="Hosts as pgBackRest reaches them.")
    physical: Physical = Field(Physical(), validate_default=True, description="Physical backups.")
    wal_archive: WalArchive = Field(WalArchive(), description="WAL archive.")
    rds: Rds | None = Field(
        None, description="Set for a server managed by AWS: snapshots instead of pgBackRest."
    )
    worker: Worker | None = Field(None, description="Airflow workers that run its tasks.")
    pool: Text = Field("backup", description="Airflow pool that bounds how many backups run at once.")
    objectives: Objectives = Field(Objectives(), validate_default=True, description="What is promised.")
    retention: Retention = Field(Retention(), description="Which backups are kept.")
    encryption: Encryption = Field(
        "on", description="`on`, `off`, or the id of a connection with its own recipients."
    )
    drill: Drill = Field(Drill(schedule="weekly"), description="Restore drills of its backups.")
    samples: Samples = Field(Samples(), description="Samples of its statistics, for performance reports.")
    failover: Failover | None = Field(
        None, description="How it is failed over in tests; without it no scenario may name it."
    )
    retired: Day | None = Field(None, description="Day from which on it is no longer backed up.")

    @field_validator("stanza", "pgbackrest", mode="before")
    @classmethod
    def _named_after_server(cls, value: object, info: ValidationInfo) -> object:
        if value != NOT_WRITTEN:
            return value
        name = info.data.get("name", "unnamed")
        return name if info.field_name == "stanza" else f"{name}_pgbackrest"

    @field_validator("physical", mode="after")
    @classmethod
    def _at_its_own_time(cls, physical: Physical, info: ValidationInfo) -> Physical:
        name = info.data.get("name", "")
        spared = "1-6" if physical.full == "weekly" else "*"
        crons = {
            "full": spread(physical.full, name),
            "diff": physical.diff and spread(physical.diff, name, days=spared),
            "incr": physical.incr and spread(physical.incr, name),
        }
        return physical.model_copy(update=crons)

    @field_validator("rds", mode="after")
    @classmethod
    def _snapshots_at_its_own_time(cls, rds: Rds | None, info: ValidationInfo) -> Rds | None:
        return rds and rds.model_copy(update={"schedule": spread(rds.schedule, info.data.get("name", ""))})

    @field_validator("drill", mode="before")
    @classmethod
    def _drilled_weekly(cls, value: object) -> object:
        return {"schedule": "weekly", **value} if isinstance(value, Mapping) else value

    @field_validator("objectives", mode="before")
    @classmethod
    def _as_the_method_gives(cls, value: object, info: ValidationInfo) -> object:
        rds, wal = info.data.get("rds"), info.data.get("wal_archive", WalArchive())
        if rds:
            return with_rpo(value, longest_interval(rds.schedule) + rds.max_duration)
        return with_rpo(value, max(timedelta(minutes=15), wal.timeout))

    @property
    def kind(self) -> Literal["server"]:
        """``server``."""
        return "server"

    @property
    def method(self) -> Literal["physical", "rds_snapshot"]:
        """How it is backed up."""
        return "rds_snapshot" if self.rds else "physical"

    @property
    def schedules(self) -> tuple[str, ...]:
        """The crons at which a backup starts, each once, sorted."""
        physical = self.physical
        crons = {self.rds.schedule} if self.rds else {physical.full, physical.diff, physical.incr}
        return tuple(sorted(cron for cron in crons if cron))

    @property
    def max_duration(self) -> timedelta:
        """The longest time that a backup may take."""
        return self.rds.max_duration if self.rds else self.physical.max_duration

    @property
    def attainable_rpo(self) -> timedelta:
        """The shortest data loss that the method can promise: archive_timeout, or interval plus duration."""
        if self.rds:
            return longest_interval(self.rds.schedule) + self.rds.max_duration
        return self.wal_archive.timeout

    def backup_type_at(self, moment: datetime) -> BackupType:
        """The type that is due in this minute: full beats diff beats incr; at no tick, the smallest."""
        due: dict[BackupType, str | None] = {
            "full": self.physical.full,
            "diff": self.physical.diff,
            "incr": self.physical.incr,
        }
        for backup_type, cron in due.items():
            if cron and ticks_at(cron, moment):
                return backup_type
        return "incr" if self.physical.incr else "diff" if self.physical.diff else "full"

    @property
    def encryption_connection(self) -> str | None:
        """The id of the connection with the recipients; None where encryption is off."""
        return encryption_connection(self.encryption)
