"""What the YAML may say about performance: a database's report and thresholds, a server's samples."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from dataops.inventory.duration import Duration
from dataops.inventory.fields import Day, Owner, Part, text
from dataops.inventory.schedule import Schedule
from dataops.inventory.size import Size

Percent = Annotated[int, Field(strict=True, ge=1, le=100)]
MorePercent = Annotated[int, Field(strict=True, ge=1, le=10_000)]
"""By how much more: twice as long is 100 percent slower."""
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]

FindingCode = Annotated[
    str, text(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", 60, "the code of a finding, as in unused-index")
]
Folder = Annotated[str, text(r"^/[^\x00-\x1f]*$", 1024, "a folder, from / on")]
Reason = Annotated[str, text(r"^[^\x00-\x1f]{1,500}$", 500, "text on one line, up to 500 characters")]

SectionOfReport = Literal[
    "statements", "tables", "indexes", "constraints", "sequences", "database", "checkpoints", "wal",
    "archiver", "replication", "slots", "slru", "sessions", "blocking", "settings", "collations", "sizes",
    "logs",
]  # fmt: skip
"""The sections of a report; ``dataops.performance.window`` says what each holds."""


class Acknowledgement(Part):
    """A finding that somebody knows of, and until when that is fine."""

    code: FindingCode = Field(description="Code of the finding, as in `unused-index`.")
    object: Reason | None = Field(
        None, description="The object that the report names; `*` stands for any text. Default: every object."
    )
    until: Day = Field(description="Last day on which it is fine. After it the finding counts again.")
    reason: Reason = Field(description="Why it is fine until then.")
    by: Owner | None = Field(None, description="Who says so. Default: the database's owner.")


class Thresholds(Part):
    """From where on a finding is one. Rates are per day: a shorter window is judged by its share of a day."""

    slower: MorePercent = Field(
        50, description="Percent by which a statement must be slower than on the days it is compared with."
    )
    slower_time: Duration = Field(
        timedelta(minutes=1), description="Time a day that a slower statement must cost more than before."
    )
    minimum_calls: Count = Field(
        10, description="Executions in a window below which a statement's mean says nothing."
    )
    scanned_rows: Count = Field(10_000, description="Rows from which on a sequential scan is a large one.")
    scanned_rows_daily: Count = Field(
        100_000_000, description="Rows a day that large sequential scans of a table must read."
    )
    repeated_calls: Count = Field(
        20_000, description="Calls a day from which on a statement that fetches one row each may be an N+1."
    )
    bloat: Percent = Field(40, description="Percent of a table that is waste.")
    index_bloat: Percent = Field(60, description="Percent of an index that is waste.")
    bloat_size: Size = Field("10MB", description="Waste below which bloat does not matter.")
    dead_rows: Percent = Field(30, description="Percent of a table's rows that are dead.")
    unused_for: Duration = Field(
        timedelta(days=7), description="Time without a single scan after which an index is unused."
    )
    unused_size: Size = Field("10MB", description="Size below which an unused index is only a notice.")
    changed_rows: Percent = Field(
        50, description="Percent of a table's rows changed since its statistics were taken."
    )
    hot_updates: Percent = Field(50, description="Percent of updates that should be HOT.")
    updates: Count = Field(10_000, description="Updates in a window below which HOT is not judged.")
    table_rows: Count = Field(10_000, description="Rows below which a table is too small to matter.")
    idle_in_transaction: Duration = Field(
        timedelta(minutes=5), description="Longest time that a session may idle inside a transaction."
    )
    transaction: Duration = Field(timedelta(hours=1), description="Longest time of a transaction.")
    lock_wait: Duration = Field(timedelta(seconds=10), description="Longest wait for a lock.")
    temporary_daily: Size = Field(
        "10GB", description="Bytes a day that a statement may spill to disk by sorts and hashes."
    )
    jit: Percent = Field(25, description="Percent of a statement's time that JIT may take.")
    jit_time: Duration = Field(timedelta(minutes=1), description="Time a day that JIT must cost.")
    evictions_daily: Count = Field(
        24, description="Times a day that pg_stat_statements may throw out its least used statements."
    )
    connections: Percent = Field(80, description="Percent of the connections that may be in use.")
    transaction_ids: Percent = Field(
        25, description="Percent of the 2 billion transaction ids that the oldest row may be away."
    )
    sequence: Percent = Field(70, description="Percent of a sequence or an integer key that may be used.")
    backend_writes: Percent = Field(
        50, description="Percent of block writes that sessions may have to do themselves."
    )
    backend_writes_daily: Size = Field(
        "10GB", description="Bytes a day that sessions must write themselves for that to matter."
    )
    cache_hits: Percent = Field(
        5, description="Points of percent that the cache's hit ratio may fall below that of other days."
    )
    replication_lag: Duration = Field(timedelta(minutes=1), description="Lag of a standby in time.")
    replication_lag_size: Size = Field("256MB", description="Lag of a standby in bytes of WAL.")
    slot_size: Size = Field("5GB", description="WAL that a slot nobody uses may retain.")
    disk_days: Count = Field(14, description="Days until the disk is full that give enough time to act.")
    disk: Size | None = Field(
        None,
        description="Size of the server's disk, where sampling does not run on the server's own host: "
        "PostgreSQL does not tell it.",
    )
    forecast_after: Duration = Field(
        timedelta(hours=6), description="Shortest time from which growth is foretold."
    )
    errors_daily: Count = Field(1_000, description="Equal errors a day in the log from which on it is one.")
    rollbacks: Percent = Field(20, description="Percent of transactions that may be rolled back.")


class Report(Part):
    """The performance report of a database."""

    enabled: bool = Field(True, strict=True, description="`false`: this database has no report.")
    schedule: Schedule = Field("daily", validate_default=True, description="When the report is made.")
    prove: Literal["weekly", "never"] = Field(
        "weekly",
        description="Whether advice is tried once a week on the scratch server of a restore drill. By hand "
        "it always may be.",
    )
    without: tuple[SectionOfReport, ...] = Field(
        (), description="Sections that cannot be measured there, and that nobody shall miss."
    )
    literals: Literal["strip", "keep"] = Field(
        "strip",
        description="`keep`: of the statements that the server's log tells, the slowest call is shown as it "
        "was logged, with its literals and parameters; what may hold a password is not. `strip`: no literal "
        "leaves the database.",
    )
    thresholds: Thresholds = Field(Thresholds(), description="From where on a finding is one.")
    acknowledged: tuple[Acknowledgement, ...] = Field((), description="Findings that are fine for a while.")


class Samples(Part):
    """The samples of a server's statistics, from which the reports of its databases are made."""

    enabled: bool = Field(True, strict=True, description="`false`: nothing of this server is sampled.")
    keep: Duration = Field(
        timedelta(days=35), description="How long samples are kept: reports look back four weeks."
    )
    logs: Folder | None = Field(
        None,
        description="Folder of the server's log files on the worker. Default: they are read by SQL, where "
        "the role may.",
    )
