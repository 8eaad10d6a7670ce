"""From what a night measured and found to its report: values in, one document out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from dataops.evidence.verdict import Check, Figure, overall
from dataops.performance.finding import Finding, Severity
from dataops.performance.logged_call import LoggedCall
from dataops.performance.night import Night
from dataops.performance.report.charts import charts
from dataops.performance.report.coverage import ACTIVE, SAMPLING, areas, measured
from dataops.performance.report.document import Looked, Report, Unseen
from dataops.performance.report.growth import BYTES, DISK_FREE, growth
from dataops.performance.report.headline import headline, no_danger, of_severity, ordered
from dataops.performance.report.healthy import healthy
from dataops.performance.report.loads import PREFIX, data_checks
from dataops.performance.report.tables import tables
from dataops.performance.window import SectionName, Window

FIGURES: Mapping[str, tuple[SectionName, str, str]] = {
    "time in statements": (SectionName.STATEMENTS, "exec_seconds", "seconds"),
    "statements executed": (SectionName.STATEMENTS, "calls", "count"),
    "transactions": (SectionName.DATABASE, "commits", "count"),
    "WAL generated": (SectionName.WAL, "bytes", "bytes"),
    "temporary files": (SectionName.DATABASE, "temp_bytes", "bytes"),
    "deadlocks": (SectionName.DATABASE, "deadlocks", "count"),
    "most connections": (SectionName.DATABASE, "server_connections_peak", "count"),
    SAMPLING: (SectionName.DATABASE, "sampling_seconds", "seconds"),
    ACTIVE: (SectionName.DATABASE, "active_seconds", "seconds"),
}
"""Numbers that each night keeps for the roll-ups: section, column and unit; sums over the rows."""


@dataclass(frozen=True)
class Told:
    """What a run knows beside the window and its findings. ``declared`` are sections not to be measured."""

    owner: str
    environment: str
    made: datetime
    nights: Sequence[Night] = ()
    declared: Collection[str] = ()
    looked: Sequence[Looked] = ()
    unseen: Sequence[Unseen] = ()
    checks: Sequence[Check] = ()
    """Of the other steps: data checks by the name ``data: <table>``, the proof's, sampling's."""
    figures: Sequence[Figure] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    slowest_calls: Sequence[LoggedCall] = ()
    """As they were logged, with literals; those first whose statements took most time."""


def assemble(window: Window, findings: Sequence[Finding], told: Told) -> Report:
    """The report; its verdict is that of its checks: danger fails it, what was not seen leaves it open."""
    ranked = ordered(findings)
    seen = areas(window, told.declared)
    data = data_checks(told.checks, window, ranked)
    checks = (no_danger(ranked), measured(seen), *told.checks)
    size, free = _size(window), _free(window)
    return Report(
        server=window.server,
        database=window.database,
        dbname=window.dbname,
        owner=told.owner,
        environment=told.environment,
        since=window.since,
        until=window.until,
        made=told.made,
        server_version=window.server_version,
        samples=window.samples,
        verdict=overall(checks),
        sentence=headline(
            window.database,
            ranked,
            seen,
            data,
            checks=told.checks,
            unseen={each.code for each in told.unseen},
        ),
        well=(*healthy(window), *_data_well(told.checks)),
        findings=ranked,
        looked=tuple(told.looked),
        unseen=tuple(told.unseen),
        data_checks=data,
        charts=(*charts(window), growth(told.nights, window.until, size, free)),
        tables=tables(window),
        slowest_calls=tuple(told.slowest_calls),
        areas=seen,
        figures=(*_figures(window, size, free), *_counts(ranked), *told.figures),
        checks=checks,
        restarts=window.restarts,
        notes=window.notes,
        programs=dict(told.programs),
    )


def night_of(report: Report) -> Night:
    """What a later night needs of this one."""
    return Night(
        until=report.until,
        findings=report.findings,
        figures={figure.name: figure.value for figure in report.figures},
        measurable=frozenset(area.name for area in report.areas if not area.missing),
    )


def _figures(window: Window, size: float | None, free: float | None) -> list[Figure]:
    found = []
    for name, (section_name, column, unit) in FIGURES.items():
        value = _sum(window, section_name, column)
        if value is not None:
            found.append(Figure(name=name, value=value, unit=unit))
    for name, value in ((BYTES, size), (DISK_FREE, free)):
        if value is not None:
            found.append(Figure(name=name, value=value, unit="bytes"))
    return found


def _counts(findings: Sequence[Finding]) -> list[Figure]:
    return [
        Figure(name=f"{severity.value} findings", value=len(of_severity(findings, severity)), unit="count")
        for severity in Severity
    ]


def _sum(window: Window, name: SectionName, column: str) -> float | None:
    """The sum over all rows; None where the section or the counter was not measured well enough to be one."""
    section = window.section(name)
    if not section.quality.well_covered or column not in section.totals.columns:
        return None
    totals = section.totals
    if "toplevel" in totals.columns:
        totals = totals.filter(pl.col("toplevel").fill_null(value=True))
    values = totals[column].drop_nulls()
    return float(values.sum()) if len(values) else None


def _size(window: Window) -> float | None:
    return _of_sizes(window, "database", window.dbname, "bytes")


def _free(window: Window) -> float | None:
    return _of_sizes(window, "disk", "data", "free_bytes")


def _of_sizes(window: Window, kind: str, name: str, column: str) -> float | None:
    section = window.section(SectionName.SIZES)
    if not section.quality.measurable or "kind" not in section.totals.columns:
        return None
    rows = section.totals.filter((pl.col("kind") == kind) & (pl.col("name") == name))
    value: Any = rows[column][0] if rows.height else None
    return None if value is None else float(value)


def _data_well(checks: Sequence[Check]) -> list[str]:
    data = [check for check in checks if check.name.startswith(PREFIX)]
    if not data or overall(data).value != "passed":
        return []
    return [f"All expectations of the data hold, in {len(data)} {'table' if len(data) == 1 else 'tables'}."]
