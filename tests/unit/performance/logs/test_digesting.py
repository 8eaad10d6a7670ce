"""Pieces of a log add up to the same counts, whatever their size and however many texts there are."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from dataops.performance.logs import digesting
from dataops.performance.logs.clock import bucket_end
from dataops.performance.logs.columns import DIGEST, OTHERS, UNTOLD, LogKind
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.reading import read

from tests.unit.performance.logs.writing import Entry, jsonlog

SECRET = "s3cr3t"


def counted(*entries: Entry, block: int = 1 << 20, zone: str = "UTC") -> pl.DataFrame:
    text = jsonlog(*entries)
    digest = Digest(ZoneInfo(zone))
    read([text[at : at + block] for at in range(0, len(text), block)], JsonLog(), digest)
    return digest.rows()


def timed(milliseconds: float, statement: str, action: str = "statement", **fields: object) -> Entry:
    return Entry(f"duration: {milliseconds:.3f} ms  {action}: {statement}", **fields)  # type: ignore[arg-type]


def row(rows: pl.DataFrame, kind: LogKind) -> dict[str, object]:
    found = rows.filter(pl.col("kind") == kind)
    assert len(found) == 1, found
    return found.row(0, named=True)


MIXED = tuple(
    entry
    for number in range(40)
    for entry in (
        timed(
            1.5,
            f"SELECT * FROM t WHERE id = {number} AND n = '{SECRET}'",
            stamp=f"2026-11-27 15:{number:02}:00.000 UTC",
        ),
        timed(2, f"UPDATE t SET a = {number}", queryid=7),
        Entry(
            'relation "x" does not exist', severity="ERROR", code="42P01", statement=f"SELECT {number} FROM x"
        ),
    )
)


@pytest.mark.parametrize("block", [50, 333, 5000])
def test_the_size_of_pieces_changes_no_count(block: int) -> None:
    assert counted(*MIXED, block=block).equals(counted(*MIXED))


def test_calls_and_seconds_are_added_by_ten_minutes() -> None:
    rows = counted(*MIXED).filter(pl.col("text") == "select * from t where id = ? and n = ?")
    assert rows["count"].to_list() == [10, 10, 10, 10]
    assert rows["total_seconds"].to_list() == pytest.approx([0.015] * 4)
    assert rows["max_seconds"].to_list() == pytest.approx([0.0015] * 4)
    assert rows["at"][0] == datetime(2026, 11, 27, 15, 10, tzinfo=UTC)
    assert dict(rows.schema) == dict(DIGEST)


def test_one_query_id_is_one_statement_unless_the_text_holds_several() -> None:
    rows = counted(
        timed(1, "SELECT a AS first_name FROM t", queryid=5),
        timed(1, "SELECT a AS first_name FROM t;", queryid=5),
        timed(1, "INSERT INTO l VALUES (1); SELECT a AS first_name FROM t", queryid=5),
        timed(1, "EXPLAIN SELECT a AS first_name FROM t", queryid=5),
    )
    assert dict(rows.select("text", "count").iter_rows()) == {
        "select a as first_name from t": 2,
        "insert into l values (?); select a as first_name from t": 1,
        "explain select a as first_name from t": 1,
    }


def test_steps_of_the_extended_protocol_are_one_call() -> None:
    rows = counted(
        timed(0.25, "SELECT $1", "parse <unnamed>"),
        timed(0.25, "SELECT $1", "bind <unnamed>"),
        timed(1, "SELECT $1", "execute <unnamed>"),
    )
    assert row(rows, LogKind.STATEMENT)["count"] == 1
    assert row(rows, LogKind.PREPARATION)["total_seconds"] == pytest.approx(0.0005)


@pytest.mark.parametrize("block", [40, 300, 100_000])
def test_a_text_that_was_logged_before_its_duration_is_found(block: int) -> None:
    def said(message: str, pid: int) -> Entry:
        return Entry(message, pid=pid)

    rows = counted(
        said("statement: SELECT slow FROM t WHERE a = 1", 1),
        said("statement: UPDATE t SET a = 5", 2),
        said("duration: 1.000 ms", 2),
        said("duration: 0.100 ms", 2),
        said("execute S_1: SELECT $1", 2),
        said("duration: 2.000 ms", 2),
        said("duration: 9.000 ms  statement: SELECT now()", 3),
        said("duration: 5000.000 ms", 1),
        said("statement: never ends", 4),
        block=block,
    )
    assert {
        each["text"]: (each["count"], round(each["total_seconds"], 6)) for each in rows.iter_rows(named=True)
    } == {
        "select slow from t where a = ?": (1, 5.0),
        "update t set a = ?": (1, 0.001),
        "select ?": (1, 0.002),
        "select now()": (1, 0.009),
        UNTOLD: (1, 0.0001),
    }


def test_too_many_different_statements_are_counted_without_their_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digesting, "MOST_TEXTS", 10)
    digest = Digest(UTC)
    entries = [timed(number, f"SELECT {'a' * number}") for number in range(1, 101)]
    for at in range(0, 100, 10):
        read([jsonlog(*entries[at : at + 10])], JsonLog(), digest)
    rows = digest.rows()
    assert rows["count"].sum() == 100
    assert rows["total_seconds"].sum() == pytest.approx(sum(range(1, 101)) / 1000)
    assert len(rows) <= 30
    assert digest.folded == row(rows.filter(pl.col("text") == OTHERS), LogKind.STATEMENT)["count"]
    assert f"select {'a' * 100}" in rows["text"].to_list()


def test_a_checkpoint_has_the_reason_of_its_start() -> None:
    done = (
        "checkpoint complete: wrote 38 buffers (0.2%); 0 WAL file(s) added, 0 removed, 1 recycled; "
        "write=3.7 s, sync=0.002 s, total=3.9 s; sync files=30, longest=0.001 s; distance=119 kB"
    )
    rows = counted(
        *(Entry(message, database=None) for _ in range(2) for message in ("checkpoint starting: time", done)),
        *(Entry(message, database=None) for message in ("checkpoint starting: wal", done)),
    )
    told = {
        each["text"]: (each["count"], each["buffers"], each["total_seconds"])
        for each in rows.iter_rows(named=True)
    }
    assert told == {"time": (2, 76, 7.8), "wal": (1, 38, 3.9)}
    assert set(rows["database"]) == {""}


@pytest.mark.parametrize(
    "counts",
    [
        "12 remain, 7 are dead but not yet removable",
        "12 remain, 7 are dead but not yet removable, oldest xmin: 9",
    ],
)
def test_a_vacuum_tells_what_it_had_to_leave(counts: str) -> None:
    message = (
        'automatic aggressive vacuum to prevent wraparound of table "shop.public.orders": index scans: 1\n'
        f"pages: 0 removed, 1 remain\ntuples: 5 removed, {counts}\n"
        "system usage: CPU: user: 0.01 s, system: 0.00 s, elapsed: 0.25 s"
    )
    told = row(counted(Entry(message, database=None)), LogKind.VACUUM)
    assert (told["database"], told["text"], told["unremovable"], told["total_seconds"]) == (
        "shop",
        "public.orders",
        7,
        0.25,
    )


def test_a_crash_is_told_with_what_it_executed() -> None:
    died = Entry(
        "server process (PID 12) was terminated by signal 9: Killed",
        database=None,
        detail=f"Failed process was running: SELECT '{SECRET}' FROM big",
    )
    told = row(counted(died), LogKind.CRASH)
    assert (told["code"], told["text"]) == ("signal 9", "select ? from big")


def test_a_failed_archive_command_is_told() -> None:
    failed = Entry(
        "archive command failed with exit code 3", database=None, detail="The failed archive command was: x"
    )
    assert row(counted(failed), LogKind.ARCHIVE_FAILURE)["code"] == "exit code 3"


def test_a_plan_by_auto_explain_is_the_same_in_text_and_json() -> None:
    text = (
        "duration: 5 ms  plan:\nQuery Text: SELECT *\n  FROM t WHERE a = 'x' -- c\n;\n"
        "Query Parameters: $1 = 's3cr3t'\n"
        "Seq Scan on t  (cost=0.00..1.01 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)\n"
        f"  Filter: (a = '{SECRET}'::text)\n  Rows Removed by Filter: 3"
    )
    json = (
        'duration: 5 ms  plan:\n{"Query Text": "SELECT * FROM t WHERE a = \'s3cr3t\'", '
        '"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Total Cost": 1.01, '
        '"Filter": "(a = \'s3cr3t\'::text)"}}'
    )
    told = [row(counted(Entry(message)), LogKind.PLAN) for message in (text, json)]
    assert told[0]["text"] == told[1]["text"] == "select * from t where a = ?"
    assert told[0]["detail"] == told[1]["detail"] == "Seq Scan on t\n  Filter: (a = ?::text)"
    assert told[0]["code"] == told[1]["code"]
    assert told[0]["code"]


def test_a_plan_for_any_value_keeps_its_parameter() -> None:
    message = (
        "duration: 5 ms  plan:\n"
        "Query Text: SELECT * FROM t WHERE a = $1 AND b = 5 AND c = (SELECT max(c) FROM t)\n"
        "Index Scan using t_a on t  (cost=0.00..1.01 rows=1 width=4)\n"
        "  Index Cond: (a = $1)\n  Filter: ((b = 5) AND (c = $0))\n"
        "  InitPlan 1 (returns $0)\n"
        "    ->  Seq Scan on t t_1  (cost=0.00..1.01 rows=1 width=4)"
    )
    told = row(counted(Entry(message)), LogKind.PLAN)
    assert told["text"] == "select * from t where a = ? and b = ? and c = (select max(c) from t)"
    assert told["detail"] == (
        "Index Scan using t_a on t\n  Index Cond: (a = $1)\n  Filter: ((b = ?) AND (c = ?))\n"
        "    ->  Seq Scan on t t_1"
    )


def test_no_literal_is_kept() -> None:
    rows = counted(
        *MIXED,
        timed(1, f"SELECT E'{SECRET}\\'', $${SECRET}$$ -- {SECRET}"),
        Entry("syntax error", severity="ERROR", code="42601", statement=f"SELECT 'O'{SECRET} FROM t"),
        Entry("syntax error", severity="ERROR", code="42601", statement=SECRET),
        Entry(
            f'column "{SECRET}" does not exist',
            severity="ERROR",
            code="42703",
            statement=f'SELECT t.a FROM t WHERE b = "{SECRET}" AND c = "more {SECRET}"',
        ),
        Entry(
            "duplicate key value",
            severity="ERROR",
            code="23505",
            detail=f"Key (a)=({SECRET}) already exists.",
            context=f'COPY t, line 1, column a: "{SECRET}"',
            statement=f"SET app.token TO {SECRET}",
        ),
        timed(1, f"ALTER ROLE r SET app.token TO {SECRET}"),
        timed(1, f"SELECT 'it\\'s {SECRET}', '{SECRET}'"),
        Entry(
            "deadlock detected",
            severity="ERROR",
            code="40P01",
            detail=f"Process 1 waits.\nProcess 1: UPDATE t SET a = '{SECRET}'\n"
            f"Process 2: DELETE FROM t WHERE b = '{SECRET}'",
        ),
    )
    assert SECRET not in "".join(rows.select(pl.concat_str("text", "detail")).to_series())
    assert row(rows, LogKind.DEADLOCK)["text"] == "delete from t where b = ?\nupdate t set a = ?"


@pytest.mark.parametrize(
    ("zone", "abbreviation", "utc_hour"),
    [
        ("Europe/Berlin", "CEST", 0),
        ("Europe/Berlin", "CET", 1),
        ("UTC", "+03", 23),
        ("Asia/Kolkata", "IST", 21),
    ],
)
def test_local_times_become_utc_also_in_the_hour_that_comes_twice(
    zone: str, abbreviation: str, utc_hour: int
) -> None:
    assert bucket_end("2026-10-25 02:3", abbreviation, ZoneInfo(zone)).hour == utc_hour
