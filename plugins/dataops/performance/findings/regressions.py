"""Statements that got slower than on comparable days, and tables that are read more, each with its cause.

A statement counts as slower where its mean time in the window, not its lifetime's, lies above that of every
day of comparison and by a margin above their median, where that costs enough time to matter, and where its
blocks agree: time alone may be a busy machine. Where blocks do not agree, only a lock, JIT or reads from disk
that the counters show count as a cause; else it is a notice of low confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from dataops.performance.advising import index_advice, index_candidates
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View, rows_of
from dataops.performance.findings.words import (
    count,
    figure,
    quoted,
    seconds,
    short,
    statement_object,
    table_name,
)
from dataops.performance.logs.columns import LogKind
from dataops.performance.window import SectionName, Window

_ABOVE_ALL = 1.2
"""Times the worst day of comparison that the window's mean must be."""
_GROWN = 1.2
"""Times as many rows or bytes from which on a table grew."""
_LEAST_SECONDS = 1.0
"""Seconds of the window that the slowdown must really have cost."""
_MANY_MORE = 3.0
"""Times as many calls from which on load, not speed, is what changed."""
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
class Compared:
    """A statement's window against the days on which it was called often enough too."""

    row: Row
    means: Sequence[float]
    blocks: Sequence[float]
    calls: Sequence[float]

    @property
    def mean(self) -> float:
        """Seconds of one execution now."""
        return float(self.row["exec_seconds"] / self.row["calls"])

    @property
    def usual(self) -> float:
        """The median of the means before, in seconds."""
        return median(self.means)

    @property
    def blocks_now(self) -> float:
        """Blocks of one execution now."""
        return _blocks(self.row)

    @property
    def more_blocks(self) -> float:
        """Times as many blocks an execution as before."""
        return (self.blocks_now + 1) / (median(self.blocks) + 1)

    @property
    def slower(self) -> float:
        """Times as long as before."""
        return self.mean / self.usual if self.usual else 0.0

    @property
    def cost(self) -> float:
        """Seconds that the slowdown cost in the window."""
        return (self.mean - self.usual) * float(self.row["calls"])


@dataclass(frozen=True)
class Reason:
    """Why a statement got slower: the cause, in words, how sure, and what it concerns."""

    cause: Cause
    sentence: str
    confidence: float
    related: tuple[str, ...] = ()
    advice: Advice | None = None


def slower_statements(view: View) -> Iterator[Finding | str]:
    """Statements whose executions take longer than on every day of comparison."""
    tonight = view.statements
    before = [rows for window in view.baselines if (rows := _by_statement(window))]
    if not before:
        yield "There is no earlier day to compare statements with."
        return
    least = view.thresholds.minimum_calls
    incomplete = 0
    for row in tonight:
        if row["calls"] < least or not row["exec_seconds"]:
            continue
        incomplete += row["complete"] is False
        compared = _compared(row, before, least)
        if compared is not None and _is_slower(view, compared):
            yield _slower(view, compared)
    if incomplete:
        yield f"Evictions lost a part of {count(incomplete, 'statement')}: their numbers are lower bounds."


def _by_statement(window: Window) -> Mapping[str, Row]:
    try:
        rows = rows_of(window, SectionName.STATEMENTS)
    except Unmeasurable:
        return {}
    return {row["statement"]: row for row in rows if row["calls"] and row["toplevel"]}


def _compared(row: Row, before: Sequence[Mapping[str, Row]], least: int) -> Compared | None:
    known = [rows[row["statement"]] for rows in before if row["statement"] in rows]
    usable = [each for each in known if each["calls"] >= least and each["exec_seconds"] is not None]
    if not usable:
        return None
    return Compared(
        row,
        [each["exec_seconds"] / each["calls"] for each in usable],
        [_blocks(each) for each in usable],
        [float(each["calls"]) for each in usable],
    )


def _blocks(row: Row) -> float:
    columns = ("shared_blocks_hit", "shared_blocks_read", "temp_blocks_read", "temp_blocks_written")
    return float(sum(row[column] or 0 for column in columns) / row["calls"])


def _is_slower(view: View, compared: Compared) -> bool:
    margin = 1 + view.thresholds.slower / 100
    return (
        compared.slower >= margin
        and compared.mean >= _ABOVE_ALL * max(compared.means)
        and compared.cost >= _LEAST_SECONDS
        and view.daily(compared.cost) >= view.thresholds.slower_time.total_seconds()
    )


