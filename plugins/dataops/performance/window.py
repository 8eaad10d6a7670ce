"""What happened on a database between two moments: the differences of its samples, section by section.

A window is a value: findings, charts and tables are made from it alone. What could not be measured is
said in its section's ``quality``; nobody may read silence as health.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import polars as pl

WELL_COVERED = 0.8
"""Share of the window below which a section's silence proves nothing."""


class SectionName(StrEnum):
    """The kinds of statistics that are sampled; ``columns`` says what each one holds."""

    STATEMENTS = "statements"
    TABLES = "tables"
    INDEXES = "indexes"
    CONSTRAINTS = "constraints"
    SEQUENCES = "sequences"
    DATABASE = "database"
    CHECKPOINTS = "checkpoints"
    WAL = "wal"
    ARCHIVER = "archiver"
    REPLICATION = "replication"
    SLOTS = "slots"
    SLRU = "slru"
    SESSIONS = "sessions"
    BLOCKING = "blocking"
    SETTINGS = "settings"
    COLLATIONS = "collations"
    SIZES = "sizes"
    LOGS = "logs"


@dataclass(frozen=True)
class Quality:
    """How much of the window a section really shows.

    ``covered`` is the share of the window's seconds, 0 to 1, that lie between usable samples. ``missing``
    says why the section is not measurable at all, in one sentence; empty where it is. ``intervals`` are those
    that were measured, each with its end and its seconds; None where only their share is known.
    """

    covered: float = 1.0
    notes: tuple[str, ...] = ()
    missing: str = ""
    intervals: tuple[tuple[datetime, float], ...] | None = None

    @property
    def measurable(self) -> bool:
        """Whether numbers of this section may be used."""
        return not self.missing

    @property
    def well_covered(self) -> bool:
        """Whether its sums may stand for the whole window, and its silence for calm."""
        return self.measurable and self.covered >= WELL_COVERED


@dataclass(frozen=True)
class Section:
    """One kind of statistics over the window.

    ``totals`` has a row per object: counters as their growth over the window, readings as they were last.
    ``series`` has a row per object and interval, with its end ``at`` (UTC) and length ``seconds``; empty
    where nothing is drawn or looked at over time.
    """

    totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    series: pl.DataFrame = field(default_factory=pl.DataFrame)
    quality: Quality = Quality()


@dataclass(frozen=True)
class Window:
    """What happened on one database from ``since`` to ``until`` (UTC).

    ``server_version`` is ``server_version_num``, such as 150014; ``restarts`` are the moments at which the
    server was started inside the window; ``samples`` counts the usable ones.
    """

    server: str
    database: str
    dbname: str
    since: datetime
    until: datetime
    server_version: int
    samples: int
    sections: Mapping[SectionName, Section]
    restarts: tuple[datetime, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return (self.until - self.since).total_seconds()

    def section(self, name: SectionName) -> Section:
        """The section; one that was never sampled is not measurable."""
        missing = Quality(covered=0.0, missing=f"There are no samples of {name}.")
        return self.sections.get(name, Section(quality=missing))
