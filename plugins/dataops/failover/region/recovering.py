"""Bringing a server back from the other region's bucket, and letting a client write to it.

It comes back on a scratch server of a drill: in a private folder, unreachable for anybody else, archiving
nothing, and torn down in the end. So the test touches nothing that a real recovery would have to touch
later; what it does not measure is how long a new host and a new address take. What is different from a
server that stays is said in ``docs/failover-region.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dataops.backup.physical.engine import repositories
from dataops.backup.physical.verify import segment_size
from dataops.backup.steps import Job as Restoring
from dataops.drill.point import Point
from dataops.drill.run import new_drill_id
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.failover.canary import running, schema
from dataops.failover.canary.accounting import Account, account
from dataops.failover.region.copies import Reach, reach
from dataops.failover.region.recovery import (
    Recovery,
    region_check,
    replayed_check,
    service_check,
    without_service,
)
from dataops.failover.region.survivor import Survivor
from dataops.failover.verifying.expecting import expectations
from dataops.postgres import connect
from dataops.quality import suite_path

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

    from dataops.connections import Connection
    from dataops.drill.restored import RestoredServer
    from dataops.failover.canary.ledger import Ledger
    from dataops.failover.job import Job
    from dataops.failover.scenario import Load

RESTORED = "restored from the other region"
CARRIED = "recovery carried through"
_TO_STEADY = 60.0
"""Seconds that a client on the restored server may need, beyond its good spell, until it writes well."""


def recover(
    job: Job,
    *,
    run: str,
    load: Load,
    ledger: Callable[[], Ledger],
    fault: float,
    folder: Path,
    say: Say,
) -> Recovery:
    """Restore the server from the other region alone, hold the ledger against it, write to it, tear it down.

    ``fault``: CLOCK_MONOTONIC when the region was lost. ``ledger`` gives the ledger of ``run`` so far; it is
    asked once the surviving rows were read. ``folder`` takes a ledger of the second canary. Never raises for
    a backup that cannot be restored: that is a red check.
    """
    recovering = _Recovering(job, run, load, ledger, fault, folder, say)
    try:
        recovering.run()
    except DataOpsError as error:
        recovering.gave_up(error)
    return recovering.outcome()


@dataclass
class _Recovering:
    """One recovery, as far as it came: what was found by then stands, whatever ends it."""

    job: Job
    run_id: str
    load: Load
    ledger: Callable[[], Ledger]
    fault: float
    folder: Path
    say: Say
    checks: list[Check] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    accounted: Account | None = None
    rto: float | None = None
    found: Reach | None = None
    last_commit: datetime | None = None
    _restoring: Restoring | None = None
    _drill_id: str = ""

    def run(self) -> None:
        """Everything, in order."""
        from dataops.drill.restoring import restored

        survivor = Survivor.of(self.job.platform)
        self._restoring = Restoring(survivor, self.job.server, self.say)
        self._only(survivor)
        with self._timed("choose"):
            self.found = reach(survivor, self.job.server)
        begun, self._drill_id = time.monotonic(), new_drill_id(datetime.now(UTC))
        with restored(self._restoring, _point(self.found), drill_id=self._drill_id) as server:
            self._opened(server, self.found, time.monotonic() - begun)
            connection = replace(server.connection, schema=self.job.database.dbname)
            self._account_for(connection)
            self._write_to(connection)
            self._check_data(connection)

    def gave_up(self, error: DataOpsError) -> None:
        """What ended it early is red; a backup that does not come back has failed."""
        verdict = Verdict.INCONCLUSIVE if isinstance(error, InconclusiveError) else Verdict.FAILED
        self.say(f"The recovery could not be carried through: {error}")
        self.checks.append(
            Check(name=CARRIED, verdict=verdict, expected="every step of it", reason=str(error))
        )

    def outcome(self) -> Recovery:
        """All that was found; whether nothing is left is looked at now."""
        from dataops.drill.restoring import torn_down

        if self._restoring is not None and self._drill_id:
            left = torn_down(self._restoring, self._drill_id)
            self.checks.append(left.model_copy(update={"name": "nothing of the restore left"}))
        figures = [Figure(name=name, value=value, unit="seconds") for name, value in self.phases.items()]
        if self.accounted is not None:
            figures = [*self.accounted.figures(), *figures]
        if self.rto is not None:
            figures.insert(0, Figure(name="rto", value=round(self.rto, 3), unit="seconds"))
        return Recovery(
            checks=tuple(self.checks),
            figures=tuple(figures),
            account=self.accounted,
            rto=self.rto,
            backup_id=self.found.header.backup_id if self.found else "",
            phases=dict(self.phases),
            restored_to=self.last_commit,
        )

    def _only(self, survivor: Survivor) -> None:
        """Nothing but the other region's bucket is configured: what is not known cannot be used."""
        used, lost = [each.bucket for each in repositories(survivor)], self.job.platform.store.bucket
        self.checks.append(region_check(used, survivor.store.bucket, lost))

    def _opened(self, server: RestoredServer, found: Reach, seconds: float) -> None:
        """The server recovered and takes connections."""
        told = {
            "restore": server.phases.restore,
            "replay": server.phases.replay,
            "start": server.phases.start,
        }
        self.phases |= {**told, "prepare": round(max(seconds - sum(told.values()), 0.0), 3)}
        self.last_commit = server.last_commit
        restored = Check(
            name=RESTORED,
            verdict=Verdict.PASSED,
            expected="the database, from there",
            observed=f"{found.header.backup_id}, copied as {_label(found)}, up to {found.last_name}",
            seconds=round(seconds, 3),
        )
        self.checks.append(restored)
        self.checks.append(replayed_check(server.server_log(), found, segment_size(found.header)))

    def _account_for(self, connection: Connection) -> None:
        """What survived, read before anything is written."""
        with closing(connect(connection, application_name="failover region")) as session:
            rows = _surviving(session, self.run_id)
            self.accounted = account(self.ledger(), rows)
            schema.prepare(session)
        self.checks += self.accounted.checks(self.job.scenario.objectives)

    def _write_to(self, connection: Connection) -> None:
        """A client writes until it goes well: that ends the time without service."""
        begun = time.monotonic()
        with running.start(
            connection,
            self.load,
            run=f"{self.run_id}-restored",
            folder=self.folder / "restored",
            dbname=self.job.database.dbname,
            say=self.say,
        ) as canary:
            steady = self.load.steady.total_seconds()
            written = canary.wait_until_steady(steady, within=steady + _TO_STEADY)
        self.phases["first write"] = round(written - begun, 3)
        self.rto = without_service(self.ledger(), self.fault, written)
        self.checks.append(service_check(self.rto, self.job.scenario.objectives.rto))

    def _check_data(self, connection: Connection) -> None:
        """The owners' expectations, on what came back."""
        found = expectations(
            connection,
            self.job.database.dbname,
            suite_path(self.job.include, self.job.database.name),
            asked=self.job.scenario.expectations,
        )
        self.checks.append(found.model_copy(update={"name": "data checks on the restored server"}))

    @contextmanager
    def _timed(self, name: str) -> Generator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = round(time.monotonic() - begun, 3)


def _point(found: Reach) -> Point:
    now = datetime.now(UTC)
    return Point(
        "end of archive",
        found.header,
        found.arrived or found.header.snapshot_at,
        "the end of the WAL in the other region",
        decided_at=now,
    )


def _label(found: Reach) -> str:
    assert found.header.pgbackrest is not None
    return found.header.pgbackrest.label


def _surviving(session: PsycopgConnection, run: str) -> schema.Surviving:
    """The run's rows; none where the canary's tables themselves were made after the last archived WAL."""
    with session.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", (f"{schema.SCHEMA}.writes",))
        row = cursor.fetchone()
    if row is not None and row[0]:
        return schema.Surviving(time.monotonic(), ())
    return schema.surviving(session, run)