def _slower(view: View, compared: Compared) -> Finding:
    row = compared.row
    agree = compared.more_blocks >= 1 + view.thresholds.slower / 200
    reason = _reason(view, compared, agree=agree)
    sure = reason.confidence * (0.7 + 0.075 * min(len(compared.means), 4))
    weighty = agree or reason.cause is not Cause.UNKNOWN
    return Finding(
        code="statement-slower",
        object=statement_object(row),
        severity=Severity.WARNING if weighty else Severity.NOTICE,
        cause=reason.cause,
        sentence=f"{short(row['text'])} takes {seconds(compared.mean)} instead of {seconds(compared.usual)}, "
        f"{compared.slower:.1f} times as long as on {count(len(compared.means), 'day')} of comparison. "
        f"{reason.sentence}",
        impact=view.daily(compared.cost),
        confidence=round(min(sure, 0.99), 2),
        evidence=(
            figure("mean", compared.mean, "seconds"),
            figure("mean before", compared.usual, "seconds"),
            figure("blocks an execution", compared.blocks_now),
            figure("blocks an execution before", median(compared.blocks)),
            figure("executions", row["calls"]),
            figure("days of comparison", len(compared.means)),
        ),
        related=reason.related,
        advice=reason.advice,
    )


def _reason(view: View, compared: Compared, *, agree: bool) -> Reason:
    """The first explanation that the numbers carry, the most certain first."""
    if not agree:
        return _by_waiting(view, compared) or Reason(
            Cause.UNKNOWN, "It reads no more than before: the machine may be busier.", 0.4
        )
    tables = view.tables_of(compared.row)
    for explain in (_dropped_index, _setting, _stale, _bloated, _grown, _other_plan):
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


def _dropped_index(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
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


def _before(view: View, table: Row) -> Row | None:
    for window in view.baselines:
        try:
            rows = rows_of(window, SectionName.TABLES)
        except Unmeasurable:
            continue
        for row in rows:
            if row["oid"] == table["oid"] or table_name(row) == table_name(table):
                return row
    return None


def _times(now: float | None, before: float | None) -> float:
    return now / before if now is not None and before else 1.0


def _bloated(view: View, compared: Compared, tables: Sequence[Row]) -> Reason | None:
    """The heap grew and its rows did not."""
    for table in tables:
        then = _before(view, table)
        if then is None:
            continue
        larger = _times(table["heap_bytes"], then["heap_bytes"])
        if larger >= 1.5 and _times(table["live_rows"], then["live_rows"]) < _GROWN:
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
        then = _before(view, table)
        if then is not None:
            grown.append((_times(table["live_rows"], then["live_rows"]), then["live_rows"], table))
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


def more_calls(view: View) -> Iterator[Finding | str]:
    """Statements that are as fast as ever and cost far more, because they are called far more often."""
    tonight = view.statements
    before = [rows for window in view.baselines if (rows := _by_statement(window))]
    if not before:
        yield "There is no earlier day to compare statements with."
        return
    for row in tonight:
        compared = _compared(row, before, view.thresholds.minimum_calls)
        if compared is None or not row["exec_seconds"]:
            continue
        usual = median(compared.calls)
        extra = (row["calls"] - usual) * compared.mean
        if row["calls"] < _MANY_MORE * max(compared.calls) or _is_slower(view, compared):
            continue
        if extra < _LEAST_SECONDS or view.daily(extra) < 10 * view.thresholds.slower_time.total_seconds():
            continue
        yield Finding(
            code="more-calls",
            object=statement_object(row),
            severity=Severity.NOTICE,
            cause=Cause.MORE_CALLS,
            sentence=f"{short(row['text'])} was called {count(row['calls'], 'time')} instead of "
            f"{usual:,.0f}; one "
            f"execution takes as long as ever ({seconds(compared.mean)}).",
            impact=view.daily(extra),
            confidence=round(min(0.95, 0.5 + 0.1 * len(compared.calls)), 2),
            evidence=(figure("calls", row["calls"]), figure("calls before", usual)),
            advice=Advice(
                sentence="Ask what calls it: a release, a batch, a retry loop, a cache that no longer "
                "caches.",
                verify="Its calls in the next report.",
            ),
        )


RULES = (
    Rule(
        "statement-slower",
        "A statement got slower",
        (SectionName.STATEMENTS, SectionName.TABLES),
        slower_statements,
    ),
    Rule("more-calls", "A statement is called far more often", (SectionName.STATEMENTS,), more_calls),
)
