"""The form of a report by hand, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from airflow.sdk import Param

from dataops.airflow.form import reason

HOURS = 24


@cache
def report_form() -> dict[str, Param]:
    """The fields that the UI shows for a report by hand; a scheduled one keeps their defaults."""
    return {
        "hours": Param(
            HOURS,
            type="integer",
            minimum=1,
            maximum=168,
            title="Hours",
            description="How long the window is that ends now.",
        ),
        "prove": Param(
            False,
            type="boolean",
            title="Try the advice with real data",
            description="Restores the latest backup to a scratch server, builds each advised index there and "
            "measures the statement before and after. May take as long as a restore drill.",
        ),
        "reason": reason(),
    }


def length(params: Mapping[str, Any]) -> timedelta:
    """How long the window is."""
    return timedelta(hours=int(params.get("hours") or HOURS))
