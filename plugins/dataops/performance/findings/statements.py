"""Statements that cost more than they should, for reasons that their own counters show."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.inventory.size import bytes_of
from dataops.performance.advising import index_advice, index_candidates, rewrite_advice
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View
from dataops.performance.findings.words import (
    bytes_,
    count,
    figure,
    percent,
    seconds,
    short,
    statement_object,
    table_name,
)
from dataops.performance.logs.columns import LogKind
from dataops.performance.window import SectionName

BLOCK = 8192
_LEAST_SPILL = 10_000_000
"""Bytes that must really have been spilled, whatever that would be in a day."""
_LEAST_JIT = 0.2
"""Seconds that JIT must really have taken."""
_SPREAD = 3.0
"""Standard deviation by mean from which on executions of one statement differ too much for one plan."""
_GENERIC = 0.5
"""Share of planned executions under which most of them used a plan that was kept."""


def large_scans(view: View) -> Iterator[Finding | str]:
    """Tables that are read from end to end again and again, with the statements that do it."""
    for row in view.tables:
        scans, read = row["seq_scans"], row["seq_rows_read"]
        if not scans or read is None or read / scans < view.thresholds.scanned_rows:
            continue
        if view.daily(read) < view.thresholds.scanned_rows_daily or scans < view.thresholds.minimum_calls:
            continue
        yield _large_scan(view, row)
    _ = view.statements  # without them a scan is seen, and not who does it


def _large_scan(view: View, row: Row) -> Finding:
    readers = [each for each in view.statements_on(row["oid"]) if _reads_much(each, row)]
    name = table_name(row)
    advice: Advice | None = None
    asked: Row | None = None
    for each in readers[:5]:
        advice = _faster(view, each, row)
        if advice is not None:
            asked = each
            break
    worst = asked or (readers[0] if readers else None)
    spent = sum(each["exec_seconds"] or 0 for each in readers)
    return Finding(
        code="large-sequential-scans",
        object=f"table {name}",
        severity=Severity.WARNING if advice else Severity.NOTICE,
        cause=Cause.SCHEMA if advice else Cause.APPLICATION,
        sentence=f"{name} was read from end to end {count(row['seq_scans'], 'time')}, "
        f"{count(row['seq_rows_read'] / row['seq_scans'], 'row')} each"
        + (
            f", most of all by {short(worst['text'])}."
            if worst
            else ". No statement that is sampled explains it."
        ),
        impact=view.daily(spent),
        confidence=0.9 if advice else 0.5,
        evidence=(
            figure("sequential scans", row["seq_scans"]),
            figure("rows read by them", row["seq_rows_read"], "rows"),
            figure("time of the statements", spent, "seconds"),
        ),
        related=tuple(statement_object(each) for each in readers[:5]),
        advice=advice,
    )


def _faster(view: View, statement: Row, table: Row) -> Advice | None:
    """The index of this table that might serve the statement, else another form of it; None for neither."""
    text = statement["text"] or ""
    for made in index_candidates(text, view.relations):
        if (made.schema, made.table) == (table["schema"], table["name"]):
            return index_advice(made, view.relations, statement=text)
    return next(iter(rewrite_advice(text, view.relations)), None)


def _reads_much(statement: Row, table: Row) -> bool:
    """Whether one execution touches a good part of the table's blocks."""
    blocks = (statement["shared_blocks_hit"] or 0) + (statement["shared_blocks_read"] or 0)
    whole = (table["heap_bytes"] or 0) / BLOCK
    return (
        statement["command"] in {"SELECT", "UPDATE", "DELETE", "WITH"}
        and blocks / statement["calls"] >= whole / 4
    )


