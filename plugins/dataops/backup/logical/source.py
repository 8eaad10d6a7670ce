"""Where the dump reads: the standby while it keeps up, else the primary."""

from __future__ import annotations

import math
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from dataops import postgres
from dataops.backup.logical.settings import Settings, subject_of
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import DataOpsError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

CATCH_UP = 5.0
"""Seconds in which the standby may reach the primary's position before its lag is looked at.

The age of the newest replayed commit alone would call an idle server's standby hours behind.
"""


@dataclass(frozen=True)
class Source:
    """The connection that is dumped, what it is, and why it was chosen."""

    connection: Connection
    role: Literal["primary", "standby"]
    reason: str

    def __str__(self) -> str:
        return f"the {self.role} ({self.reason})"


class StandbyUnfit(DataOpsError):
    """The standby cannot be dumped now; its message says why."""


def choose_source(job: Job, settings: Settings) -> Source:
    """The standby where one is declared and lags no more than allowed; else the primary, and why."""
    database = subject_of(job)
    server = job.platform.inventory.server_of(database)
    primary = job.platform.connection(server.connection)
    if settings.source == "primary":
        return Source(primary, "primary", "as this run asks")
    if server.standby is None:
        return Source(primary, "primary", "no standby is declared")
    try:
        standby = job.platform.connection(server.standby)
        lag = _lag(primary, standby, database.standby_lag_limit)
    except DataOpsError as error:
        return Source(primary, "primary", f"the standby cannot serve: {error}")
    return Source(standby, "standby", f"{lag:.1f} s behind the primary")


def _lag(primary: Connection, standby: Connection, limit: timedelta) -> float:
    """Seconds by which the standby lags; ``StandbyUnfit`` above the limit, or for a standby of another."""
    with closing(_session(primary)) as session:
        ahead = postgres.server_identity(session)
    with closing(_session(standby)) as session:
        behind = postgres.server_identity(session)
        if not behind.in_recovery:
            raise StandbyUnfit(f"{standby.id} is no standby: it accepts writes.")
        if behind.system_identifier != ahead.system_identifier:
            raise StandbyUnfit(f"{standby.id} is a standby of another server than {primary.id}.")
        lag = _seconds_behind(session, ahead.lsn)
    if lag > limit.total_seconds():
        raise StandbyUnfit(f"it is {lag:,.0f} s behind, the limit is {limit.total_seconds():,.0f} s.")
    return lag


def _seconds_behind(session: Session, lsn: str) -> float:
    begun = time.monotonic()
    with postgres.explained("reading the standby's position"), session.cursor() as cursor:
        while True:
            cursor.execute(postgres.sql(__package__, "standby_position"), {"lsn": lsn})
            caught_up, age = cursor.fetchone() or (False, math.inf)
            waited = time.monotonic() - begun
            if caught_up or waited > CATCH_UP:
                return waited if caught_up else float(age)
            time.sleep(0.1)


def _session(connection: Connection) -> Session:
    return postgres.connect(
        connection,
        application_name="dataops choose source",
        autocommit=True,
        statement_timeout=30,
        pinned=True,
    )
