"""Where recovery must stop, told by the commits on both sides, and whether it did: by WAL order, not by time.

Two things are asked of a restored server. Its timeline's history says at which LSN it left the WAL of
production (documentation, "Timelines"): that must lie behind the commit before and not behind the one after.
And its commit log says of both transactions whether they are there (``pg_xact_status``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic import JsonValue

from dataops.backup.physical.wal import position
from dataops.drill.commits import Commit
from dataops.errors import InconclusiveError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.postgres import connect, explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

    from dataops.drill.restored import RestoredServer

NAME = "boundary: the commit before is there, the one after is not"
FUTURE = "not assigned yet"
"""The status of a transaction number that the server has not given out."""


@dataclass(frozen=True)
class Boundary:
    """The last commit that must be there and the first that must not.

    A side without a commit says why there is none: that is declared, and outside the verdict.
    ``unknown`` says why nothing at all could be found out: then the check is inconclusive.
    """

    before: Commit | None = None
    after: Commit | None = None
    no_before: str = ""
    no_after: str = ""
    assigned: bool = False
    """Whether the WAL before the boundary shows the transaction of ``after`` at work. Where it does not, the
    restored server may give the same number to a transaction of its own, and only the LSN can be asked."""
    unknown: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """What travels between tasks."""
        return {
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "no_before": self.no_before,
            "no_after": self.no_after,
            "assigned": self.assigned,
            "unknown": self.unknown,
        }

    @classmethod
    def from_json(cls, told: object) -> Self:
        """The boundary that ``to_json`` told."""
        boundary = cast(Mapping[str, Any], told)
        return cls(
            before=Commit.from_json(boundary["before"]) if boundary["before"] else None,
            after=Commit.from_json(boundary["after"]) if boundary["after"] else None,
            no_before=boundary["no_before"],
            no_after=boundary["no_after"],
            assigned=boundary["assigned"],
            unknown=boundary["unknown"],
        )

    @property
    def expected(self) -> dict[str, JsonValue]:
        """Both sides in words."""
        return {
            "there": str(self.before) if self.before else f"no commit: {self.no_before}",
            "not there": str(self.after) if self.after else f"no commit: {self.no_after}",
        }


def boundary_check(server: RestoredServer) -> Check:
    """Whether recovery stopped exactly between the two commits of the point.

    Not applicable for a logical backup, whose snapshot is its own boundary, for another program's backup, and
    where the WAL around the point holds no commit. Inconclusive where the commits could not be found out, or
    the server not asked.
    """
    boundary = server.point.boundary
    if server.method == "logical":
        reason = "a logical backup is one snapshot: it has no WAL to stop in"
        return Check(name=NAME, verdict=Verdict.NOT_APPLICABLE, reason=reason)
    if server.without_manifest and boundary is None:
        reason = f"{server.without_manifest}: nothing tells the commits around the end of its archive"
        return Check(name=NAME, verdict=Verdict.NOT_APPLICABLE, reason=reason)
    if boundary is None or boundary.unknown:
        reason = boundary.unknown if boundary else "nobody looked for the commits around this point"
        return Check(name=NAME, verdict=Verdict.INCONCLUSIVE, reason=f"could not run: {reason}")
    if boundary.before is None and boundary.after is None:
        reason = f"before: {boundary.no_before}; after: {boundary.no_after}"
        return Check(name=NAME, verdict=Verdict.NOT_APPLICABLE, expected=boundary.expected, reason=reason)
    return checked(NAME, boundary.expected, lambda: _look(server, boundary))


def _look(server: RestoredServer, boundary: Boundary) -> Seen:
    with closing(connect(server.connection, application_name="drill boundary", autocommit=True)) as session:
        ended = _end_of_recovery(session)
        faults = [*_place_faults(ended, boundary), *_statuses(session, boundary)]
    sides = [side for side, commit in (("before", boundary.before), ("after", boundary.after)) if commit]
    observed = [f"recovery ended at {ended}", *faults]
    if faults:
        return Seen(False, observed, f"recovery stopped in the wrong place: {faults[0]}")
    return Seen(True, [*observed, f"asserted: {' and '.join(sides)}"])


def _place_faults(ended: str, boundary: Boundary) -> list[str]:
    before, after = boundary.before, boundary.after
    faults = []
    if before is not None and position(ended) <= position(before.lsn):
        faults.append(f"it ended at {ended}, before the commit of {before}")
    if after is not None and position(ended) > position(after.lsn):
        faults.append(f"it ended at {ended}, behind the commit of {after}")
    return faults


def _statuses(session: PsycopgConnection, boundary: Boundary) -> list[str]:
    """What the commit log says against the boundary."""
    faults = []
    if boundary.before is not None:
        for xid in (boundary.before.xid, *boundary.before.subxids):
            status = _status(session, xid)
            if status is None:
                raise InconclusiveError(
                    f"The restored server no longer knows the status of transaction {xid}."
                )
            if status != "committed":
                faults.append(f"transaction {xid}, of the commit before, is {status}")
    # In progress is what a prepared transaction is: it waits for its COMMIT PREPARED. Subtransactions
    # need no look of their own: they are committed with their transaction or not at all.
    after = boundary.after if boundary.assigned else None
    if after is not None and _status(session, after.xid) == "committed":
        faults.append(f"transaction {after.xid}, of the commit after, is committed")
    return faults


def _end_of_recovery(session: PsycopgConnection) -> str:
    """The LSN at which the server left the timeline that it recovered on, by its own history file."""
    rows = _rows(
        session,
        "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL "
        "ELSE pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END",
    )
    if rows[0][0] is None:
        return str(_rows(session, "SELECT pg_catalog.pg_last_wal_replay_lsn()::text")[0][0])
    name = f"pg_wal/{rows[0][0]}.history"
    found = _rows(session, "SELECT pg_catalog.pg_read_file(%s, 0, 1000000, true)", (name,))[0][0]
    lines = [line.split() for line in str(found or "").splitlines() if line.strip()]
    if not lines or len(lines[-1]) < 2:
        raise InconclusiveError(
            f"The restored server has no {name}: it does not say where its recovery ended."
        )
    return str(lines[-1][1])


def _status(session: PsycopgConnection, xid: int) -> str | None:
    """``committed``, ``aborted``, ``in progress``, ``FUTURE``, or None where it is too long ago to be known.

    A transaction id in the WAL has 32 bits; the server's next one tells which of the 64-bit ones it is.
    """
    upcoming = int(
        str(
            _rows(session, "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text")[0][0]
        )
    )
    full = widened(xid, upcoming)
    if full >= upcoming:
        return FUTURE
    status = _rows(session, "SELECT pg_catalog.pg_xact_status(%s::text::xid8)", (str(full),))[0][0]
    return None if status is None else str(status)


def widened(xid: int, upcoming: int) -> int:
    """The 64-bit transaction id nearest to the next one of which ``xid`` is the lower half."""
    distance = (xid - upcoming + (1 << 31)) % (1 << 32) - (1 << 31)
    return upcoming + distance


def _rows(
    session: PsycopgConnection, statement: str, values: tuple[object, ...] = ()
) -> list[tuple[Any, ...]]:
    with explained("the boundary of a restored server"), session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())
