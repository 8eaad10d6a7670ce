"""Sessions that stand in the way: idle in a transaction, blocking, holding back vacuum, too many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View
from dataops.performance.findings.words import count, figure, percent, seconds, short, table_name
from dataops.performance.logs.columns import LogKind
from dataops.performance.window import SectionName

_STARVED = 0.2
"""Share of dead rows left by a vacuum from which on it was starved."""
_MANY_IDS = 10_000_000
"""Transaction ids that a holder may hold back, whatever its age in time."""
_SHORTEST_HOLD = 60.0
"""Seconds below which nobody starves vacuum."""


def _who(row: Row, prefix: str = "") -> str:
    """A session in words: stable from night to night, so without process ids."""
    user = row[f"{prefix}user"] or "unknown role"
    application = row[f"{prefix}application"]
    return f"{user} ({application})" if application else str(user)


def idle_in_transaction(view: View) -> Iterator[Finding | str]:
    """Sessions that began a transaction and then did nothing, with their locks and their snapshot."""
    limit = view.thresholds.idle_in_transaction.total_seconds()
    found: dict[str, list[Row]] = defaultdict(list)
    for row in view.rows(SectionName.SESSIONS):
        if (row["idle_in_transaction_seconds"] or 0) >= limit:
            found[_who(row)].append(row)
    for who, rows in found.items():
        worst = max(rows, key=lambda row: row["idle_in_transaction_seconds"])
        longest = worst["idle_in_transaction_seconds"]
        yield Finding(
            code="idle-in-transaction",
            object=f"sessions of {who}",
            severity=Severity.WARNING,
            cause=Cause.APPLICATION,
            sentence=f"{count(len(rows), 'transaction')} of {who} idled, the longest for "
            f"{seconds(longest)} after "
            f"{short(worst['text'])}: its locks stay, and vacuum cannot remove what it might still see.",
            evidence=(
                figure("longest time idle in a transaction", longest, "seconds"),
                figure("transactions", len(rows)),
                figure("age of the snapshot", worst["xmin_age"] or 0, "transactions"),
            ),
            advice=Advice(
                sentence="End transactions in the application before waiting for a person or another "
                "service; "
                "bound them on the server.",
                sql=f"ALTER ROLE \"{worst['user']}\" SET idle_in_transaction_session_timeout = '5min';",
                cost="A session that idles longer is ended, its transaction rolled back.",
                undo=f'ALTER ROLE "{worst["user"]}" RESET idle_in_transaction_session_timeout;',
                verify="SELECT pid, state, now() - state_change FROM pg_stat_activity WHERE state LIKE "
                "'idle in%';",
            ),
        )


def lock_waits(view: View) -> Iterator[Finding | str]:
    """Sessions that waited for a lock, as a tree from who blocked them all."""
    limit = view.thresholds.lock_wait.total_seconds()
    trees: dict[int, list[Row]] = defaultdict(list)
    for row in view.rows(SectionName.BLOCKING):
        trees[row["root_pid"]].append(row)
    told: dict[str, list[Row]] = defaultdict(list)
    for rows in trees.values():
        if max(row["waited_seconds"] or 0 for row in rows) >= limit:
            told[_root(rows)].extend(rows)
    for name, rows in told.items():
        yield _tree(name, rows)
    if not told:
        yield from _waits_of_log(view, limit)


def _root(rows: list[Row]) -> str:
    first = min(rows, key=lambda row: row["depth"] or 1)
    if first["blocking_prepared"]:
        return f"prepared transaction {first['blocking_prepared']}"
    return f"sessions of {_who(first, 'blocking_')}"


def _tree(name: str, rows: list[Row]) -> Finding:
    top = min(rows, key=lambda row: row["depth"] or 1)
    longest = max(row["waited_seconds"] or 0 for row in rows)
    waiting = {row["blocked_pid"] for row in rows}
    relation = next((row["relation"] for row in rows if row["relation"]), None)
    lines = "; ".join(
        f"{'→ ' * (row['depth'] or 1)}{short(row['blocked_text'])} waited "
        f"{seconds(row['waited_seconds'] or 0)} for "
        f"{row['mode'] or row['lock']}" + (f" on {row['relation']}" if row["relation"] else "")
        for row in sorted(rows, key=lambda row: (row["depth"] or 1, -(row["waited_seconds"] or 0)))[:5]
    )
    state = top["blocking_state"] or "unknown state"
    prepared = top["blocking_prepared"]
    return Finding(
        code="lock-waits",
        object=name,
        severity=Severity.WARNING,
        cause=Cause.LOCK,
        sentence=f"{name[0].upper() + name[1:]}, {state}, kept {count(len(waiting), 'session')} "
        "waiting, up to "
        f"{seconds(longest)}, since {short(top['blocking_text'])}. {lines}.",
        impact=sum(row["waited_seconds"] or 0 for row in rows),
        evidence=(
            figure("longest wait", longest, "seconds"),
            figure("sessions that waited", len(waiting)),
            figure("depth of the tree", max(row["depth"] or 1 for row in rows)),
            figure("age of the blocking transaction", top["blocking_transaction_seconds"] or 0, "seconds"),
        ),
        related=(f"table {relation}",) if relation else (),
        advice=Advice(
            sentence="Roll the prepared transaction back, or commit it, as its coordinator says."
            if prepared
            else "Make the blocking transaction shorter; take locks that block everybody with a "
            "lock_timeout.",
            sql=f"ROLLBACK PREPARED '{prepared}';" if prepared else "SET lock_timeout = '2s';",
            cost="What it had written is lost."
            if prepared
            else "The statement that cannot lock in time fails and must be tried again.",
            undo="None." if prepared else "RESET lock_timeout;",
            verify="SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity WHERE "
            "wait_event_type = 'Lock';",
        ),
    )


def _waits_of_log(view: View, limit: float) -> Iterator[Finding]:
    """Waits that fell between two samples, from the log."""
    section = view.window.section(SectionName.LOGS)
    if not section.quality.measurable or section.totals.is_empty():
        return
    for row in section.totals.to_dicts():
        if row["kind"] == LogKind.LOCK_WAIT and row["max_seconds"] >= limit:
            yield Finding(
                code="lock-waits",
                object=f"relation {row['detail']}",
                severity=Severity.WARNING,
                cause=Cause.LOCK,
                sentence=f"{short(row['text'])} waited up to {seconds(row['max_seconds'])} for "
                f"{row['code']} on "
                f"{row['detail']}, says the log; no sample saw who was in the way.",
                impact=row["total_seconds"],
                confidence=0.8,
                evidence=(
                    figure("longest wait", row["max_seconds"], "seconds"),
                    figure("waits", row["count"]),
                ),
                advice=Advice(
                    sentence="Take locks that block everybody with a lock_timeout.",
                    sql="SET lock_timeout = '2s';",
                    cost="The statement that cannot lock in time fails and must be tried again.",
                    undo="RESET lock_timeout;",
                    verify="Lock waits in the next report.",
                ),
            )


def deadlocks(view: View) -> Iterator[Finding | str]:
    """Transactions that PostgreSQL had to cancel because they waited for each other."""
    row = view.row(SectionName.DATABASE)
    if not row["deadlocks"]:
        return
    section = view.window.section(SectionName.LOGS)
    logged = (
        [each for each in section.totals.to_dicts() if each["kind"] == LogKind.DEADLOCK]
        if section.quality.measurable and not section.totals.is_empty()
        else []
    )
    parties = logged[0]["text"].splitlines() if logged else []
    yield Finding(
        code="deadlocks",
        object=f"database {view.window.dbname}",
        severity=Severity.WARNING,
        cause=Cause.LOCK,
        sentence=f"{count(row['deadlocks'], 'deadlock')}: each cancelled a transaction."
        + (
            f" Parties: {' against '.join(short(each) for each in parties[:3])}."
            if parties
            else " The server's log names the statements; it was not read."
        ),
        evidence=(figure("deadlocks", row["deadlocks"]),),
        advice=Advice(
            sentence="Lock rows in one order everywhere (ORDER BY … FOR UPDATE), and try again what "
            "was cancelled.",
            cost="A change of the application.",
            undo="The former code.",
            verify="SELECT deadlocks FROM pg_stat_database WHERE datname = current_database(); stands still.",
        ),
    )


def old_xmin(view: View) -> Iterator[Finding | str]:
    """Whoever keeps the oldest snapshot: vacuum removes nothing that is younger."""
    starved = _starved(view)
    longest = view.thresholds.transaction.total_seconds()
    for row in view.rows(SectionName.SESSIONS):
        age, held = row["xmin_age"] or 0, row["transaction_seconds"] or 0.0
        prepared = row["prepared"]
        if not prepared and (not age or row["user"] is None):
            continue  # PostgreSQL's own processes end by themselves
        harmed = [each for each in starved if _vacuumed_during(each, row)]
        if held < longest and age < _MANY_IDS and not (harmed and held >= _SHORTEST_HOLD):
            continue
        name = f"prepared transaction {prepared}" if prepared else f"sessions of {_who(row)}"
        yield _holder(
            view, name, age, held, harmed, f"ROLLBACK PREPARED '{prepared}';" if prepared else "", row
        )
    yield from _held_by_slots(view)


def _vacuumed_during(table: Row, holder: Row) -> bool:
    last = max((each for each in (table["last_vacuum"], table["last_autovacuum"]) if each), default=None)
    return last is not None and holder["transaction_started"] <= last <= holder["last_seen"] + timedelta(
        minutes=10
    )


def _starved(view: View) -> list[Row]:
    """Tables that were vacuumed in the window and still are full of dead rows."""
    return [
        row
        for row in view.tables
        if (row["vacuums"] or 0) + (row["autovacuums"] or 0) > 0
        and (row["dead_rows"] or 0) >= view.thresholds.table_rows
        and row["dead_rows"] >= _STARVED * ((row["live_rows"] or 0) + row["dead_rows"])
    ]


def _holder(view: View, name: str, age: float, held: float, harmed: list[Row], sql: str, row: Row) -> Finding:
    dead = sum(each["dead_rows"] for each in harmed)
    tables = ", ".join(table_name(each) for each in harmed[:3])
    return Finding(
        code="old-xmin",
        object=name,
        severity=Severity.WARNING,
        cause=Cause.APPLICATION,
        sentence=f"{name[0].upper() + name[1:]} kept a snapshot for {seconds(held)} "
        f"({count(age, 'transaction')} back)"
        + (
            f": vacuum came to {tables} and had to leave {count(dead, 'dead row')}."
            if harmed
            else ": vacuum cannot remove what changed since."
        ),
        evidence=(
            figure("age of the transaction", held, "seconds"),
            figure("age of the snapshot", age, "transactions"),
            figure("dead rows that vacuum left", dead, "rows"),
        ),
        related=tuple(f"table {table_name(each)}" for each in harmed),
        advice=Advice(
            sentence="End it, as its coordinator says."
            if sql
            else f"Make it shorter ({short(row['text'])}), or run such reads on a standby.",
            sql=sql or f"SELECT pg_terminate_backend({row['pid']});",
            cost="What it had written is rolled back.",
            undo="None.",
            verify="SELECT max(age(backend_xmin)) FROM pg_stat_activity; falls, then VACUUM (VERBOSE) "
            "removes rows.",
        ),
    )


def _held_by_slots(view: View) -> Iterator[Finding | str]:
    try:
        slots = view.rows(SectionName.SLOTS)
    except Unmeasurable as reason:
        yield f"Replication slots: {reason}"
        return
    for row in slots:
        age = max(row["xmin_age"] or 0, row["catalog_xmin_age"] or 0)
        if not row["present"] or age < _MANY_IDS:
            continue
        yield Finding(
            code="old-xmin",
            object=f"slot {row['name']}",
            severity=Severity.WARNING,
            cause=Cause.SERVICE,
            sentence=f"The {row['kind']} slot {row['name']} keeps row versions "
            f"{count(age, 'transaction')} back" + ("." if row["active"] else ", and nobody uses it."),
            evidence=(figure("age of the snapshot", age, "transactions"),),
            advice=Advice(
                sentence="Bring its reader back, or drop the slot where there is none any more.",
                sql=f"SELECT pg_drop_replication_slot('{row['name']}');",
                cost="Its reader must be set up anew.",
                undo="None: what the slot kept is gone.",
                verify="SELECT slot_name, age(xmin), age(catalog_xmin) FROM pg_replication_slots;",
            ),
        )


def connection_saturation(view: View) -> Iterator[Finding | str]:
    """Few connections are left, of the server or of the database's own limit."""
    row = view.row(SectionName.DATABASE)
    most, reserved = view.number("max_connections"), view.number("superuser_reserved_connections") or 0
    limits = [
        ("server", row["server_connections_peak"], most - reserved if most else None, "max_connections")
    ]
    if (row["connection_limit"] or -1) > 0:
        limits.append((
            f"database {view.window.dbname}",
            row["connections_peak"],
            row["connection_limit"],
            "its limit",
        ))
    for name, peak, limit, what in limits:
        if peak is None or limit is None:
            yield f"How many connections the {name} may have, or has, is not known."
        elif peak >= limit * view.thresholds.connections / 100:
            yield Finding(
                code="connection-saturation",
                object=name,
                severity=Severity.CRITICAL if peak >= 0.95 * limit else Severity.WARNING,
                cause=Cause.CAPACITY,
                sentence=f"{peak:,.0f} of {limit:,.0f} connections ({percent(peak / limit)}) were in "
                "use at once; the "
                "next ones are refused.",
                evidence=(figure("connections at most", peak), figure("allowed", limit)),
                advice=Advice(
                    sentence=f"Put a pooler in transaction mode between, or raise {what}; look first "
                    "for sessions "
                    "that idle.",
                    sql=f"ALTER SYSTEM SET max_connections = {round((most or limit) * 1.5)};"
                    if name == "server"
                    else "",
                    cost="A restart, and a few MB of memory for each connection.",
                    undo=f"ALTER SYSTEM SET max_connections = {most:.0f};"
                    if name == "server" and most
                    else "",
                    verify="SELECT state, count(*) FROM pg_stat_activity GROUP BY state;",
                ),
            )


RULES = (
    Rule("idle-in-transaction", "Idle in transaction", (SectionName.SESSIONS,), idle_in_transaction),
    Rule("lock-waits", "Waits for locks", (SectionName.BLOCKING,), lock_waits),
    Rule("deadlocks", "Deadlocks", (SectionName.DATABASE,), deadlocks),
    Rule(
        "old-xmin",
        "Vacuum is held back",
        (SectionName.SESSIONS, SectionName.TABLES, SectionName.SLOTS),
        old_xmin,
    ),
    Rule(
        "connection-saturation",
        "Connections run out",
        (SectionName.DATABASE, SectionName.SETTINGS),
        connection_saturation,
    ),
)
