"""Numbers that run out: transaction ids, sequences and integer keys, disk."""

from __future__ import annotations

from collections.abc import Iterator

from dataops.inventory.size import bytes_of
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import DAY, Row, Unmeasurable, View, measured, rows_of
from dataops.performance.findings.words import bytes_, count, figure, percent, quoted, seconds
from dataops.performance.window import SectionName

IDS = 2_000_000_000
"""Transaction ids until PostgreSQL refuses writes, roughly (documentation, Routine Vacuuming)."""
_CRITICAL_AGE = 0.6
_CRITICAL_SEQUENCE = 0.9
_CRITICAL_DAYS = 3
_OVERDUE = 1.5
"""Times autovacuum_freeze_max_age from which on the freeze that should have come did not."""


def transaction_id_age(view: View) -> Iterator[Finding | str]:
    """The oldest row is so many transactions old that the ids may run out."""
    yield from _age(view, "xid_age", "transaction-id-age", "autovacuum_freeze_max_age", "transaction")


def multixact_age(view: View) -> Iterator[Finding | str]:
    """The same for multixacts, which name the lockers of a row."""
    yield from _age(
        view, "multixact_age", "multixact-age", "autovacuum_multixact_freeze_max_age", "multixact"
    )


def _age(view: View, column: str, code: str, setting: str, noun: str) -> Iterator[Finding | str]:
    age = measured(view.row(SectionName.DATABASE), column, f"The server does not tell {column}.")
    limit = view.number(setting)
    overdue = limit is not None and age >= _OVERDUE * limit
    if age < IDS * view.thresholds.transaction_ids / 100 and not overdue:
        return
    oldest = max(view.tables, key=lambda row: row[column] or 0, default=None)
    table = f"{oldest['schema']}.{oldest['name']}" if oldest and oldest[column] else None
    yield Finding(
        code=code,
        object=f"database {view.window.dbname}",
        severity=Severity.CRITICAL if age >= IDS * _CRITICAL_AGE else Severity.WARNING,
        cause=Cause.SETTING if view.word("autovacuum") == "off" else Cause.CAPACITY,
        sentence=f"The oldest {noun} id is {count(age, noun)} old, {percent(age / IDS)} of what there is"
        + (f"; autovacuum should have frozen at {limit:,.0f}" if overdue and limit else "")
        + (f". The oldest table is {table}." if table else "."),
        evidence=(figure("age", age, noun + "s"), figure(setting, limit or 0, noun + "s")),
        related=(f"table {table}",) if table else (),
        advice=Advice(
            sentence="Freeze the oldest tables now; see what holds autovacuum back (old-xmin, "
            "autovacuum off, cost "
            "limits).",
            sql=f"VACUUM (FREEZE, VERBOSE) {quoted(oldest['schema'], oldest['name'])};"
            if oldest
            else "VACUUM (FREEZE);",
            cost="Reads every page that is not frozen, and writes many of them; nobody is blocked.",
            undo="None is needed.",
            verify="SELECT datname, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database;",
        ),
    )


def sequences(view: View) -> Iterator[Finding | str]:
    """Sequences whose own end comes first."""
    yield from _near_end(view, keys=False)


def integer_keys(view: View) -> Iterator[Finding | str]:
    """Keys whose integer type ends before their sequence does."""
    yield from _near_end(view, keys=True)


def _near_end(view: View, *, keys: bool) -> Iterator[Finding | str]:
    hidden = 0
    for row in view.rows(SectionName.SEQUENCES):
        hidden += row["readable"] is False
        if row["used"] is None or row["cycles"] or row["used"] < view.thresholds.sequence / 100:
            continue
        if keys is _is_key(row):
            yield _ending(view, row, keys)
    if hidden:
        yield f"The role may not read {count(hidden, 'sequence')}."


def _is_key(row: Row) -> bool:
    return row["column_type"] in {"integer", "smallint"}


def _ending(view: View, row: Row, key: bool) -> Finding:
    step = row["last_value_change"] or 0
    left = abs((row["limit"] or 0) - (row["last_value"] or 0))
    days = left / abs(view.daily(step)) if step else None
    sequence = f"{row['schema']}.{row['name']}"
    column = f"{row['table_schema']}.{row['table_name']}.{row['column']}"
    name = f"column {column}" if key else f"sequence {sequence}"
    when = f" At the window's rate it ends in {days:,.0f} days." if days is not None and days < 3650 else ""
    sql = (
        f"ALTER TABLE {quoted(row['table_schema'], row['table_name'])} ALTER COLUMN "
        f"{quoted(row['column'])} TYPE bigint;"
        if key
        else f"ALTER SEQUENCE {quoted(row['schema'], row['name'])} AS bigint NO MAXVALUE;"
    )
    soon = row["used"] >= _CRITICAL_SEQUENCE or (days is not None and days <= view.thresholds.disk_days)
    return Finding(
        code="integer-key-near-end" if key else "sequence-near-end",
        object=name,
        severity=Severity.CRITICAL if soon else Severity.WARNING,
        cause=Cause.CAPACITY,
        sentence=f"{percent(row['used'])} of the numbers of {name} are used up: {row['last_value']:,} of "
        f"{row['limit']:,}. Then inserts fail.{when}",
        evidence=(
            figure("used", row["used"] * 100, "%"),
            figure("last value", row["last_value"]),
            figure("end", row["limit"]),
            *((figure("days left", days, "days"),) if days is not None else ()),
        ),
        related=(f"sequence {sequence}",) if key else (),
        advice=Advice(
            sentence="Make the key bigint (with columns that refer to it): for a large table a new "
            "column that a "
            "trigger fills, then a swap."
            if key
            else "Give the sequence a later end.",
            sql=sql,
            cost="Rewrites the table and its indexes under ACCESS EXCLUSIVE."
            if key
            else "None worth naming.",
            undo=f"ALTER TABLE … TYPE {row['column_type']}; while the values still fit."
            if key
            else f"ALTER SEQUENCE {quoted(row['schema'], row['name'])} MAXVALUE {row['limit']};",
            verify="Used numbers in the next report.",
        ),
    )


