"""Every rule finds the fault that it exists for, by its code and cause, and a healthy night has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.inventory import Thresholds
from dataops.performance.finding import Cause, Finding, Severity
from dataops.performance.findings import RULES, find, judge, judging
from dataops.performance.looking import every_rule_ran
from dataops.performance.window import Quality, SectionName, Window

from tests.unit.performance.findings.windows import DAY, HEALTHY, UNTIL, healthy, window

S = SectionName
TABLE, INDEX, DATABASE, STATEMENT = (
    HEALTHY[name][0] for name in (S.TABLES, S.INDEXES, S.DATABASE, S.STATEMENTS)
)
CHILD = healthy(S.TABLES, oid=2, name="lines")
SLOW = healthy(
    S.STATEMENTS,
    statement="s2",
    text="SELECT * FROM orders WHERE state = $1",
    calls=100,
    exec_seconds=50.0,
    shared_blocks_hit=1_300_000,
    rows=1_000,
)
PLAIN = {
    **INDEX,
    "oid": 12,
    "name": "orders_state",
    "columns": ["state"],
    "unique": False,
    "constraint": None,
}
SEQUENCE = {
    "oid": 31,
    "schema": "public",
    "name": "orders_id_seq",
    "type": "bigint",
    "cycles": False,
    "last_value": 1_900_000_000,
    "last_value_change": 1_000,
    "limit": 2_147_483_647,
    "used": 0.88,
    "readable": True,
    "table_schema": "public",
    "table_name": "orders",
    "column": "id",
}
SESSION = {
    "pid": 7,
    "transaction_started": UNTIL - timedelta(hours=3),
    "dbname": "shop",
    "user": "app",
    "state": "idle in transaction",
    "text": "UPDATE orders SET state = $1",
    "xmin_age": 500,
    "transaction_seconds": 900.0,
    "idle_in_transaction_seconds": 800.0,
    "last_seen": UNTIL,
}
EDGE = {
    "blocked_pid": 8,
    "blocking_pid": 7,
    "root_pid": 7,
    "depth": 1,
    "waiting_since": UNTIL,
    "lock": "tuple",
    "relation": "public.orders",
    "mode": "ShareLock",
    "blocked_text": "UPDATE orders SET state = $1",
    "blocking_text": "DELETE FROM orders WHERE id = $1",
    "blocking_user": "app",
    "waited_seconds": 30.0,
    "blocking_state": "idle in transaction",
}

FAULTS: Mapping[str, tuple[Cause, Mapping[SectionName, list[dict[str, Any]]]]] = {
    "foreign-key-without-index": (
        Cause.SCHEMA,
        {
            S.TABLES: [{**TABLE, "rows_deleted": 3}, CHILD],
            S.CONSTRAINTS: [
                {
                    "oid": 22,
                    "schema": "public",
                    "table": 2,
                    "table_name": "lines",
                    "name": "lines_fk",
                    "kind": "foreign key",
                    "columns": ["order_id"],
                    "referenced_table": 1,
                    "referenced_schema": "public",
                    "referenced_name": "orders",
                    "indexed": False,
                    "validated": True,
                }
            ],
        },
    ),
    "constraint-not-valid": (
        Cause.SCHEMA,
        {S.CONSTRAINTS: [{**HEALTHY[S.CONSTRAINTS][0], "kind": "check", "validated": False}]},
    ),
    "table-without-key": (Cause.SCHEMA, {S.CONSTRAINTS: [], S.INDEXES: []}),
    "duplicate-index": (Cause.SCHEMA, {S.INDEXES: [PLAIN, {**PLAIN, "oid": 13, "name": "orders_state_2"}]}),
    "unused-index": (
        Cause.SCHEMA,
        {S.INDEXES: [{**PLAIN, "scans": 0, "lifetime_scans": 0, "statistics_since": UNTIL - 30 * DAY}]},
    ),
    "invalid-index": (Cause.SCHEMA, {S.INDEXES: [{**PLAIN, "valid": False}]}),
    "large-sequential-scans": (
        Cause.SCHEMA,
        {S.TABLES: [{**TABLE, "seq_scans": 200, "seq_rows_read": 200_000_000}], S.STATEMENTS: [SLOW]},
    ),
    "n-plus-one": (
        Cause.APPLICATION,
        {
            S.STATEMENTS: [
                healthy(S.STATEMENTS, calls=50_000, rows=50_000),
                healthy(
                    S.STATEMENTS,
                    statement="s3",
                    text="SELECT id FROM lists WHERE day = $1",
                    calls=500,
                    rows=50_000,
                ),
            ]
        },
    ),
    "table-bloat": (Cause.BLOAT, {S.TABLES: [{**TABLE, "estimated_heap_bytes": 25_000_000}]}),
    "index-bloat": (Cause.BLOAT, {S.INDEXES: [{**INDEX, "estimated_bytes": 2_000_000}]}),
    "dead-rows": (Cause.BLOAT, {S.TABLES: [{**TABLE, "dead_rows": 900_000}]}),
    "autovacuum-off": (Cause.SETTING, {S.TABLES: [{**TABLE, "options": ["autovacuum_enabled=false"]}]}),
    "stale-statistics": (
        Cause.STALE_STATISTICS,
        {S.TABLES: [{**TABLE, "rows_changed_since_analyze": 900_000, "planner_rows": 100}]},
    ),
    "low-hot-ratio": (
        Cause.SCHEMA,
        {
            S.TABLES: [{**TABLE, "rows_updated": 50_000, "rows_hot_updated": 100}],
            S.INDEXES: [PLAIN],
            S.STATEMENTS: [
                {
                    **STATEMENT,
                    "command": "UPDATE",
                    "text": "UPDATE orders SET state = $1, at = now() WHERE id = $2",
                }
            ],
        },
    ),
    "idle-in-transaction": (Cause.APPLICATION, {S.SESSIONS: [SESSION]}),
    "lock-waits": (Cause.LOCK, {S.BLOCKING: [EDGE]}),
    "deadlocks": (Cause.LOCK, {S.DATABASE: [{**DATABASE, "deadlocks": 2}]}),
    "old-xmin": (Cause.APPLICATION, {S.SESSIONS: [{**SESSION, "transaction_seconds": 8_000.0}]}),
    "temp-spill": (Cause.SETTING, {S.STATEMENTS: [{**STATEMENT, "temp_blocks_written": 3_000_000}]}),
    "jit-overhead": (
        Cause.SETTING,
        {S.STATEMENTS: [{**STATEMENT, "exec_seconds": 200.0, "jit_seconds": 150.0}]},
    ),
    "generic-plan": (
        Cause.PLAN_CHANGED,
        {S.STATEMENTS: [{**STATEMENT, "plans": 6, "plan_seconds": 0.01, "stddev_seconds": 0.2}]},
    ),
    "planning-overhead": (
        Cause.APPLICATION,
        {S.STATEMENTS: [{**STATEMENT, "plans": 10_000, "plan_seconds": 900.0}]},
    ),
    "checkpoint-storm": (
        Cause.SETTING,
        {
            S.CHECKPOINTS: [healthy(S.CHECKPOINTS, timed=2, requested=3_000)],
            S.WAL: [{"bytes": 3_000 * 500_000_000}],
        },
    ),
    "backend-writes": (
        Cause.SETTING,
        {
            S.CHECKPOINTS: [healthy(S.CHECKPOINTS, buffers_backend=9_000_000)],
            S.SETTINGS: [{"name": "bgwriter_lru_maxpages", "scope": "", "value": "0"}],
        },
    ),
    "archiver-failing": (
        Cause.SERVICE,
        {
            S.ARCHIVER: [
                {
                    "enabled": True,
                    "archived": 5,
                    "failed": 9,
                    "last_archived_at": UNTIL - DAY,
                    "last_failed_at": UNTIL,
                }
            ]
        },
    ),
    "replication-lag": (
        Cause.SERVICE,
        {
            S.REPLICATION: [
                {
                    "standby": "b",
                    "address": "",
                    "present": True,
                    "replay_lag_bytes": 10**9,
                    "sent_lag_bytes": 0,
                    "state": "streaming",
                }
            ]
        },
    ),
    "slot-retains-wal": (
        Cause.SERVICE,
        {
            S.SLOTS: [
                {
                    "name": "old",
                    "kind": "physical",
                    "present": True,
                    "active": False,
                    "retained_bytes": 10**10,
                }
            ]
        },
    ),
    "transaction-id-age": (Cause.CAPACITY, {S.DATABASE: [{**DATABASE, "xid_age": 800_000_000}]}),
    "multixact-age": (Cause.CAPACITY, {S.DATABASE: [{**DATABASE, "multixact_age": 800_000_000}]}),
    "sequence-near-end": (Cause.CAPACITY, {S.SEQUENCES: [{**SEQUENCE, "column_type": "bigint"}]}),
    "integer-key-near-end": (Cause.CAPACITY, {S.SEQUENCES: [{**SEQUENCE, "column_type": "integer"}]}),
    "disk-full-soon": (
        Cause.GREW,
        {
            S.SIZES: [
                {
                    "kind": "disk",
                    "name": "data",
                    "bytes": 10**11,
                    "free_bytes": 2 * 10**10,
                    "bytes_change": 10**10,
                }
            ]
        },
    ),
    "risky-setting": (Cause.SETTING, {S.SETTINGS: [{"name": "fsync", "scope": "", "value": "off"}]}),
    "setting-changed": (
        Cause.SETTING,
        {
            S.SETTINGS: [
                {"name": "work_mem", "scope": "", "value": "64", "previous": "4096", "changed_at": UNTIL}
            ]
        },
    ),
    "pending-restart": (
        Cause.SETTING,
        {S.SETTINGS: [{"name": "max_connections", "scope": "", "value": "100", "pending_restart": True}]},
    ),
    "collation-mismatch": (
        Cause.SERVICE,
        {
            S.COLLATIONS: [
                {
                    "name": "default",
                    "recorded_version": "2.31",
                    "actual_version": "2.36",
                    "mismatch": True,
                    "indexes": 4,
                }
            ]
        },
    ),
    "connection-saturation": (Cause.CAPACITY, {S.DATABASE: [{**DATABASE, "server_connections_peak": 96}]}),
    "statement-churn": (Cause.APPLICATION, {S.DATABASE: [{**DATABASE, "statement_evictions": 400}]}),
    "checksum-failures": (Cause.SERVICE, {S.DATABASE: [{**DATABASE, "checksum_failures": 1}]}),
    "many-rollbacks": (Cause.APPLICATION, {S.DATABASE: [{**DATABASE, "rollbacks": 90_000}]}),
    "errors-in-log": (
        Cause.APPLICATION,
        {
            S.LOGS: [
                {
                    "kind": "error",
                    "severity": "ERROR",
                    "code": "23505",
                    "text": "duplicate key",
                    "detail": "",
                    "count": 5_000,
                }
            ]
        },
    ),
    "server-restarted": (
        Cause.SERVICE,
        {S.LOGS: [{"kind": "crash", "severity": "", "code": "9", "text": "", "detail": "", "count": 1}]},
    ),
}

COMPARED: Mapping[str, tuple[Cause, Mapping[SectionName, list[dict[str, Any]]]]] = {
    "statement-slower": (
        Cause.GREW,
        {
            S.TABLES: [{**TABLE, "live_rows": 3_000_000, "planner_rows": 3_000_000}],
            S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0, "shared_blocks_hit": 3_900_000}],
        },
    ),
    "more-calls": (
        Cause.MORE_CALLS,
        {
            S.STATEMENTS: [
                {
                    **SLOW,
                    "calls": 10_000,
                    "exec_seconds": 5_000.0,
                    "shared_blocks_hit": 130_000_000,
                    "rows": 100_000,
                }
            ]
        },
    ),
    "table-reads-more": (
        Cause.MORE_CALLS,
        {
            S.TABLES: [{**TABLE, "heap_blocks_hit": 9_000_000}],
            S.STATEMENTS: [healthy(S.STATEMENTS, calls=90_000), SLOW],
        },
    ),
    "cache-hit-drop": (Cause.APPLICATION, {S.DATABASE: [{**DATABASE, "blocks_read": 9_000_000}]}),
}
"""Found only by comparison with earlier days."""


def _usual() -> list[Window]:
    rows = {S.STATEMENTS: [STATEMENT, SLOW], S.TABLES: [TABLE]}
    return [window(rows, until=UNTIL - 7 * DAY * back) for back in (1, 2, 3)]


def _of(found: tuple[Finding, ...], code: str) -> Finding:
    named = [each for each in found if each.code == code]
    assert len(named) == 1, [(each.code, each.object) for each in found]
    return named[0]


def test_every_code_has_its_fault_here() -> None:
    assert {rule.code for rule in RULES} == FAULTS.keys() | COMPARED.keys()


def test_a_healthy_night_has_no_finding() -> None:
    judgement = judge(window(), [window(until=UNTIL - 7 * DAY)])
    assert judgement.findings == ()
    assert not any("broke" in gap.reason for gap in judgement.gaps)


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_by_its_code_with_its_cause(code: str) -> None:
    cause, changes = FAULTS[code]
    weeks_ago = window(changes, until=UNTIL - 14 * DAY)
    finding = _of(find(window(changes), [weeks_ago] if code == "unused-index" else []), code)
    assert finding.cause is cause
    assert finding.sentence and finding.sentence.endswith((".", "…"))
    assert finding.advice is None or finding.advice.verify


@pytest.mark.parametrize("code", COMPARED)
def test_a_change_is_found_against_earlier_days(code: str) -> None:
    cause, changes = COMPARED[code]
    judgement = judge(window(changes), _usual())
    finding = _of(judgement.findings, code)
    assert finding.cause is cause, finding.sentence
    assert code not in judgement.blind


@pytest.mark.parametrize("code", COMPARED)
def test_without_an_earlier_day_there_is_a_gap_and_no_silence(code: str) -> None:
    judgement = judge(window(COMPARED[code][1]))
    assert code in judgement.blind
    assert not [each for each in judgement.findings if each.code == code]


def test_what_cannot_be_measured_is_a_gap_of_every_rule_that_needs_it() -> None:
    judgement = judge(window(missing={name: f"No {name} today." for name in S}))
    assert judgement.findings == ()
    assert judgement.blind == {rule.code for rule in RULES}
    assert not any("broke" in gap.reason for gap in judgement.gaps), judgement.gaps


def test_a_rule_that_breaks_is_told_and_leaves_the_night_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(view: object) -> Iterator[Finding | str]:
        yield "Seen in part."
        raise ZeroDivisionError

    monkeypatch.setattr(judging, "RULES", (replace(RULES[0], judge=breaks), *RULES[1:]))
    judgement = judge(window())
    told = [gap for gap in judgement.gaps if gap.code == RULES[0].code]
    assert [(gap.broke, "ZeroDivisionError" in gap.reason) for gap in told] == [(False, False), (True, True)]
    check = every_rule_ran(judgement)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert RULES[0].code in check.reason
    monkeypatch.undo()
    assert every_rule_ran(judge(window())).verdict is Verdict.PASSED


def test_a_window_that_was_hardly_seen_is_a_gap() -> None:
    seen = window()
    section = seen.section(S.DATABASE)
    sections = {
        **seen.sections,
        S.DATABASE: type(section)(section.totals, section.series, type(section.quality)(0.3)),
    }
    judgement = judge(type(seen)(**{**seen.__dict__, "sections": sections}))
    assert any("Only 30%" in gap.reason for gap in judgement.gaps if gap.code == "deadlocks")


def test_an_index_that_was_used_before_a_failover_is_not_unused() -> None:
    """The new primary counts from zero, and never said since when."""
    new = {**PLAIN, "scans": 0, "lifetime_scans": 0, "statistics_since": None}
    weeks = [
        window({S.INDEXES: [INDEX, {**new, "scans": 5}]}, until=UNTIL - 7 * DAY * back) for back in (1, 2)
    ]
    idle = [window({S.INDEXES: [INDEX, new]}, until=UNTIL - 7 * DAY * back) for back in (1, 2)]
    tonight = window({S.INDEXES: [INDEX, new]})
    assert "unused-index" in {each.code for each in find(tonight, idle)}
    yesterday = window({S.INDEXES: [INDEX, {**new, "scans": 5}]}, until=UNTIL - DAY)
    assert "unused-index" not in {each.code for each in find(tonight, [yesterday, *weeks])}


def test_slower_alone_with_the_same_blocks_is_only_a_notice() -> None:
    changes = {S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0}]}
    finding = _of(find(window(changes), _usual()), "statement-slower")
    assert (finding.severity, finding.cause) == (Severity.NOTICE, Cause.UNKNOWN)
    assert finding.confidence < 0.5


SLOWER = {S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0, "shared_blocks_hit": 3_900_000}]}


def _slower_key() -> str:
    return _of(find(window(SLOWER), _usual()), "statement-slower").key


def test_what_is_still_as_slow_the_next_night_is_not_compared_with_the_night_before() -> None:
    yesterday = window(SLOWER, until=UNTIL - DAY)
    days = (yesterday, *_usual()[:1])
    assert "statement-slower" not in {each.code for each in find(window(SLOWER), days)}
    open_since = {_slower_key(): yesterday.until}
    again = _of(judge(window(SLOWER), days, None, open_since).findings, "statement-slower")
    assert ("mean before", pytest.approx(0.5)) in [(each.name, each.value) for each in again.evidence]
    assert again.cause is Cause.PLAN_CHANGED
    fast = judge(window({S.STATEMENTS: [SLOW]}), days, None, open_since).findings
    assert "statement-slower" not in {each.code for each in fast}


def test_a_table_that_is_read_as_much_again_is_not_compared_with_the_night_before() -> None:
    more = {S.TABLES: [{**TABLE, "heap_blocks_hit": 300_000_000}]}
    yesterday = window(more, until=UNTIL - DAY)
    usual = [window({S.TABLES: [{**TABLE, "heap_blocks_hit": 3_000_000}]}, until=UNTIL - 7 * DAY)]
    first = _of(find(yesterday, usual), "table-reads-more")
    known = {first.key: yesterday.until}
    assert _of(judge(window(more), [yesterday, *usual], None, known).findings, "table-reads-more")


def test_a_cache_that_finds_as_little_again_is_not_compared_with_the_night_before() -> None:
    worse = {S.DATABASE: [{**DATABASE, "blocks_hit": 8_000_000, "blocks_read": 2_000_000}]}
    yesterday = window(worse, until=UNTIL - DAY)
    first = _of(find(yesterday, _usual()), "cache-hit-drop")
    known = {first.key: yesterday.until}
    assert _of(judge(window(worse), [yesterday, *_usual()], None, known).findings, "cache-hit-drop")


def _hardly_seen(day: Window, name: SectionName) -> Window:
    section = day.section(name)
    return replace(day, sections={**day.sections, name: replace(section, quality=Quality(0.2))})


def test_counts_are_not_compared_with_those_of_a_day_that_was_hardly_seen() -> None:
    fewer = {
        S.STATEMENTS: [{**SLOW, "calls": 20, "exec_seconds": 10.0, "shared_blocks_hit": 260_000}],
        S.TABLES: [{**TABLE, "heap_blocks_hit": 3_000_000}],
    }
    now = window({
        S.STATEMENTS: [{**SLOW, "calls": 20_000, "exec_seconds": 10_000.0, "shared_blocks_hit": 260_000_000}],
        S.TABLES: [{**TABLE, "heap_blocks_hit": 300_000_000}],
    })
    before = window(fewer, until=UNTIL - 7 * DAY)
    codes = {each.code for each in find(now, [before])}
    assert {"more-calls", "table-reads-more"} <= codes
    blind = _hardly_seen(_hardly_seen(before, S.STATEMENTS), S.TABLES)
    judgement = judge(now, [blind])
    assert not {"more-calls", "table-reads-more"} & {each.code for each in judgement.findings}
    assert {"more-calls", "table-reads-more"} <= judgement.blind


def test_several_same_weekdays_count_alone() -> None:
    """Slow Sundays are no reason to overlook a slow Monday."""
    sunday = window(SLOWER, until=UNTIL - DAY)
    weekdays = [window({S.STATEMENTS: [STATEMENT, SLOW]}, until=UNTIL - 7 * week * DAY) for week in (1, 2)]
    assert _of(find(window(SLOWER), [sunday, *weekdays]), "statement-slower")
    assert "statement-slower" not in {each.code for each in find(window(SLOWER), [sunday, weekdays[0]])}


def test_slower_by_a_lock_says_so() -> None:
    changes = {
        S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0}],
        S.BLOCKING: [{**EDGE, "blocked_statement": "s2", "waited_seconds": 100.0}],
    }
    finding = _of(find(window(changes), _usual()), "statement-slower")
    assert (finding.severity, finding.cause) == (Severity.WARNING, Cause.LOCK)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({S.SETTINGS: [{"name": "work_mem", "scope": "", "value": "64", "unit": "kB"}]}, Cause.SETTING),
        ({S.TABLES: [{**TABLE, "rows_changed_since_analyze": 900_000}]}, Cause.STALE_STATISTICS),
        ({S.TABLES: [{**TABLE, "heap_bytes": 400_000_000}]}, Cause.BLOAT),
        ({}, Cause.PLAN_CHANGED),
    ],
)
def test_slower_with_more_blocks_names_what_changed(changes: dict[SectionName, Any], cause: Cause) -> None:
    slow = {S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0, "shared_blocks_hit": 3_900_000}]}
    assert _of(find(window({**slow, **changes}), _usual()), "statement-slower").cause is cause


def test_an_index_that_is_gone_is_the_cause() -> None:
    rows = {S.STATEMENTS: [STATEMENT, SLOW], S.INDEXES: [INDEX, PLAIN]}
    usual = [window(rows, until=UNTIL - 7 * DAY)]
    slow = {
        S.STATEMENTS: [{**SLOW, "exec_seconds": 160.0, "shared_blocks_hit": 3_900_000}],
        S.INDEXES: [INDEX],
    }
    finding = _of(find(window(slow), usual), "statement-slower")
    assert finding.cause is Cause.DEPLOYMENT
    assert "index public.orders_state" in finding.related


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"live_rows": 3_000_000}, Cause.GREW),
        ({"heap_bytes": 300_000_000}, Cause.BLOAT),
        ({"seq_scans": 40}, Cause.PLAN_CHANGED),
        ({}, Cause.UNKNOWN),
    ],
)
def test_a_table_that_is_read_more_says_why(changes: dict[str, Any], cause: Cause) -> None:
    read = {S.TABLES: [{**TABLE, "heap_blocks_hit": 9_000_000, **changes}]}
    finding = _of(find(window(read), _usual()), "table-reads-more")
    assert (finding.cause, finding.severity) == (cause, Severity.NOTICE)
    assert finding.related == ("statement s1",)
    assert [each.value for each in finding.evidence[:2]] == [9_000_000, 1_000_000]


@pytest.mark.parametrize("blocks", [2_900_000, 1_000_000])
def test_a_table_that_is_read_somewhat_more_is_none_of_it(blocks: int) -> None:
    read = {S.TABLES: [{**TABLE, "heap_blocks_hit": blocks}]}
    assert not [each for each in find(window(read), _usual()) if each.code == "table-reads-more"]


def test_a_small_table_that_is_read_ten_times_as_much_costs_too_little() -> None:
    usual = [
        window({S.TABLES: [{**TABLE, "heap_blocks_hit": 1_000}]}, until=UNTIL - 7 * DAY * back)
        for back in (1, 2)
    ]
    read = {S.TABLES: [{**TABLE, "heap_blocks_hit": 10_000}]}
    assert not [each for each in find(window(read), usual) if each.code == "table-reads-more"]


def test_a_busy_single_row_statement_is_no_loop() -> None:
    busy = {S.STATEMENTS: [healthy(S.STATEMENTS, calls=90_000, rows=90_000)]}
    assert not find(window(busy))


def test_a_young_index_without_scans_is_a_gap() -> None:
    judgement = judge(window({S.INDEXES: [{**PLAIN, "scans": 0, "lifetime_scans": 0}]}))
    assert "unused-index" in judgement.blind
    assert "unused-index" not in {each.code for each in judgement.findings}


def test_a_threshold_of_the_yaml_is_held() -> None:
    _, changes = FAULTS["lock-waits"]
    assert not find(window(changes), thresholds=Thresholds(lock_wait=timedelta(minutes=1)))


def test_the_time_of_jit_is_not_known_before_15() -> None:
    assert "jit-overhead" in judge(window(server_version=140_010)).blind
