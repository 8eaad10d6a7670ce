"""Expectations that do not hold, beside what the night tells of the table, such as a load that came late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from dataops.evidence.verdict import Check, Verdict
from dataops.performance.finding import Finding, Status
from dataops.performance.report.document import DataCheck
from dataops.performance.report.numbers import counted, moment
from dataops.performance.window import SectionName, Window

_WRITING = ("insert", "copy", "update", "merge", "delete")
PREFIX = "data: "
"""How the name of a check of a table's expectations begins."""


def data_checks(
    checks: Sequence[Check], window: Window | None, findings: Sequence[Finding]
) -> tuple[DataCheck, ...]:
    """One for each check of a table's expectations, the red ones with what may explain them."""
    told = []
    for check in checks:
        if not check.name.startswith(PREFIX):
            continue
        table = check.name.removeprefix(PREFIX)
        related = _related(table, findings) if check.verdict is Verdict.FAILED else None
        told.append(
            DataCheck(
                table=table,
                verdict=check.verdict,
                says=check.reason or str(check.observed or ""),
                red=tuple(
                    f"{part.name}: {part.reason or f'expected {part.expected}, observed {part.observed}'}"
                    for part in check.parts
                    if part.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
                ),
                explained_by=_explanation(table, window, related) if check.verdict is Verdict.FAILED else "",
                finding=related.key if related else "",
            )
        )
    return tuple(told)


def _related(table: str, findings: Sequence[Finding]) -> Finding | None:
    """The worst open finding about the table, or about a statement that writes it."""
    schema, _, name = table.rpartition(".")
    named = f"table {schema or 'public'}.{name}"
    for finding in findings:
        if finding.status is Status.FIXED:
            continue
        if named in {finding.object, *finding.related}:
            return finding
        statement = finding.advice.statement if finding.advice else ""
        if statement and _writes(statement, name):
            return finding
    return None


def _writes(statement: str, table: str) -> bool:
    if not statement.lstrip()[:6].lower().startswith(_WRITING):
        return False
    return table.lower() in statement.lower().replace('"', " ").replace("(", " ").replace(".", " ").split()


def _explanation(table: str, window: Window | None, related: Finding | None) -> str:
    told = [_arrivals(table, window)] if window else []
    if related:
        told.append(f"See: {related.sentence}")
    return " ".join(part for part in told if part)


def _arrivals(table: str, window: Window) -> str:
    """When rows came into the table, as the samples saw it."""
    section = window.section(SectionName.TABLES)
    if not section.quality.measurable or section.totals.is_empty():
        return ""
    schema, _, name = table.rpartition(".")
    rows = section.totals.filter((pl.col("name") == name) & (pl.col("schema") == (schema or "public")))
    if rows.is_empty():
        return "The samples saw no such table."
    inserted = rows["rows_inserted"].sum()
    if not inserted:
        return "No row was inserted into it in this window: the load did not come."
    grew = section.series.filter(pl.col("oid").is_in(rows["oid"].to_list()) & (pl.col("rows_inserted") > 0))
    if grew.is_empty():
        return f"{counted(int(inserted), 'row was', 'rows were')} inserted into it in this window."
    first, last = grew["at"].min(), grew["at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return ""
    return (
        f"{counted(int(inserted), 'row was', 'rows were')} inserted into it in this window, between "
        f"{moment(first)} and {moment(last)} UTC."
    )