def temp_spill(view: View) -> Iterator[Finding | str]:
    """Sorts and hashes that do not fit into work_mem."""
    memory = view.number("work_mem")
    for row in view.statements:
        if row["temp_blocks_written"] is None:
            yield "pg_stat_statements does not tell temporary blocks."
            return
        spilled = row["temp_blocks_written"] * BLOCK
        if spilled < _LEAST_SPILL or view.daily(spilled) < bytes_of(view.thresholds.temporary_daily):
            continue
        each = spilled / row["calls"]
        wanted = max(1, round(each * 2.5 / 1_048_576))
        yield Finding(
            code="temp-spill",
            object=statement_object(row),
            severity=Severity.WARNING,
            cause=Cause.SETTING,
            sentence=f"{short(row['text'])} spilled {bytes_(spilled)} to disk, {bytes_(each)} an execution"
            + (f": its sorts and hashes do not fit into a work_mem of {bytes_(memory)}." if memory else "."),
            impact=view.daily(row["exec_seconds"] or 0) / 2,
            confidence=0.9,
            evidence=(
                figure("spilled", spilled, "bytes"),
                figure("executions", row["calls"]),
                figure("time", row["exec_seconds"] or 0, "seconds"),
            ),
            advice=Advice(
                sentence="Sort or hash less (an index in the order wanted, fewer columns), or give "
                "this statement's "
                "role more work_mem, not the whole server.",
                sql=f"ALTER ROLE {_role(row)} SET work_mem = '{wanted}MB';",
                cost=f"Each sort and hash of each session of that role may take {wanted} MB.",
                undo=f"ALTER ROLE {_role(row)} RESET work_mem;",
                verify="EXPLAIN (ANALYZE) shows `Sort Method: quicksort` and `Batches: 1`; "
                "temp_blks_written of the "
                "statement no longer grows.",
            ),
        )


def _role(row: Row) -> str:
    users = row["users"] or ["…"]
    return '"' + str(users[0]).replace('"', '""') + '"'


def jit_overhead(view: View) -> Iterator[Finding | str]:
    """Statements for which compiling costs more than it saves."""
    if view.window.server_version < 150_000:
        raise Unmeasurable("PostgreSQL counts the time of JIT from 15 on.")
    for row in view.statements:
        spent, total = row["jit_seconds"] or 0.0, row["exec_seconds"] or 0.0
        if spent < _LEAST_JIT or view.daily(spent) < view.thresholds.jit_time.total_seconds():
            continue
        if spent < total * view.thresholds.jit / 100:
            continue
        cost = view.number("jit_above_cost")
        yield Finding(
            code="jit-overhead",
            object=statement_object(row),
            severity=Severity.WARNING,
            cause=Cause.SETTING,
            sentence=f"JIT took {percent(spent / total)} of the time of {short(row['text'])}: "
            f"{seconds(spent)} in "
            f"{count(row['calls'], 'execution')}.",
            impact=view.daily(spent),
            evidence=(
                figure("time of JIT", spent, "seconds"),
                figure("time", total, "seconds"),
                figure("functions compiled", row["jit_functions"] or 0),
                figure("jit_above_cost", cost or 0),
            ),
            advice=Advice(
                sentence="Let JIT begin at a higher cost, or turn it off for this role.",
                sql=f"ALTER ROLE {_role(row)} SET jit = off;",
                cost="Long analytical statements of that role lose what JIT saves them.",
                undo=f"ALTER ROLE {_role(row)} RESET jit;",
                verify="EXPLAIN (ANALYZE) of the statement, with jit on and off; its mean in the next "
                "report.",
            ),
        )


def generic_plans(view: View) -> Iterator[Finding | str]:
    """A kept plan for parameters that would each need another one.

    A plan was kept where a statement was planned less often than executed, or where a logged plan still holds
    its parameters; it is wrong for some where the executions differ widely.
    """
    planned = any(row["plans"] is not None for row in view.statements)
    kept = _generic_in_log(view)
    for row in view.statements:
        mean, spread, calls = row["mean_seconds"], row["stddev_seconds"], row["calls"]
        if calls < view.thresholds.minimum_calls or not mean or spread is None or spread < _SPREAD * mean:
            continue
        if row["command"] not in {"SELECT", "UPDATE", "DELETE", "INSERT", "WITH", "PREPARE"} or "$" not in (
            row["text"] or ""
        ):
            continue
        reused = row["plans"] is not None and row["plans"] < calls * _GENERIC
        logged = bool(set(row["queryids"] or ()) & kept)
        if reused or logged:
            yield _generic_plan(view, row, mean, spread)
    if not planned and not kept:
        yield (
            "Whether plans are kept is only seen with pg_stat_statements.track_planning, or with plans "
            "in the "
            "log (auto_explain)."
        )


