"""A run's place in the chain of its evidence, as the console's pages show it."""

from __future__ import annotations

from datetime import datetime, timedelta

from dataops.evidence.chain import Link
from dataops.evidence.verdict import Verdict


def linked(
    capability: str,
    subject: str,
    finished: datetime,
    verdict: Verdict = Verdict.PASSED,
    *,
    reason: str = "",
    took: timedelta = timedelta(minutes=1),
) -> Link:
    """The run of this capability and subject that ended then."""
    folder = f"evidence/{capability}/{subject}/{finished:%Y/%m/%d}/k"
    return Link(
        sequence=1,
        capability=capability,
        subject=subject,
        key=f"{folder}/evidence.json",
        page_key=f"{folder}/index.html",
        sha256="",
        page_sha256="",
        previous=None,
        verdict=verdict,
        reason=reason,
        started=finished - took,
        finished=finished,
    )
