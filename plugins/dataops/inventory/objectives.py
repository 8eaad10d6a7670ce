"""What is promised about a subject, and which of its backups are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field
from pydantic.config import JsonDict

from dataops.inventory.duration import Duration
from dataops.inventory.fields import Part


def _without_default(schema: JsonDict) -> None:
    """A default that depends on other fields is told in the description."""
    schema.pop("default", None)


class Objectives(Part):
    """What is promised about getting a subject back."""

    rto: Duration = Field(timedelta(hours=4), description="Longest time to restore service.")
    rpo: Duration = Field(
        timedelta(hours=26),
        json_schema_extra=_without_default,
        description="Longest data loss. Default: what the schedule gives, that is the longest interval plus "
        "`max_duration`; for a physical backup `15m`, since WAL is archived all the time.",
    )


class Retention(Part):
    """Which backups are kept. The newest proven backup is never expired, whatever stands here."""

    daily: int = Field(7, strict=True, ge=0, le=3660, description="Days of which the newest backup is kept.")
    weekly: int = Field(4, strict=True, ge=0, le=520, description="Weeks of which the newest backup is kept.")
    monthly: int = Field(
        6, strict=True, ge=0, le=600, description="Months of which the newest backup is kept."
    )
    keep_proven: int = Field(
        1,
        strict=True,
        ge=0,
        le=100,
        description="Proven backups that must remain before anything expires: without drills nothing does. "
        "`0` where nobody runs drills.",
    )
    minimum: int = Field(
        3, strict=True, ge=1, le=1000, description="Backups that remain at least, however old."
    )


def with_rpo(value: object, rpo: timedelta) -> object:
    """The objectives with this RPO where the file names none."""
    if isinstance(value, Objectives):
        return value if "rpo" in value.model_fields_set else value.model_copy(update={"rpo": rpo})
    return {"rpo": rpo, **value} if isinstance(value, Mapping) else value
