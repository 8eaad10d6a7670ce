"""What the YAML of a subject may say about its drills."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema

from dataops.inventory.duration import Duration
from dataops.inventory.fields import ConnectionId, Identifier, Jobs, Part, Text, text
from dataops.inventory.schedule import KEYWORDS, check_schedule

AFTER_BACKUP = "after_backup"

PointPolicy = Literal["coverage", "latest", "oldest", "random"]
"""``coverage`` takes turns, so that over time every retained backup, or the whole window, is proven."""


def _check_drill_schedule(value: str) -> str:
    return value if value == AFTER_BACKUP else check_schedule(value)


DrillSchedule = Annotated[
    str,
    AfterValidator(_check_drill_schedule),
    WithJsonSchema({
        "type": "string",
        "anyOf": [{"enum": [*KEYWORDS, AFTER_BACKUP]}, {"pattern": r"^\S+ +\S+ +\S+ +\S+ +\S+$"}],
        "examples": ["daily", AFTER_BACKUP, "0 5 * * *"],
    }),
]
"""A schedule, or ``after_backup``: whenever a backup of the subject has passed."""


class Smoke(Part):
    """A question of the application, asked of the restored database."""

    name: Text = Field(description="What it is about, as the evidence shows it.")
    sql: str = Field(min_length=1, description="A query that returns one value; it runs read-only.")
    expect: JsonValue = Field(True, description="The value that it must return.")
    database: Text | None = Field(None, description="Of a server's drill: the database to ask.")


class Fresh(Part):
    """How young the newest business row must be, measured at the recovery point."""

    table: QualifiedName = Field(description="Table, as `schema.table`.")
    column: Text = Field(description="Its column of type date, timestamp or timestamptz.")
    within: Duration = Field(description="Longest age of the newest row at the recovery point.")
    database: Text | None = Field(None, description="Of a server's drill: the database of the table.")


QualifiedName = Annotated[str, text(r"^[^\x00-\x1f.]+\.[^\x00-\x1f]+$", 131, "a table as schema.table")]
Location = Annotated[str, text(r"^[^\x00-\x20]+$", 2048, "a path, a URI or a name, without blanks")]


class ThirdParty(Part):
    """Backups that another program takes: drills restore them, nothing here takes, keeps or expires them."""

    kind: Literal["pg_dump", "barman", "wal_g"] = Field(
        description="Who takes them: files of pg_dump (of a database), Barman or WAL-G (of a server)."
    )
    location: Location = Field(
        description="Of pg_dump: a folder, or `s3://bucket/prefix`. Of Barman: its name of the server. "
        "Of WAL-G: its configuration file."
    )
    pattern: Text = Field("*", description="Of pg_dump: which files, as in `shop-*.dump`.")
    connection: ConnectionId = Field("dataops_store", description="Of pg_dump in S3: the store's connection.")
    config: Location | None = Field(None, description="Of Barman: its configuration file.")


class Drill(Part):
    """When and how the subject's backups are restored and checked."""

    enabled: bool = Field(True, strict=True, description="`false`: this subject has no drills.")
    schedule: DrillSchedule = Field(
        "daily", description="When a drill starts, or `after_backup`. On a server: `weekly`."
    )
    point: PointPolicy = Field(
        "coverage",
        description="Which recovery point a scheduled drill takes: `latest`, `oldest`, `random`, or "
        "`coverage`, which takes turns so that over time everything retained is proven.",
    )
    scratch: Literal["local", "kubernetes", "rds"] = Field(
        "local", description="Where the scratch server runs: on the worker, as a pod, or at AWS."
    )
    mode: Literal["full", "budgeted"] = Field(
        "full", description="`budgeted`: checks of rows take turns over the tables within `time_budget`."
    )
    time_budget: Duration = Field(
        timedelta(minutes=15), description="Longest time for checks of rows, with `budgeted`."
    )
    covered_within: int = Field(
        7, strict=True, ge=1, le=366, description="Drills within which `budgeted` must have seen every table."
    )
    check_timeout: Duration = Field(
        timedelta(hours=1), description="Longest time of one check; then it is inconclusive."
    )
    jobs: Jobs = Field(2, description="Connections that restore and check at once.")
    max_duration: Duration = Field(timedelta(hours=4), description="Longest time a drill may take.")
    third_party: ThirdParty | None = Field(
        None, description="Backups that another program takes; then we take none."
    )
    smoke: tuple[Smoke, ...] = Field((), description="Questions of the application.")
    fresh: tuple[Fresh, ...] = Field((), description="How young the newest rows must be.")
    logins: tuple[Identifier, ...] | None = Field(
        None, description="Roles to log in as. Default: every role of the manifest that may log in."
    )
