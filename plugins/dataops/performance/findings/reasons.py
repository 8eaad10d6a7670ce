"""Why a statement reads more or takes longer than before: the causes that the numbers can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dataops.performance.advising import index_advice, index_candidates
from dataops.performance.finding import Advice, Cause
from dataops.performance.findings.compared import Compared
from dataops.performance.findings.view import Row, Unmeasurable, View, rows_of
from dataops.performance.findings.words import count, quoted, seconds, table_name
from dataops.performance.logs.columns import LogKind
from dataops.performance.window import SectionName, Window

_GROWN = 1.2
"""Times as many rows or bytes from which on a table grew."""
_PLANNING = frozenset({
    "default_statistics_target",
    "effective_cache_size",
    "from_collapse_limit",
    "hash_mem_multiplier",
    "join_collapse_limit",
    "max_parallel_workers_per_gather",
    "random_page_cost",
    "seq_page_cost",
    "work_mem",
})
"""Settings that give statements other plans or other memory."""


@dataclass(frozen=True)
class Reason:
    """Why a statement got slower: the cause, in words, how sure, and what it concerns."""

    cause: Cause
    sentence: str
    confidence: float
    related: tuple[str, ...] = ()
    advice: Advice | None = None


def reason_of(view: View, compared: Compared, *, agree: bool) -> Reason:
    """The first explanation that the numbers carry, the most certain first. ``agree``: blocks grew too."""
    if not agree:
        return _by_waiting(view, compared) or Reason(
            Cause.UNKNOWN, "It reads no more than before: the machine may be busier.", 0.4
        )
    tables = view.tables_of(compared.row)
    for explain in (dropped_index, _setting, _stale, _bloated, _grown, _other_plan):
        found = explain(view, compared, tables)
        if found is not None:
            return found
    return Reason(
        Cause.PLAN_CHANGED,
        f"It reads {compared.more_blocks:.1f} times as many blocks, and its tables did not grow: it "
        "has another "
        "plan.",
        0.6,
        tuple(f"table {table_name(each)}" for each in tables),
    )


def _by_waiting(view: View, compared: Compared) -> Reason | None:
    """Time without blocks: waited for a lock, compiled, or read from disk what was cached."""
    row = compared.row
    try:
        waits = [
            each
            for each in view.rows(SectionName.BLOCKING)
            if each["blocked_statement"] == row["statement"] and each["waited_seconds"]
        ]
    except Unmeasurable:
        waits = []
    waited = sum(each["waited_seconds"] for each in waits)
    if waited >= compared.cost / 4:
        return Reason(Cause.LOCK, f"It waited {seconds(waited)} for locks.", 0.85)
    if (row["jit_seconds"] or 0) >= compared.cost / 2:
        return Reason(Cause.SETTING, f"JIT took {seconds(row['jit_seconds'])} of it.", 0.8)
    if (row["read_seconds"] or 0) >= compared.cost / 2:
        return Reason(Cause.CAPACITY, f"Reading blocks took {seconds(row['read_seconds'])} of it.", 0.7)
    return None


def dropped_index(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """An index of its tables that was there on a day of comparison and is gone."""
    oids = {table["oid"] for table in tables}
    try:
        now = {row["oid"] for row in view.rows(SectionName.INDEXES) if not row["dropped"]}
        before = [row for window in view.baselines for row in rows_of(window, SectionName.INDEXES)]
    except Unmeasurable:
        return None
    gone = {
        row["oid"]: row
        for row in before
        if row["table"] in oids and row["oid"] not in now and (row["lifetime_scans"] or 0) > 0
    }
    shapes = {
        (row["table"], tuple(row["columns"] or ()))
        for row in view.rows(SectionName.INDEXES)
        if not row["dropped"]
    }
    missing = [row for row in gone.values() if (row["table"], tuple(row["columns"] or ())) not in shapes]
    if not missing:
        return None
    row = missing[0]
    name = f"{row['schema']}.{row['name']}"
    return Reason(
        Cause.DEPLOYMENT,
        f"The index {name}, which was there and was used, is gone.",
        0.9,
        (f"index {name}", f"table {row['schema']}.{row['table_name']}"),
        Advice(
            sentence=f"Build {name} again.",
            sql=f"{row['definition'].replace('CREATE INDEX ', 'CREATE INDEX CONCURRENTLY ', 1)};",
            cost="Reads the table twice and does not block writes.",
            undo=f"DROP INDEX CONCURRENTLY {quoted(row['schema'], row['name'])};",
            verify="Its mean in the next report.",
            statement=compared.row["text"] or "",
        ),
    )


def _setting(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """A setting of the planner or of memory that changed since the days of comparison."""
    try:
        before = {
            (row["name"], row["scope"]): row["value"]
            for window in view.baselines[:1]
            for row in rows_of(window, SectionName.SETTINGS)
        }
        changed = [
            row
            for row in view.rows(SectionName.SETTINGS)
            if _of_planner(row["name"])
            and before.get((row["name"], row["scope"]), row["value"]) != row["value"]
        ]
    except Unmeasurable:
        return None
    if not changed:
        return None
    row = changed[0]
    old = before[row["name"], row["scope"]]
    return Reason(
        Cause.SETTING,
        f"{row['name']} is {row['value']} and was {old}.",
        0.7,
        (f"setting {row['name']}",),
        Advice(
            sentence=f"Set {row['name']} back, or for the roles alone that need it.",
            sql=f"ALTER SYSTEM SET {row['name']} = '{old}';\nSELECT pg_reload_conf();",
            cost="What the change was made for.",
            undo=f"ALTER SYSTEM SET {row['name']} = '{row['value']}';\nSELECT pg_reload_conf();",
            verify="Its mean in the next report.",
        ),
    )


def _of_planner(name: str) -> bool:
    return name.startswith(("enable_", "jit", "plan_cache")) or name in _PLANNING


def _stale(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    for table in tables:
        changed, live = table["rows_changed_since_analyze"], table["live_rows"] or 0
        if changed is None or changed < view.thresholds.table_rows:
            continue
        if changed >= live * view.thresholds.changed_rows / 100:
            name = table_name(table)
            return Reason(
                Cause.STALE_STATISTICS,
                f"{count(changed, 'row')} of {name} changed since its statistics were taken.",
                0.75,
                (f"table {name}",),
                Advice(
                    sentence=f"Analyze {name}.",
                    sql=f"ANALYZE {quoted(table['schema'], table['name'])};",
                    cost="Reads a sample; blocks nobody.",
                    undo="None is needed.",
                    verify="Its mean in the next report.",
                ),
            )
    return None


def before_of(view: View, table: Row) -> Row | None:
    """The table in the nearest window of comparison that has it."""
    for window in view.baselines:
        try:
            rows = rows_of(window, SectionName.TABLES)
        except Unmeasurable:
            continue
        for row in rows:
            if row["oid"] == table["oid"] or table_name(row) == table_name(table):
                return row
    return None


def ratio(now: float | None, before: float | None) -> float:
    """Times as much as before; 1 where either is not known."""
    return now / before if now is not None and before else 1.0


def _bloated(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """The heap grew and its rows did not."""
    for table in tables:
        then = before_of(view, table)
        if then is None:
            continue
        larger = ratio(table["heap_bytes"], then["heap_bytes"])
        if larger >= 1.5 and ratio(table["live_rows"], then["live_rows"]) < _GROWN:
            name = table_name(table)
            return Reason(
                Cause.BLOAT,
                f"{name} is {larger:.1f} times as large as then, with as many rows.",
                0.85,
                (f"table {name}",),
                Advice(
                    sentence=f"See table-bloat and dead-rows of {name}: vacuum must keep up, then "
                    "rewrite it once.",
                    sql=f"VACUUM (ANALYZE) {quoted(table['schema'], table['name'])};",
                    cost="Reads what is not all-visible; blocks nobody.",
                    undo="None is needed.",
                    verify="Blocks an execution in the next report.",
                ),
            )
    return None


def _grown(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """The rows of a table grew, about as much as the blocks that the statement reads."""
    grown = []
    for table in tables:
        then = before_of(view, table)
        if then is not None:
            grown.append((ratio(table["live_rows"], then["live_rows"]), then["live_rows"], table))
    grown.sort(key=lambda each: -each[0])
    if not grown or grown[0][0] < _GROWN or compared.more_blocks > 3 * grown[0][0]:
        return None
    times, before, table = grown[0]
    name = table_name(table)
    text = compared.row["text"] or ""
    candidates = index_candidates(text, view.relations)
    return Reason(
        Cause.GREW,
        f"{name} grew from {count(before, 'row')} to {count(table['live_rows'], 'row')}, {times:.1f} "
        "times, and it "
        f"reads {compared.more_blocks:.1f} times as many blocks.",
        0.9,
        (f"table {name}",),
        index_advice(candidates[0], view.relations, statement=text)
        if candidates
        else Advice(
            sentence=f"Read less of {name}: a condition that an index serves, fewer rows kept, partitions.",
            verify="Its mean in the next report.",
        ),
    )


def _other_plan(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """The log holds another shape of its plan than on the days of comparison."""
    ids = set(compared.row["queryids"] or ())
    now, before = _shapes(view.window, ids), set[str]()
    for window in view.baselines:
        before |= _shapes(window, ids)
    if not now or not before or now <= before:
        return None
    return Reason(
        Cause.PLAN_CHANGED,
        "The log shows a plan of another shape than before.",
        0.95,
        tuple(f"table {table_name(each)}" for each in tables),
    )


def _shapes(window: Window, queryids: set[int]) -> set[str]:
    section = window.section(SectionName.LOGS)
    if not section.quality.measurable or section.totals.is_empty():
        return set()
    rows = section.totals.to_dicts()
    return {row["code"] for row in rows if row["kind"] == LogKind.PLAN and row["queryid"] in queryids}
