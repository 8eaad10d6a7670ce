"""What the page *Failover* shows: every scenario's last tests and their trend, the guard, and the lever."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from textwrap import shorten
from typing import TYPE_CHECKING

from dataops.airflow.console.state import READERS, RUNS_SHOWN
from dataops.airflow.console.wording import counted, in_need
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict
from dataops.inventory.schedule import longest_interval, spread

if TYPE_CHECKING:
    from dataops.evidence.chain import Link
    from dataops.evidence.record import Record
    from dataops.failover.guard.heartbeat import Heartbeat
    from dataops.failover.lever import Lever
    from dataops.failover.scenario import Scenario
    from dataops.platform import Platform

CAPABILITY = "failover_test"
STALE = timedelta(days=100)
"""A scenario that only people start, and that nobody started for a quarter, proves nothing about now."""
LATE = timedelta(hours=12)
LONGEST = 280
"""Characters of a reason: the evidence page has all of it."""


@dataclass(frozen=True)
class Measured:
    """One test: seconds without service and acknowledged writes lost; None where that was not measured."""

    verdict: Verdict
    rto: float | None
    rows: int | None


@dataclass(frozen=True)
class Played:
    """One scenario, its last tests, the newest first, and what they measured."""

    scenario: Scenario
    server: str
    owner: str
    runs: tuple[Link, ...] = ()
    measured: tuple[Measured, ...] = ()
    sentence: str = ""
    trouble: str = ""

    @property
    def last(self) -> Link | None:
        """The newest test."""
        return self.runs[0] if self.runs else None

    @property
    def newest(self) -> Measured | None:
        """What the newest test measured."""
        return self.measured[0] if self.measured else None

    @property
    def outages(self) -> tuple[tuple[Verdict, float], ...]:
        """The verdict of each test that measured it, the oldest first, and its seconds without service."""
        return tuple((each.verdict, each.rto) for each in reversed(self.measured) if each.rto is not None)

    def is_old(self, now: datetime) -> bool:
        """Whether the last test is older than its schedule, or a quarter, allows."""
        cron = self.scenario.schedule
        allowed = longest_interval(spread(cron, self.scenario.name)) + LATE if cron else STALE
        return self.last is None or now - self.last.finished > allowed

    def is_well(self, now: datetime) -> bool:
        """Whether the last test passed, and is not old."""
        return self.last is not None and self.last.verdict is Verdict.PASSED and not self.is_old(now)


@dataclass(frozen=True)
class FailoverState:
    """The page at one moment. ``trouble`` is why guard and lever cannot be told."""

    environment: str
    played: tuple[Played, ...]
    now: datetime
    guards: tuple[Heartbeat, ...] = ()
    lever: Lever | None = None
    trouble: str = ""

    @property
    def headline(self) -> str:
        """The one sentence that somebody who has five seconds reads."""
        if not self.played:
            return "You may see no scenario, or there is none."
        if self.lever is not None:
            return "The lever is pulled: no failover test may begin."
        well, all_of_them = sum(each.is_well(self.now) for each in self.played), len(self.played)
        if well == all_of_them:
            return f"Every disaster was rehearsed and passed: {counted(well, 'scenario')}."
        if not any(each.last or each.trouble for each in self.played):
            return f"No disaster was rehearsed yet: {counted(all_of_them, 'scenario')} never played."
        return in_need(all_of_them - well, all_of_them, "scenario")

    @property
    def guarded(self) -> str:
        """Who would heal or fence if a test's coordinator died."""
        if self.trouble:
            return f"Nobody can tell whether a guard is alive: {self.trouble}"
        if not self.guards:
            return "No guard is alive, so no test can begin: see docs/failover-guard.md."
        return f"Guarded by {', '.join(sorted({each.host for each in self.guards}))}."


def failover_state(
    platform: Platform, scenarios: Iterable[Scenario], now: datetime | None = None
) -> FailoverState:
    """The last tests of these scenarios, those that need somebody first."""
    now = now or datetime.now(UTC)
    with ThreadPoolExecutor(READERS) as pool:
        played = pool.map(partial(_played, platform), scenarios)
        ordered = sorted(played, key=lambda each: (each.is_well(now), each.scenario.name))
    try:
        guards, lever = _guarding(platform)
    except DataOpsError as error:
        return FailoverState(platform.environment, tuple(ordered), now, trouble=str(error))
    return FailoverState(platform.environment, tuple(ordered), now, guards, lever)


def _guarding(platform: Platform) -> tuple[tuple[Heartbeat, ...], Lever | None]:
    from dataops.failover import lever
    from dataops.failover.guard import heartbeat

    return heartbeat.alive(platform.store, platform.environment), lever.standing(platform.store)


def _played(platform: Platform, scenario: Scenario) -> Played:
    from dataops.evidence import chain, listing

    database = platform.inventory.subject(scenario.database)
    bare = Played(scenario, platform.inventory.server_of(database).name, scenario.owner or database.owner)
    try:
        runs = tuple(islice(chain.newest(platform.store, CAPABILITY, scenario.name), RUNS_SHOWN))
        records = [listing.show(platform.store, run.key) for run in runs]
    except DataOpsError as error:
        return replace(bare, trouble=str(error))
    return replace(
        bare,
        runs=runs,
        measured=tuple(_measured(record) for record in records),
        sentence=shorten(records[0].reason, LONGEST, placeholder=" …") if records else "",
    )


def _measured(record: Record) -> Measured:
    found = {figure.name: figure.value for figure in record.figures}
    rows = found.get("rows lost")
    return Measured(record.verdict, found.get("rto"), None if rows is None else int(rows))