def _generic_in_log(view: View) -> set[int]:
    """Queryids of logged plans with a parameter left in a condition: plans for any value."""
    section = view.window.section(SectionName.LOGS)
    if not section.quality.measurable or section.totals.is_empty():
        return set()
    return {
        row["queryid"]
        for row in section.totals.to_dicts()
        if row["kind"] == LogKind.PLAN and row["queryid"] and "$" in row["detail"]
    }


def _generic_plan(view: View, row: Row, mean: float, spread: float) -> Finding:
    return Finding(
        code="generic-plan",
        object=statement_object(row),
        severity=Severity.WARNING if view.daily(row["exec_seconds"]) >= 60 else Severity.NOTICE,
        cause=Cause.PLAN_CHANGED,
        sentence=f"{short(row['text'])} runs with one kept plan for all values, and its executions "
        "differ widely: "
        f"{seconds(mean)} on average, with a standard deviation of {seconds(spread)}.",
        impact=view.daily(row["exec_seconds"]) / 2,
        confidence=0.7,
        evidence=(
            figure("executions", row["calls"]),
            figure("times planned", row["plans"] if row["plans"] is not None else row["calls"]),
            figure("mean", mean, "seconds"),
            figure("standard deviation", spread, "seconds"),
            figure("slowest ever", row["lifetime_max_seconds"] or 0, "seconds"),
        ),
        advice=Advice(
            sentence="Let this role's statements be planned for their values.",
            sql=f"ALTER ROLE {_role(row)} SET plan_cache_mode = force_custom_plan;",
            cost="Every execution is planned; for short statements that may be most of their time.",
            undo=f"ALTER ROLE {_role(row)} RESET plan_cache_mode;",
            verify="EXPLAIN (ANALYZE) EXECUTE with a frequent and a rare value: conditions without `$1`; the "
            "standard deviation in the next report.",
        ),
    )


def planning_overhead(view: View) -> Iterator[Finding | str]:
    """Statements that take longer to plan than to run."""
    if all(row["plan_seconds"] is None for row in view.statements):
        raise Unmeasurable("pg_stat_statements.track_planning is off.")
    for row in view.statements:
        plan, run = row["plan_seconds"] or 0.0, row["exec_seconds"] or 0.0
        if plan <= 2 * run or view.daily(plan) < 600 or row["calls"] < view.thresholds.minimum_calls:
            continue
        yield Finding(
            code="planning-overhead",
            object=statement_object(row),
            severity=Severity.NOTICE,
            cause=Cause.APPLICATION,
            sentence=f"{short(row['text'])} took {seconds(plan)} to plan and {seconds(run)} to run.",
            impact=view.daily(plan),
            evidence=(figure("planning", plan, "seconds"), figure("running", run, "seconds")),
            advice=Advice(
                sentence="Prepare the statement once a session (or let the driver do so), or plan over fewer "
                "partitions and joins.",
                cost="A prepared statement may keep a plan that does not fit every value.",
                undo="Turn the driver's preparing off again.",
                verify="Times planned by executions in the next report.",
            ),
        )


RULES = (
    Rule(
        "large-sequential-scans",
        "Large sequential scans",
        (SectionName.TABLES, SectionName.STATEMENTS),
        large_scans,
    ),
    Rule("temp-spill", "Sorts and hashes spill to disk", (SectionName.STATEMENTS,), temp_spill),
    Rule("jit-overhead", "JIT costs more than it saves", (SectionName.STATEMENTS,), jit_overhead),
    Rule("generic-plan", "One plan for values that differ", (SectionName.STATEMENTS,), generic_plans),
    Rule(
        "planning-overhead",
        "Planning takes longer than running",
        (SectionName.STATEMENTS,),
        planning_overhead,
    ),
)
