"""The record of a run, put together from what its steps left."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataops.evidence.commit import git_commit
from dataops.evidence.record import Lineage, Record
from dataops.evidence.steps import StepReport, steps_of
from dataops.evidence.verdict import overall, reason


def record_of_steps(
    capability: str, subject: str, reports: Sequence[StepReport], *, environment: str, **own: Any
) -> Record:
    """The record of a run from what its steps reported, the verdict being that of all their checks.

    An object that several steps name is one artifact. ``own`` holds the record's other fields, and those
    that this run says otherwise.
    """
    now = datetime.now(UTC)
    checks = tuple(check for report in reports for check in report.checks)
    gathered: dict[str, Any] = {
        "verdict": overall(checks),
        "reason": reason(checks),
        "started": min((report.started for report in reports), default=now),
        "finished": max((report.finished for report in reports), default=now),
        "steps": steps_of(reports),
        "checks": checks,
        "figures": tuple(figure for report in reports for figure in report.figures),
        "artifacts": tuple({each.key: each for report in reports for each in report.artifacts}.values()),
        "programs": {name: version for report in reports for name, version in report.programs.items()},
    }
    return Record(capability=capability, subject=subject, environment=environment, **{**gathered, **own})


def data_of(reports: Sequence[StepReport]) -> dict[str, Any]:
    """What all steps handed on, the later before the earlier."""
    return {name: value for report in reports for name, value in report.data.items()}


def lineage_of(told: Mapping[str, str | None] | None = None, **known: str | None) -> Lineage:
    """The host, the commit of this code, and what is known of the run; ``told`` goes before ``known``."""
    found = {"git_commit": git_commit(Path(__file__)), "host": socket.gethostname(), **known, **(told or {})}
    return Lineage(**{name: text for name, text in found.items() if text})
