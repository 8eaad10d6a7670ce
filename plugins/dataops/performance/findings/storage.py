"""What vacuum and analyze should have kept in order: bloat, dead rows, statistics, HOT updates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dataops.inventory.size import bytes_of
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View
from dataops.performance.findings.words import bytes_, count, figure, percent, quoted, table_name
from dataops.performance.window import SectionName

_ESTIMATED = 1 << 20
"""Bytes from which on sizes are estimated at all."""
_MORE_PAGES = 1.1
"""Times as many pages from which on a table grew since it was analyzed."""
_SET = re.compile(r"\bset\b(.*?)(?:\bwhere\b|\bfrom\b|\breturning\b|$)", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r'(?:^|,|\()\s*("?[\w$]+"?)\s*(?=[=,)])')


def vacuumed(row: Row) -> bool:
    """Whether autovacuum may work on the table by its own options."""
    return not any(
        str(each).lower().replace(" ", "") in {"autovacuum_enabled=false", "autovacuum_enabled=off"}
        for each in row["options"] or ()
    )


def table_bloat(view: View) -> Iterator[Finding | str]:
    """Heaps that are far larger than their rows need."""
    unknown = 0
    for row in view.tables:
        size, packed = row["heap_bytes"], row["estimated_heap_bytes"]
        if size is None or size < _ESTIMATED:
            continue
        if packed is None:
            unknown += 1
            continue
        waste = size - packed
        if waste < bytes_of(view.thresholds.bloat_size) or waste < size * view.thresholds.bloat / 100:
            continue
        name = table_name(row)
        off = "" if vacuumed(row) else " Autovacuum is off for it."
        yield Finding(
            code="table-bloat",
            object=f"table {name}",
            severity=Severity.WARNING,
            cause=Cause.BLOAT,
            sentence=f"{percent(waste / size)} of {name} is waste: {bytes_(size)} on disk for rows "
            "that fit into "
            f"{bytes_(packed)}.{off}",
            confidence=0.8,
            evidence=(
                figure("size", size, "bytes"),
                figure("size that the rows need", packed, "bytes"),
                figure("dead rows", row["dead_rows"] or 0, "rows"),
            ),
            advice=Advice(
                sentence="Let vacuum keep up first, then rewrite the table once; pg_repack does it online.",
                sql=(
                    f"ALTER TABLE {quoted(row['schema'], row['name'])} RESET (autovacuum_enabled);\n"
                    if off
                    else ""
                )
                + f"VACUUM (FULL, ANALYZE) {quoted(row['schema'], row['name'])};",
                cost=f"VACUUM FULL locks out every reader and needs {bytes_(packed)} more for the time "
                "it runs.",
                undo="None is needed: no row changes.",
                verify=f"SELECT pg_relation_size('{row['oid']}'::oid); is about {bytes_(packed)}.",
            ),
        )
    if unknown:
        yield f"The bloat of {count(unknown, 'table')} cannot be estimated: never analyzed, or no "
        "right to read statistics."


def index_bloat(view: View) -> Iterator[Finding | str]:
    """Btrees whose pages are mostly empty."""
    unknown = 0
    for row in view.rows(SectionName.INDEXES):
        size, packed = row["bytes"], row["estimated_bytes"]
        if row["dropped"] or size is None or size < _ESTIMATED or row["method"] != "btree":
            continue
        if packed is None:
            unknown += 1
            continue
        waste = size - packed
        if waste < bytes_of(view.thresholds.bloat_size) or waste < size * view.thresholds.index_bloat / 100:
            continue
        name = f"{row['schema']}.{row['name']}"
        yield Finding(
            code="index-bloat",
            object=f"index {name}",
            severity=Severity.WARNING,
            cause=Cause.BLOAT,
            sentence=f"{percent(waste / size)} of {name} is empty: {bytes_(size)} on disk, a fresh "
            "build takes "
            f"{bytes_(packed)}.",
            confidence=0.8,
            evidence=(figure("size", size, "bytes"), figure("size of a fresh build", packed, "bytes")),
            related=(f"table {row['schema']}.{row['table_name']}",),
            advice=Advice(
                sentence="Build it anew, online.",
                sql=f"REINDEX INDEX CONCURRENTLY {quoted(row['schema'], row['name'])};",
                cost=f"Reads the table twice; {bytes_(packed)} of disk more until the old one is gone. "
                "Does not block "
                "writes.",
                undo="None is needed. Where it fails, drop the index whose name ends in _ccnew.",
                verify=f"SELECT pg_relation_size('{row['oid']}'::oid);",
            ),
        )
    if unknown:
        yield f"The bloat of {count(unknown, 'index', 'indexes')} cannot be estimated from planner "
        "statistics."


def dead_rows(view: View) -> Iterator[Finding | str]:
    """Tables in which vacuum does not keep up, though nothing holds it back."""
    for row in view.tables:
        live, dead = row["live_rows"], row["dead_rows"]
        if live is None or dead is None or dead < view.thresholds.table_rows:
            continue
        share = dead / (live + dead)
        if share < view.thresholds.dead_rows / 100:
            continue
        runs = (row["vacuums"] or 0) + (row["autovacuums"] or 0)
        name = table_name(row)
        off = not vacuumed(row)
        why = (
            "Autovacuum is off for it."
            if off
            else f"It was vacuumed {count(runs, 'time')} in the window."
            if runs
            else "No vacuum came in the window."
        )
        yield Finding(
            code="dead-rows",
            object=f"table {name}",
            severity=Severity.WARNING,
            cause=Cause.SETTING if off else Cause.BLOAT,
            sentence=f"{percent(share)} of the rows of {name} are dead ({count(dead, 'row')}). {why}",
            evidence=(
                figure("dead rows", dead, "rows"),
                figure("live rows", live, "rows"),
                figure("vacuums", runs),
            ),
            advice=Advice(
                sentence="Vacuum it now, and let autovacuum come earlier to it.",
                sql=f"VACUUM (ANALYZE) {quoted(row['schema'], row['name'])};\n"
                f"ALTER TABLE {quoted(row['schema'], row['name'])} SET (autovacuum_enabled = true, "
                "autovacuum_vacuum_scale_factor = 0.05);",
                cost="Reads what is not all-visible; writes go on. More autovacuum runs afterwards.",
                undo=f"ALTER TABLE {quoted(row['schema'], row['name'])} RESET (autovacuum_enabled, "
                "autovacuum_vacuum_scale_factor);",
                verify=f"SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = {row['oid']};",
            ),
        )


def autovacuum_off(view: View) -> Iterator[Finding | str]:
    """Tables that somebody has taken out of autovacuum."""
    for row in view.tables:
        if vacuumed(row) or (row["live_rows"] or 0) < view.thresholds.table_rows:
            continue
        name = table_name(row)
        yield Finding(
            code="autovacuum-off",
            object=f"table {name}",
            severity=Severity.WARNING,
            cause=Cause.SETTING,
            sentence=f"Autovacuum is off for {name} ({count(row['live_rows'], 'row')}): it bloats, its "
            "statistics "
            "grow stale, and only the emergency freeze still comes.",
            evidence=(
                figure("live rows", row["live_rows"], "rows"),
                figure("dead rows", row["dead_rows"] or 0, "rows"),
            ),
            advice=Advice(
                sentence="Give it back to autovacuum; what a bulk load needs is a VACUUM ANALYZE after it.",
                sql=f"ALTER TABLE {quoted(row['schema'], row['name'])} RESET (autovacuum_enabled);",
                cost="Autovacuum works on it when a fifth of its rows have changed.",
                undo=f"ALTER TABLE {quoted(row['schema'], row['name'])} SET (autovacuum_enabled = false);",
                verify=f"SELECT reloptions FROM pg_class WHERE oid = {row['oid']};",
            ),
        )


def stale_statistics(view: View) -> Iterator[Finding | str]:
    """Tables that changed so much since their last analyze that the planner plans for another table."""
    for row in view.tables:
        changed, live = row["rows_changed_since_analyze"], row["live_rows"]
        if changed is None or live is None or changed < view.thresholds.table_rows:
            continue
        if changed < max(live, 1) * view.thresholds.changed_rows / 100:
            continue
        if _counted_twice(row, changed):
            continue
        believed = row["planner_rows"]
        spent = sum(each["exec_seconds"] or 0 for each in view.statements_on(row["oid"]))
        name = table_name(row)
        yield Finding(
            code="stale-statistics",
            object=f"table {name}",
            severity=Severity.WARNING,
            cause=Cause.STALE_STATISTICS,
            sentence=f"{count(changed, 'row')} of {name} changed since its statistics were taken: the "
            "planner "
            + (f"believes in {count(believed, 'row')}" if believed is not None else "has none")
            + f", there are about {count(live, 'row')}.",
            impact=0.0,
            evidence=(
                figure("rows changed since analyze", changed, "rows"),
                figure("rows that the planner believes in", believed or 0, "rows"),
                figure("live rows", live, "rows"),
                figure("time of the statements that read it", spent, "seconds"),
            ),
            advice=Advice(
                sentence="Analyze it, always after a bulk load; see why autovacuum did not.",
                sql=f"ANALYZE {quoted(row['schema'], row['name'])};",
                cost="Reads a sample of 30,000 rows; blocks nobody.",
                undo="None is needed.",
                verify=f"SELECT n_mod_since_analyze FROM pg_stat_all_tables WHERE relid = {row['oid']};",
            ),
        )


def _counted_twice(row: Row, changed: float) -> bool:
    """Whether the counter lags behind: no new pages since the analyze, and no rows changed in place.

    A session that loads and analyzes at once reports its rows only after the analyze (pgstat_report_stat
    sends at most once a second), so that they count as changed since.
    """
    pages, size = row["planner_pages"], row["heap_bytes"]
    if not pages or size is None or size > pages * 8192 * _MORE_PAGES:
        return False
    return bool((row["rows_updated"] or 0) + (row["rows_deleted"] or 0) < changed / 2)


def low_hot(view: View) -> Iterator[Finding | str]:
    """Updates that write every index anew, because an indexed column changes or the page has no room."""
    for row in view.tables:
        updates, hot = row["rows_updated"], row["rows_hot_updated"]
        if updates is None or hot is None or updates < view.thresholds.updates:
            continue
        if hot / updates >= view.thresholds.hot_updates / 100:
            continue
        indexes, readable = _indexes_of_updated(view, row)
        if not readable:
            yield f"Which columns of {table_name(row)} are updated is not known: the role may not read "
            "the texts."
        yield _low_hot(row, hot / updates, indexes)


def _low_hot(row: Row, share: float, indexes: list[str]) -> Finding:
    name = table_name(row)
    table = quoted(row["schema"], row["name"])
    why = f"Its updates change columns of {', '.join(indexes)}." if indexes else "Its pages have no room."
    advice = (
        Advice(
            sentence=f"Ask whether {indexes[0]} is worth that every update writes all indexes; drop it "
            "if not.",
            sql=f"DROP INDEX CONCURRENTLY {quoted(*indexes[0].split('.', 1))};",
            cost="Statements that use the index get slower: look at its scans first.",
            undo="CREATE INDEX CONCURRENTLY, with the definition that the report's table of indexes shows.",
            verify=f"SELECT n_tup_hot_upd, n_tup_upd FROM pg_stat_all_tables WHERE relid = {row['oid']};",
        )
        if indexes
        else Advice(
            sentence="Leave room in its pages for new versions of rows.",
            sql=f"ALTER TABLE {table} SET (fillfactor = 90);",
            cost="About a tenth more disk for pages written from now on; no lock worth naming.",
            undo=f"ALTER TABLE {table} RESET (fillfactor);",
            verify=f"SELECT n_tup_hot_upd, n_tup_upd FROM pg_stat_all_tables WHERE relid = {row['oid']};",
        )
    )
    return Finding(
        code="low-hot-ratio",
        object=f"table {name}",
        severity=Severity.WARNING if indexes else Severity.NOTICE,
        cause=Cause.SCHEMA,
        sentence=f"Only {percent(share)} of {count(row['rows_updated'], 'update')} of {name} were HOT; "
        "the others "
        f"wrote every index of it anew. {why}",
        confidence=0.9 if indexes else 0.6,
        evidence=(
            figure("updates", row["rows_updated"], "rows"),
            figure("HOT updates", row["rows_hot_updated"], "rows"),
        ),
        related=tuple(f"index {each}" for each in indexes),
        advice=advice,
    )


def _indexes_of_updated(view: View, table: Row) -> tuple[list[str], bool]:
    """The indexes whose columns the window's updates of a table assign; and whether texts were readable."""
    try:
        updates = [row for row in view.statements_on(table["oid"]) if row["command"] == "UPDATE"]
        hidden = any(row["text"] is None for row in view.statements)
    except Unmeasurable:
        return [], False
    assigned = {column for row in updates for column in updated_columns(row["text"])}
    found = [
        f"{row['schema']}.{row['name']}"
        for row in view.rows(SectionName.INDEXES)
        if row["table"] == table["oid"]
        and not row["dropped"]
        and assigned & {str(column).strip('"') for column in row["columns"] or ()}
    ]
    return found, bool(updates) or not hidden


def updated_columns(text: str) -> frozenset[str]:
    """The columns that an UPDATE assigns."""
    match = _SET.search(text)
    return frozenset(name.strip('"') for name in _ASSIGNED.findall(match[1])) if match else frozenset()


RULES = (
    Rule("table-bloat", "Table bloat", (SectionName.TABLES,), table_bloat),
    Rule("index-bloat", "Index bloat", (SectionName.INDEXES,), index_bloat),
    Rule("dead-rows", "Dead rows pile up", (SectionName.TABLES,), dead_rows),
    Rule("autovacuum-off", "Autovacuum off for a table", (SectionName.TABLES,), autovacuum_off),
    Rule("stale-statistics", "Stale planner statistics", (SectionName.TABLES,), stale_statistics),
    Rule(
        "low-hot-ratio",
        "Few HOT updates",
        (SectionName.TABLES, SectionName.INDEXES, SectionName.STATEMENTS),
        low_hot,
    ),
)
