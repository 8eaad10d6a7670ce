"""One thing that a report says: what, where, since when, why, and what to do about it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from dataops.evidence.verdict import Figure


class Severity(StrEnum):
    """How bad it is. ``critical``: data or service is in danger, the report is red."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Cause(StrEnum):
    """Why it is so."""

    GREW = "table grew"
    PLAN_CHANGED = "plan changed"
    STALE_STATISTICS = "statistics stale"
    BLOAT = "bloat"
    LOCK = "lock"
    SETTING = "setting"
    DEPLOYMENT = "deployment"
    MORE_CALLS = "more calls"
    SCHEMA = "schema"
    APPLICATION = "application"
    CAPACITY = "capacity"
    SERVICE = "service"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Against the nights before."""

    NEW = "new"
    OPEN = "open"
    CAME_BACK = "came back"
    FIXED = "fixed"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Proof(_Part):
    """What was measured when the advice was tried. ``helps`` is None where it could not be tried."""

    by: str
    helps: bool | None
    sentence: str
    figures: tuple[Figure, ...] = ()


class Advice(_Part):
    """What to do: SQL that can be copied, what it costs, how to take it back, how to see that it worked."""

    sentence: str
    sql: str = ""
    cost: str = ""
    undo: str = ""
    verify: str = ""
    statement: str = ""
    proof: Proof | None = None


class Acknowledged(_Part):
    """Somebody knows of it and has said until when that is fine."""

    until: date
    reason: str
    by: str = ""


class Finding(_Part):
    """One finding. ``code`` is stable and has a page in docs/findings; ``object`` says which thing.

    ``impact`` is what it costs in seconds of the database's time per day, by which findings are sorted; 0
    where that cannot be told. ``confidence`` is 0 to 1. ``since`` is when it was first seen.
    """

    code: str
    object: str
    severity: Severity
    cause: Cause
    sentence: str
    impact: float = 0.0
    confidence: float = 1.0
    evidence: tuple[Figure, ...] = ()
    related: tuple[str, ...] = ()
    advice: Advice | None = None
    since: datetime | None = None
    status: Status = Status.NEW
    acknowledged: Acknowledged | None = None

    @property
    def key(self) -> str:
        """What makes it the same finding on another night."""
        return f"{self.code}:{self.object}"