def disk_full(view: View) -> Iterator[Finding | str]:
    """The disk is full within days at the growth of these days."""
    sizes = view.rows(SectionName.SIZES)
    disk = next((row for row in sizes if row["kind"] == "disk"), None)
    declared = view.thresholds.disk
    if declared:
        # WAL comes and goes in a circle: it takes room and does not grow.
        chosen, told = ["database"], f"the {declared} of disk that the YAML names"
        free = bytes_of(declared) - _used(sizes, ["database", "wal"])
    elif disk is not None and disk["free_bytes"] is not None:
        free = float(disk["free_bytes"])
        chosen, told = ["disk"], "the disk of the data directory"
    else:
        raise Unmeasurable(
            "PostgreSQL does not tell its disk's size: name it as `thresholds.disk`, or sample on the "
            "server's host."
        )
    growth = _growth(view, chosen)
    if growth is None:
        yield f"Growth is foretold from {view.thresholds.forecast_after.total_seconds() / 3600:g} hours on."
    used = _used(sizes, chosen)
    days = free / growth if growth and growth > 0 else None
    full = free <= 0.05 * (used + free)
    if not full and (days is None or days > view.thresholds.disk_days):
        return
    yield Finding(
        code="disk-full-soon",
        object="disk",
        severity=Severity.CRITICAL
        if full or (days is not None and days <= _CRITICAL_DAYS)
        else Severity.WARNING,
        cause=Cause.GREW,
        sentence=f"{bytes_(max(free, 0))} of {told} are free"
        + (
            f" and {bytes_(growth or 0)} a day come: full in {seconds(days * DAY)}."
            if days is not None
            else "."
        ),
        confidence=0.7 if len(view.baselines) < 2 else 0.9,
        evidence=(
            figure("free", max(free, 0), "bytes"),
            figure("used", used, "bytes"),
            figure("growth a day", growth or 0, "bytes"),
            *((figure("days left", days, "days"),) if days is not None else ()),
        ),
        related=tuple(f"table {name}" for name, _ in _growing(view)[:3]),
        advice=Advice(
            sentence="Enlarge the disk, or remove what grows: "
            + (
                ", ".join(f"{name} ({bytes_(size)})" for name, size in _growing(view)[:3])
                or "see the table of sizes"
            )
            + ". WAL grows where archiving fails or a slot holds it.",
            cost="Disk, or data.",
            undo="None.",
            verify="Free bytes in the next report.",
        ),
    )


def _used(rows: list[Row], kinds: list[str]) -> float:
    return float(sum(row["bytes"] or 0 for row in rows if row["kind"] in kinds))


def _growth(view: View, kinds: list[str]) -> float | None:
    """Bytes a day, over the longest time that is known; None where that is too short to tell."""
    now = _used(view.rows(SectionName.SIZES), kinds)
    for window in reversed(view.baselines):
        try:
            before = _used(rows_of(window, SectionName.SIZES), kinds)
        except Unmeasurable:
            continue
        span = (view.until - window.until).total_seconds()
        if before and span >= view.thresholds.forecast_after.total_seconds():
            return (now - before) * DAY / span
    if view.window.seconds < view.thresholds.forecast_after.total_seconds():
        return None
    return view.daily(
        sum(row["bytes_change"] or 0 for row in view.rows(SectionName.SIZES) if row["kind"] in kinds)
    )


def _growing(view: View) -> list[tuple[str, float]]:
    try:
        grown = [
            (f"{row['schema']}.{row['name']}", float(row["total_bytes_change"] or 0)) for row in view.tables
        ]
    except Unmeasurable:
        return []
    return sorted(((name, size) for name, size in grown if size > 0), key=lambda each: -each[1])


RULES = (
    Rule(
        "transaction-id-age",
        "Transaction ids run out",
        (SectionName.DATABASE, SectionName.TABLES),
        transaction_id_age,
    ),
    Rule("multixact-age", "Multixact ids run out", (SectionName.DATABASE, SectionName.TABLES), multixact_age),
    Rule("sequence-near-end", "Sequence near its end", (SectionName.SEQUENCES,), sequences),
    Rule("integer-key-near-end", "Integer key near its end", (SectionName.SEQUENCES,), integer_keys),
    Rule("disk-full-soon", "Disk full within days", (SectionName.SIZES,), disk_full),
)
