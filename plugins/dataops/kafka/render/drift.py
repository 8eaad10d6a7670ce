"""Drift as people read it: what is not as declared, then what is merely noticed, each with its cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dataops.evidence.units import duration
from dataops.kafka.changes import Finding
from dataops.kafka.drifting import Drift

SHOWN = 40
"""So many notices are shown; differences are shown whole."""


def drift_text(drift: Drift, *, now: datetime | None = None) -> str:
    """The drift in lines. ``now`` adds for how long each thing is so."""
    differences = drift.differences
    noticed = [each for each in drift.findings if each not in differences]
    lines = [drift_summary(drift)]
    lines += _section("Not as declared", differences, drift, now)
    lines += _section("Noticed", noticed[:SHOWN], drift, now)
    if len(noticed) > SHOWN:
        lines.append(f"  … and {len(noticed) - SHOWN:,} more")
    return "\n".join(lines) + "\n"


def drift_summary(drift: Drift) -> str:
    """The drift in one sentence."""
    count, new = len(drift.differences), len(drift.new)
    differs = (
        f"{count:,} thing{'s are' if count != 1 else ' is'} not as declared"
        if count
        else "All is as declared"
    )
    noticed = len(drift.findings) - count
    parts = [
        differs,
        f"{noticed:,} more noticed" if noticed else "",
        f"{new:,} new since the last evidence" if new else "",
        f"{len(drift.resolved):,} resolved" if drift.resolved else "",
    ]
    return ", ".join(part for part in parts if part) + "."


def _section(title: str, findings: Sequence[Finding], drift: Drift, now: datetime | None) -> Iterator[str]:
    if not findings:
        return
    yield from ("", title)
    for each in findings:
        mark = "new" if each.key in drift.new else _age(each, now)
        yield f"  {each.cause}: {each.resource} {each.field}  [{mark}]  {each.source}".rstrip()
        if each.declared or each.observed:
            yield f"      declared {each.declared or 'nothing'}, there is {each.observed or 'nothing'}"
        mends = " An apply puts it right, safely." if each.revert else ""
        yield f"      {each.message} {each.advice}{mends}"


def _age(finding: Finding, now: datetime | None) -> str:
    since = datetime.fromisoformat(finding.since)
    if now is None or now < since:
        return f"since {since:%Y-%m-%d %H:%M} UTC"
    return f"for {duration((now - since).total_seconds())}"
