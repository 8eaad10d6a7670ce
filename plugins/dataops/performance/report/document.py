"""What a report says, as one document: the HTML page, the Markdown and the roll-ups are made from it alone.

Its JSON is kept beside the page; ``report.schema.json`` is its schema. Moments are UTC, times seconds, sizes
bytes. Null means that it was not measurable, never zero.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from dataops.evidence.verdict import Check, Figure, Verdict
from dataops.performance.finding import Finding
from dataops.performance.logged_call import LoggedCall

FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shape(StrEnum):
    """How a chart is drawn."""

    STACKED = "stacked"
    """Parts of a whole, one above the other."""
    LINES = "lines"


class Unit(StrEnum):
    """What a number is, and so how it is written."""

    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/second"
    PER_SECOND = "per second"
    COUNT = "count"
    ROWS = "rows"
    SHARE = "share"
    SESSIONS = "sessions"
    WORDS = "words"
    CODE = "code"
    MOMENT = "moment"


class Curve(_Part):
    """One line or layer of a chart: a value for each of the chart's steps; null where nothing was measured.

    ``forecast`` marks what was not measured but worked out from it.
    """

    name: str
    values: tuple[float | None, ...]
    forecast: bool = False


class Mark(_Part):
    """A moment that the chart points out, such as a restart."""

    at: datetime
    says: str


class Limit(_Part):
    """A value that the curves should stay under."""

    name: str
    value: float


class Chart(_Part):
    """Numbers over time. Step ``i`` goes from ``steps[i]`` to ``steps[i + 1]``; the last entry is the end.

    ``says`` is what the chart shows, in one sentence for those who do not see it. Where ``missing`` says why
    nothing could be measured, there are no curves. ``quality`` says what of the window they do not show, and
    why; empty where they show all of it.
    """

    name: str
    title: str
    unit: Unit
    shape: Shape = Shape.LINES
    steps: tuple[datetime, ...] = ()
    curves: tuple[Curve, ...] = ()
    limit: Limit | None = None
    marks: tuple[Mark, ...] = ()
    says: str = ""
    missing: str = ""
    quality: str = ""


class Column(_Part):
    """One column of a table."""

    name: str
    unit: Unit = Unit.WORDS


Cell = str | int | float | None
"""A moment is written as ISO 8601."""


class Table(_Part):
    """The objects that matter most, of ``of`` in all. Where ``missing`` says why, there are no rows.

    ``quality`` says what of the window the numbers leave out, and why; empty where they are whole.
    """

    name: str
    title: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    of: int = 0
    says: str = ""
    missing: str = ""
    quality: str = ""


class Area(_Part):
    """How well one kind of statistics was measured; ``name`` is that of the window's section.

    ``covered`` is the share of the window between usable samples, 0 to 1. ``declared`` is true where the
    inventory says that it cannot be measured there, so that it stands outside of the verdict.
    """

    name: str
    title: str
    covered: float
    notes: tuple[str, ...] = ()
    missing: str = ""
    declared: bool = False


class Looked(_Part):
    """A rule of the findings that looked and found nothing, with what it saw."""

    code: str
    says: str


class Unseen(_Part):
    """A rule of the findings that could not look, or only in part, and why."""

    code: str
    title: str
    why: str


class DataCheck(_Part):
    """One table's expectations, and what of the night may explain that they do not hold."""

    table: str
    verdict: Verdict
    says: str
    red: tuple[str, ...] = ()
    explained_by: str = ""
    finding: str = ""
    """Key of the finding that explains it; empty for none."""


class Report(_Part):
    """One night of one database. ``well`` are the healthy things, each a sentence with its number.

    ``slowest_calls`` hold literals: there are some only where the inventory allows it.
    """

    format: int = FORMAT
    server: str
    database: str
    dbname: str
    owner: str = ""
    environment: str = ""
    since: datetime
    until: datetime
    made: datetime
    server_version: int
    samples: int
    verdict: Verdict
    sentence: str
    well: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    looked: tuple[Looked, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    data_checks: tuple[DataCheck, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    slowest_calls: tuple[LoggedCall, ...] = ()
    areas: tuple[Area, ...] = ()
    figures: tuple[Figure, ...] = ()
    checks: tuple[Check, ...] = ()
    restarts: tuple[datetime, ...] = ()
    notes: tuple[str, ...] = ()
    programs: dict[str, str] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """JSON that a program reads: these very bytes are kept and hashed."""
        return self.model_dump_json().encode() + b"\n"


class Digest(_Part):
    """Several nights in one page: two days compared, a week, or a month."""

    format: int = FORMAT
    kind: str
    """``comparison``, ``week`` or ``month``."""
    database: str
    title: str
    since: datetime
    until: datetime
    made: datetime
    sentence: str
    notes: tuple[str, ...] = ()
    """What was not measured, and so is not in the numbers."""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()

    def to_bytes(self) -> bytes:
        """JSON that a program reads."""
        return self.model_dump_json().encode() + b"\n"
