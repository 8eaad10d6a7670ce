"""What is true of every database of a server: at an exact LSN, or as good as can be known."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from dataops.backup.logical.blockers import Blockers, Waiting
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.details import Details
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded
from dataops.backup.manifest.header import Consistency, Coverage
from dataops.backup.manifest.snapshot import Snapshot
from dataops.backup.physical.errors import StandbyNotFrozen
from dataops.backup.physical.frozen import Frozen, frozen
from dataops.backup.physical.settings import Content
from dataops.backup.physical.site import Site
from dataops.backup.physical.wal import position
from dataops.backup.rotation import LastHashed
from dataops.connections import Connection
from dataops.evidence.verdict import Check, overall
from dataops.postgres import connect, explained, sql
from dataops.store import Keys

SPARE = 5.0
"""Seconds of the pause kept back, so that the last table ends before the standby resumes by itself."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Contents:
    """One part per database, and how exactly they are true."""

    parts: dict[str, Details]
    consistency: Consistency
    lsn: str
    """A recovery that stops just before this LSN reproduces the parts."""
    at: datetime
    source: str
    note: str = ""
    """Why they are not exact."""
    closed: tuple[str, ...] = ()
    """Databases that take no connections: nobody could look into them."""
    checks: tuple[Check, ...] = ()
    """Who waited behind the reading, where it held locks on the primary."""

    @property
    def rows(self) -> int | None:
        """Exact rows of all databases; None where one was not counted."""
        counts = [part.rows for part in self.parts.values()]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def coverage(self) -> Coverage:
        """The coverage of all parts together."""
        parts = [part.coverage for part in self.parts.values()]
        return Coverage(
            content=parts[0].content if parts else "definitions",
            tables=sum(part.tables for part in parts),
            hashed=sum(part.hashed for part in parts),
            blind=(
                *sorted({blind for part in parts for blind in part.blind}),
                *(f"database {name}, closed to connections" for name in self.closed),
            ),
        )


@dataclass(frozen=True)
class Reading:
    """How the databases are read."""

    site: Site
    keys: Keys
    content: Content
    budget: timedelta
    hashed_before: LastHashed
    application: str
    """The name of the sessions that hold locks."""
    say: Say

    def contents(self, *, standby: Connection | None) -> Contents:
        """The contents after everything that the primary has written by now."""
        contents = self._contents(standby)
        return replace(contents, closed=tuple(closed(self.site.primary.connection)))

    def _contents(self, standby: Connection | None) -> Contents:
        lsn, at = _written(self.site.primary.connection)
        note = "no standby is declared"
        if standby is not None:
            try:
                with frozen(standby, behind=lsn, at=at, longest=self.budget) as held:
                    return self._at(standby, held)
            except StandbyNotFrozen as error:
                note = str(error)
                self.say(f"{error} The manifest is read from the primary instead: best known, not exact.")
        return self._best_known(note)

    def _at(self, standby: Connection, held: Frozen) -> Contents:
        self.say(f"The standby stands still at {held.lsn} for at most {self.budget.total_seconds():g} s.")
        parts = self._parts(standby, held.until)
        held.confirm()
        return Contents(parts, Consistency.EXACT_LSN, held.lsn, held.at, "standby")

    def _best_known(self, note: str) -> Contents:
        """The reading holds locks here that a migration may wait for: that is watched."""
        primary = self.site.primary.connection
        at = datetime.now(UTC)
        until = time.monotonic() + self.budget.total_seconds()
        parts, seen = {}, {}
        for dbname in databases(primary):
            parts[dbname], seen[dbname] = self._read(primary, dbname, until)
        lsn = max((part.moment.lsn for part in parts.values()), key=position)
        return Contents(parts, Consistency.BEST_KNOWN, lsn, at, "primary", note, checks=(together(seen),))

    def _read(self, primary: Connection, dbname: str, until: float) -> tuple[Details, Check]:
        """One database, once more where a migration came in between."""
        waited: dict[int, Waiting] = {}
        try:
            return self._watched(primary, dbname, until, waited)
        except (DefinitionsChanged, LockWaitExceeded) as error:
            self.say(f"{error} Trying once more.")
            return self._watched(primary, dbname, until, waited)

    def _watched(
        self, primary: Connection, dbname: str, until: float, waited: dict[int, Waiting]
    ) -> tuple[Details, Check]:
        blockers = Blockers(
            primary, dbname, application=self.application, abort=False, say=self.say, seen=waited
        )
        with blockers, self._snapshot(primary, dbname) as snapshot:
            part = self._part(primary, dbname, until, snapshot)
            snapshot.confirm()
            return part, blockers.check()

    def _snapshot(self, connection: Connection, dbname: str) -> Snapshot:
        return Snapshot(connection, dbname, keys=self.keys, application=self.application)

    def _parts(self, connection: Connection, until: float) -> dict[str, Details]:
        return {dbname: self._part(connection, dbname, until) for dbname in databases(connection)}

    def _part(
        self, connection: Connection, dbname: str, until: float, snapshot: Snapshot | None = None
    ) -> Details:
        """Within the budget everything is hashed; what does not fit is declared as not looked at."""
        return collect(
            connection,
            dbname=dbname,
            keys=self.keys,
            snapshot=snapshot,
            content="definitions" if self.content == "definitions" else "rotate",
            jobs=self.site.server.physical.jobs,
            budget=timedelta(seconds=max(until - time.monotonic() - SPARE, 1.0)),
            hashed_before=self.hashed_before.within(dbname),
        )


def together(checks: Mapping[str, Check]) -> Check:
    """One check of all databases, each waiting session with its own; not passed where one was not watched."""
    (first, *_) = checks.values()
    return first.model_copy(
        update={
            "verdict": overall(tuple(checks.values())),
            "observed": [f"{dbname}: {each}" for dbname, check in checks.items() for each in _list(check)],
            "reason": "; ".join(f"{dbname}: {each.reason}" for dbname, each in checks.items() if each.reason),
        }
    )


def _list(check: Check) -> list[JsonValue]:
    return check.observed if isinstance(check.observed, list) else []


def databases(connection: Connection) -> list[str]:
    """Every database that takes connections, sorted."""
    return [name for name, is_open in _listed(connection) if is_open]


def closed(connection: Connection) -> list[str]:
    """Every database that takes none: a backup carries it, and nobody can say what is in it."""
    return [name for name, is_open in _listed(connection) if not is_open]


def _listed(connection: Connection) -> list[tuple[str, bool]]:
    with (
        closing(
            connect(connection, application_name="backup manifest", autocommit=True, pinned=True)
        ) as session,
        explained("the list of databases"),
        session.cursor() as cursor,
    ):
        cursor.execute(sql(__package__, "databases"))
        return list(cursor.fetchall())


def _written(primary: Connection) -> tuple[str, datetime]:
    """How far the primary has written, and its clock just before."""
    with (
        closing(connect(primary, application_name="backup manifest", autocommit=True)) as session,
        explained("the primary's position"),
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT clock_timestamp(), pg_catalog.pg_current_wal_flush_lsn()::text")
        row = cursor.fetchone()
        assert row is not None
        return row[1], row[0].astimezone(UTC)
