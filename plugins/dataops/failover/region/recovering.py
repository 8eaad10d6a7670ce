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
from dataops.postgres import connect

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

    from dataops.drill.restored import RestoredServer
    from dataops.failover.canary.ledger import Ledger
    from dataops.failover.job import Job
    from dataops.failover.scenario import Load

RESTORED = "restored from the other region"
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
        return recovering.run()
    except DataOpsError as error:
        verdict = Verdict.INCONCLUSIVE if isinstance(error, InconclusiveError) else Verdict.FAILED
        say(f"The database did not come back: {error}")
        failed = Check(name=RESTORED, verdict=verdict, expected="the database, from there", reason=str(error))
        return Recovery((failed, *recovering.checks, *recovering.torn_down()), phases=recovering.phases)


@dataclass
class _Recovering:
    job: Job
    run_id: str
    load: Load
    ledger: Callable[[], Ledger]
    fault: float
    folder: Path
    say: Say
    checks: list[Check] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    drill_id: str = ""
    _restoring: Restoring | None = None

    def run(self) -> Recovery:
        from dataops.drill.restoring import restored

        survivor = Survivor.of(self.job.platform)
        self._restoring = Restoring(survivor, self.job.server, self.say)
        self._only(survivor)
        with self._timed("choose"):
            found = reach(survivor, self.job.server)
        begun, self.drill_id = time.monotonic(), new_drill_id(datetime.now(UTC))
        with restored(self._restoring, _point(found), drill_id=self.drill_id) as server:
            opened = time.monotonic()
            told = server.phases
            self.phases |= {"restore": told.restore, "replay": told.replay, "start": told.start}
            self.phases["prepare"] = round(opened - begun - sum((told.restore, told.replay, told.start)), 3)
            self.checks.append(replayed_check(server.server_log(), found, segment_size(found.header)))
            accounted, written = self._as_a_client(server)
        self.checks += self.torn_down()
        return self._recovery(found, server, accounted, written)

    def _only(self, survivor: Survivor) -> None:
        """Nothing but the other region's bucket is configured: what is not known cannot be used."""
        used, lost = [each.bucket for each in repositories(survivor)], self.job.platform.store.bucket
        self.checks.append(region_check(used, survivor.store.bucket, lost))

    def _as_a_client(self, server: RestoredServer) -> tuple[Account, float]:
        """What survived, read before anything is written; then when writes went well again."""
        connection = replace(server.connection, schema=self.job.database.dbname)
        with closing(connect(connection, application_name="failover region")) as session:
            rows = _surviving(session, self.run_id)
            accounted = account(self.ledger(), rows)
            schema.prepare(session)
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
        return accounted, written

    def _recovery(self, found: Reach, server: RestoredServer, accounted: Account, written: float) -> Recovery:
        promise = self.job.scenario.objectives
        rto = without_service(self.ledger(), self.fault, written)
        words = f"{found.header.backup_id}, copied as {_label(found)}, up to {found.last_name}"
        restored = Check(
            name=RESTORED,
            verdict=Verdict.PASSED,
            expected="the database, from there",
            observed=words,
            seconds=round(sum(self.phases.values()), 3),
        )
        figures = [*accounted.figures()]
        figures += [Figure(name=name, value=value, unit="seconds") for name, value in self.phases.items()]
        if rto is not None:
            figures.insert(0, Figure(name="rto", value=round(rto, 3), unit="seconds"))
        return Recovery(
            checks=(
                restored,
                *self.checks,
                *accounted.checks(promise),
                service_check(rto, promise.rto),
            ),
            figures=tuple(figures),
            account=accounted,
            rto=rto,
            backup_id=found.header.backup_id,
            phases=dict(self.phases),
            restored_to=server.last_commit,
        )

    def torn_down(self) -> tuple[Check, ...]:
        """Whether nothing is left of the scratch server, where one was begun."""
        from dataops.drill.restoring import torn_down

        if not self.drill_id or self._restoring is None:
            return ()
        left = torn_down(self._restoring, self.drill_id)
        return (left.model_copy(update={"name": "nothing of the restore left"}),)

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
