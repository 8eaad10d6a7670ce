"""Indexes that cost more than they give: twice there, never used, broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from dataops.inventory.size import bytes_of
from dataops.performance.advising import Unneeded, drop_advice, duplicate_indexes, unused_indexes
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View, rows_of
from dataops.performance.findings.words import bytes_, count, figure, quoted, seconds
from dataops.performance.window import SectionName


def duplicates(view: View) -> Iterator[Finding | str]:
    """Two indexes with the same keys, operator classes, order, expression and condition."""
    view.rows(SectionName.INDEXES)
    for each in duplicate_indexes(view.window):
        row = each.index
        written = _written(view, row)
        yield Finding(
            code="duplicate-index",
            object=f"index {each.object}",
            severity=Severity.WARNING,
            cause=Cause.SCHEMA,
            sentence=f"{each.object} does the same as {each.kept['name'] if each.kept else 'another index'}: "
            f"{bytes_(row['bytes'] or 0)}, written a second time at every change.",
            evidence=(figure("size", row["bytes"] or 0, "bytes"), figure("rows written", written, "rows")),
            related=(f"table {row['schema']}.{row['table_name']}",),
            advice=drop_advice(each),
        )


def unused(view: View) -> Iterator[Finding | str]:
    """No scan since the statistics began, nor on the standby, over the time that the YAML asks for."""
    rows = view.rows(SectionName.INDEXES)
    first_seen, last_used = _first_seen(view), _last_used(view)
    oldest = min((each.since for each in (view.window, *view.baselines)), default=view.window.since)
    needed = view.thresholds.unused_for
    candidates = unused_indexes(replace(view.window, since=oldest), observed=timedelta())
    young = 0
    for each in candidates:
        known_since = _known_since(each.index, first_seen, view.window.since)
        known_for = view.until - max(known_since, last_used.get(each.index["oid"], known_since))
        if known_for < needed:
            young += 1
        else:
            yield _unused(view, each, known_for)
    if young:
        yield (
            f"{count(young, 'index', 'indexes')} without a scan: known for less than {seconds(needed)}, so "
            "nobody can say that nothing uses them."
        )
    standbys = [row for row in _standbys(view) if row["state"] != "backup"]
    if candidates and standbys and all(row["standby_scans"] is None for row in rows):
        yield "There is a standby whose scans are not sampled: what is unused here may be used there."


def _unused(view: View, each: Unneeded, known_for: timedelta) -> Finding:
    row = each.index
    size = row["bytes"] or 0
    unseen = row["standby_scans"] is None and bool(_standbys(view))
    written = _written(view, row)
    return Finding(
        code="unused-index",
        object=f"index {each.object}",
        severity=Severity.WARNING
        if size >= bytes_of(view.thresholds.unused_size) and not unseen
        else Severity.NOTICE,
        cause=Cause.SCHEMA,
        sentence=f"Nothing has used {each.object} for {seconds(known_for)}: it takes {bytes_(size)} "
        "and is written "
        f"at every change that is not HOT ({count(written, 'row')} in the window)."
        + (" The standby's scans are not sampled." if unseen else ""),
        confidence=0.6 if unseen else 0.9,
        evidence=(
            figure("size", size, "bytes"),
            figure("scans", row["lifetime_scans"] or 0),
            figure("known for", known_for.total_seconds(), "seconds"),
            figure("rows written", written, "rows"),
        ),
        related=(f"table {row['schema']}.{row['table_name']}",),
        advice=drop_advice(each),
    )


def _known_since(row: Row, first_seen: dict[int, datetime], since: datetime) -> datetime:
    """Since when its scans are counted for certain: it was there, and the counters had begun."""
    there = first_seen.get(row["oid"], since)
    return max(there, row["statistics_since"]) if row["statistics_since"] else there


def _first_seen(view: View) -> dict[int, datetime]:
    """By object id, the beginning of the oldest window in which the index was there."""
    seen: dict[int, datetime] = {}
    for window in sorted((view.window, *view.baselines), key=lambda each: each.since, reverse=True):
        try:
            seen |= {
                row["oid"]: window.since for row in rows_of(window, SectionName.INDEXES) if not row["created"]
            }
        except Unmeasurable:
            continue
    return seen


def _last_used(view: View) -> dict[int, datetime]:
    """By object id, the end of the last window that counted a scan: after a failover the counters are new."""
    used: dict[int, datetime] = {}
    for window in sorted(view.baselines, key=lambda each: each.until):
        try:
            rows = rows_of(window, SectionName.INDEXES)
        except Unmeasurable:
            continue
        used |= {row["oid"]: window.until for row in rows if row["scans"] or row["standby_scans"]}
    return used


def _standbys(view: View) -> list[Row]:
    try:
        return view.rows(SectionName.REPLICATION)
    except Unmeasurable:
        return []


def _written(view: View, index: Row) -> float:
    """Rows that had to be written into the index in the window, roughly."""
    try:
        table = view.tables_by_oid.get(index["table"])
    except Unmeasurable:
        return 0.0
    if table is None:
        return 0.0
    moved = (table["rows_updated"] or 0) - (table["rows_hot_updated"] or 0)
    return float((table["rows_inserted"] or 0) + moved)


def broken(view: View) -> Iterator[Finding | str]:
    """What a CREATE INDEX CONCURRENTLY that failed left behind: written to, never read."""
    for row in view.rows(SectionName.INDEXES):
        if row["valid"] is not False or row["dropped"] or row["created"]:
            continue
        name = f"{row['schema']}.{row['name']}"
        yield Finding(
            code="invalid-index",
            object=f"index {name}",
            severity=Severity.WARNING,
            cause=Cause.SCHEMA,
            sentence=f"{name} is invalid: a CREATE INDEX CONCURRENTLY did not finish. Every change "
            "writes to it, "
            "no statement can read it.",
            evidence=(figure("size", row["bytes"] or 0, "bytes"),),
            related=(f"table {row['schema']}.{row['table_name']}",),
            advice=Advice(
                sentence="Build it anew, or drop it. Make sure first that nobody is building it now.",
                sql=f"REINDEX INDEX CONCURRENTLY {quoted(row['schema'], row['name'])};",
                cost="Reads the table twice and does not block writes.",
                undo=f"DROP INDEX CONCURRENTLY {quoted(row['schema'], row['name'])};",
                verify=f"SELECT indisvalid FROM pg_index WHERE indexrelid = {row['oid']};",
            ),
        )


RULES = (
    Rule("duplicate-index", "Duplicate index", (SectionName.INDEXES,), duplicates),
    Rule("unused-index", "Unused index", (SectionName.INDEXES,), unused),
    Rule("invalid-index", "Invalid index", (SectionName.INDEXES,), broken),
)
