"""What the page *Reports* shows: the last night of every database, worked out from evidence alone."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from dataops.airflow.console.state import READERS, RUNS_SHOWN
from dataops.airflow.console.wording import counted, in_need
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict
from dataops.inventory.schedule import longest_interval, spread

if TYPE_CHECKING:
    from dataops.evidence.chain import Link
    from dataops.inventory import Database
    from dataops.platform import Platform

CAPABILITY = "performance_report"
LATE = timedelta(hours=12)
"""How long after its next turn a report may be missing."""


@dataclass(frozen=True)
class Night:
    """One database: its last runs, the newest first, and what the last one says and where its report lies."""

    database: Database
    runs: tuple[Link, ...] = ()
    sentence: str = ""
    report: str = ""
    figures: tuple[tuple[str, int], ...] = ()
    trouble: str = ""

    @property
    def last(self) -> Link | None:
        """The newest run."""
        return self.runs[0] if self.runs else None

    def is_late(self, now: datetime) -> bool:
        """Whether the last report is older than its schedule allows, or there is none."""
        interval = longest_interval(spread(self.database.report.schedule, self.database.name))
        return self.last is None or now - self.last.finished > interval + LATE

    def is_well(self, now: datetime) -> bool:
        """Whether the last night was reported on, and passed."""
        return self.last is not None and self.last.verdict is Verdict.PASSED and not self.is_late(now)

    @property
    def is_warned(self) -> bool:
        """Whether the last night passed and somebody should look all the same."""
        passed = self.last is not None and self.last.verdict is Verdict.PASSED
        return passed and dict(self.figures).get("warning", 0) > 0


@dataclass(frozen=True)
class ReportState:
    """The page at one moment."""

    environment: str
    nights: tuple[Night, ...]
    now: datetime

    @property
    def headline(self) -> str:
        """The one sentence that somebody who has five seconds reads."""
        if not self.nights:
            return "You may see no database, or none has a report."
        well = sum(night.is_well(self.now) for night in self.nights)
        if well == len(self.nights):
            warned = sum(night.is_warned for night in self.nights)
            also = f" Somebody should look at {counted(warned, 'database')}." if warned else ""
            return f"Nothing is in danger: {counted(well, 'database')}, and no red report last night.{also}"
        if not any(night.last or night.trouble for night in self.nights):
            return "There is no report yet: the first ones come in the coming night."
        return in_need(len(self.nights) - well, len(self.nights), "database")


def latest(platform: Platform, databases: Iterable[Database], now: datetime | None = None) -> ReportState:
    """The last night of these databases, those that need somebody first."""
    now = now or datetime.now(UTC)
    with ThreadPoolExecutor(READERS) as pool:
        nights = pool.map(lambda database: _night(platform, database), databases)
        ordered = sorted(
            nights, key=lambda night: (night.is_well(now), not night.is_warned, night.database.name)
        )
    return ReportState(platform.environment, tuple(ordered), now)


def _night(platform: Platform, database: Database) -> Night:
    from dataops.evidence import chain, listing

    try:
        runs = tuple(islice(chain.newest(platform.store, CAPABILITY, database.name), RUNS_SHOWN))
        if not runs:
            return Night(database)
        record = listing.show(platform.store, runs[0].key)
    except DataOpsError as error:
        return Night(database, trouble=str(error))
    wanted = ("critical findings", "warning findings", "notice findings")
    found = {figure.name: int(figure.value) for figure in record.figures if figure.name in wanted}
    return Night(
        database=database,
        runs=runs,
        sentence=str(record.details.get("says") or record.reason),
        report=str(record.details.get("report") or ""),
        figures=tuple((name.removesuffix(" findings"), found[name]) for name in wanted if name in found),
    )
