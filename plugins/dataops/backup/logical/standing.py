"""Who the backup's role is to the server, how much room there is, and what follows from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.errors import ConfigurationError, DataOpsError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

CLOCK_TOLERANCE = 60.0
"""Seconds by which our clock and the server's may differ: recovery points are chosen by time."""

DISK_FULL = "No space left on device"
"""ENOSPC in the words of PostgreSQL's programs, which we run in English."""


class RightsMissing(ConfigurationError):
    """The role may not read all that must be dumped."""


class NoRoom(DataOpsError):
    """Disk, locks or connections are short."""


class DumpFailed(DataOpsError):
    """pg_dump or pg_dumpall ended with an error of its own."""


def disk_full(said: str) -> NoRoom:
    """The sentence for a local disk that filled up while the dump was written."""
    return NoRoom(
        f"The local disk is full: {said.rstrip('.')}. Free some, or let work_dir name a larger one."
    )


class ClocksDiffer(DataOpsError):
    """Our clock and the server's disagree."""


@dataclass(frozen=True)
class Standing:
    """One row of ``sql/standing.sql``; ``unreadable`` names what the role may not read, up to 1,000."""

    role: str
    in_recovery: bool
    bypasses_rls: bool
    reads_passwords: bool
    tables_with_rls: int
    relations: int
    locks_taken: int
    locks_possible: int
    connections_free: int
    clock: float
    database_bytes: int
    encoding: str
    unreadable: Sequence[str] = ()

    def require_rights(self) -> str:
        """What the role may do, in words; ``RightsMissing`` names what it may not read."""
        if self.unreadable:
            more = f" and {len(self.unreadable) - 5} more" if len(self.unreadable) > 5 else ""
            raise RightsMissing(
                f"The role {self.role} may not read {', '.join(self.unreadable[:5])}{more}: "
                "make it a member of pg_read_all_data; for large objects set lo_compat_privileges=on for it."
            )
        if self.tables_with_rls and not self.bypasses_rls:
            raise RightsMissing(
                f"{self.tables_with_rls} tables have row-level security, which hides rows from the role "
                f"{self.role}: ALTER ROLE {self.role} BYPASSRLS."
            )
        passwords = "with" if self.reads_passwords else "without"
        return f"role {self.role} reads everything, roles {passwords} password hashes"

    def require_locks(self) -> str:
        """Free entries of the lock table; ``NoRoom`` when the dump's locks might not fit."""
        free = self.locks_possible - self.locks_taken
        if self.relations > free:
            raise NoRoom(
                f"The dump locks up to {self.relations} relations, but the server's lock table has room for "
                f"{free}: raise max_locks_per_transaction."
            )
        return f"{self.relations} relations, room for {free}"

    def require_connections(self, wanted: int) -> str:
        """Free connections; ``NoRoom`` below those that the dump opens."""
        if self.connections_free < wanted:
            raise NoRoom(
                f"The backup opens {wanted} connections, the server has {self.connections_free} left: "
                "lower jobs, or raise max_connections."
            )
        return f"{wanted} wanted, {self.connections_free} free"

    def require_clock(self, ours: float) -> str:
        """The difference in words; ``ClocksDiffer`` above the tolerance."""
        apart = abs(ours - self.clock)
        if apart > CLOCK_TOLERANCE:
            raise ClocksDiffer(
                f"The server's clock and this worker's are {apart:,.0f} s apart: synchronise them (NTP), "
                "since recovery points are chosen by time."
            )
        return f"{apart:.1f} s apart"


def read_standing(session: Session) -> Standing:
    """The standing of the session's role in the session's database."""
    with postgres.explained("reading the role's rights"), session.cursor() as cursor:
        cursor.execute(postgres.sql(__package__, "unreadable"))
        unreadable = tuple(name for (name,) in cursor.fetchall())
        cursor.execute(postgres.sql(__package__, "standing"))
        row = cursor.fetchone()
        assert row is not None and cursor.description is not None
        names = (column.name for column in cursor.description)
        return Standing(**dict(zip(names, row, strict=True)), unreadable=unreadable)
