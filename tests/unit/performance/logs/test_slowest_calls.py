"""The slowest call of each statement, as it was logged: where it is allowed, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs import digesting, slowest_calls
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.entries import Format
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.stderr import StderrLog
from dataops.performance.logs.reading import read
from dataops.performance.logs.slowest_entries import MOST_PARAMETERS
from dataops.performance.statement_text import fingerprint

from tests.unit.performance.logs.writing import PREFIX, Entry, csvlog, jsonlog, stderr

CANARY = "c4n4ry"
FORMATS: dict[str, tuple[Format, Callable[..., bytes]]] = {
    "jsonlog": (JsonLog(), jsonlog),
    "csvlog": (CsvLog(), csvlog),
    "stderr": (StderrLog(PREFIX), stderr),
}


def timed(milliseconds: float, statement: str, action: str = "statement", **fields: object) -> Entry:
    return Entry(f"duration: {milliseconds:.3f} ms  {action}: {statement}", **fields)  # type: ignore[arg-type]


def digested(
    *entries: Entry,
    kept: frozenset[str] = frozenset({"shop"}),
    written: str = "jsonlog",
    block: int = 1 << 20,
    zone: str = "UTC",
) -> Digest:
    written_as, write = FORMATS[written]
    text = write(*entries)
    digest = Digest(ZoneInfo(zone), kept)
    read([text[at : at + block] for at in range(0, len(text), block)], written_as, digest, complete=True)
    return digest


def calls(*entries: Entry, dbname: str = "shop", **options: object) -> dict[str, LoggedCall]:
    """By text, of one database."""
    found = digested(*entries, **options).calls()  # type: ignore[arg-type]
    return {call.text: call for call in found.get(dbname, ())}


def find(number: int) -> str:
    return f"SELECT * FROM orders WHERE id = {number} AND note = '{CANARY} {number}'"


DAY = tuple(
    timed(
        1 + (number * 37 % 101) / 10,
        find(number),
        stamp=f"2026-11-27 {number // 60 + 9:02}:{number % 60:02}:07.500 UTC",
        queryid=5 if number % 3 else 0,
    )
    for number in range(100)
)
SLOWEST = max(range(100), key=lambda number: number * 37 % 101)


def test_no_literal_is_kept_unless_it_is_allowed() -> None:
    digest = digested(*DAY, kept=frozenset())
    assert digest.calls() == {}
    assert CANARY not in str(digest.rows().to_dicts())


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("block", [300, 5_000, 1 << 20])
def test_the_slowest_call_is_kept_whatever_the_format_and_the_size_of_pieces(
    written: str, block: int
) -> None:
    (call,) = calls(*DAY, written=written, block=block).values()
    assert call == LoggedCall(
        statement=fingerprint(find(1)),
        text=find(SLOWEST),
        seconds=0.011,
        at=datetime(2026, 11, 27, SLOWEST // 60 + 9, SLOWEST % 60, 7, 500_000, tzinfo=UTC),
    )


def test_what_is_counted_is_the_same_with_and_without_literals() -> None:
    strict, allowing = digested(*DAY, kept=frozenset()), digested(*DAY)
    assert allowing.rows().equals(strict.rows())
    assert CANARY not in str(allowing.rows().to_dicts())


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("detail", ["parameters", "Parameters"])
def test_parameters_are_kept_with_their_statement(written: str, detail: str) -> None:
    told = f"{detail}: $1 = '{CANARY}', $2 = NULL"
    found = calls(
        timed(9, "SELECT a FROM t WHERE b = $1 OR c = $2", "execute <unnamed>", detail=told),
        timed(2, "SELECT a FROM t WHERE b = $1 OR c = $2", "execute <unnamed>", detail=f"{detail}: $1 = '1'"),
        timed(99, "SELECT a FROM t WHERE b = $1 OR c = $2", "bind <unnamed>", detail=f"{detail}: $1 = '2'"),
        timed(3, "SELECT 5", detail=f"prepare: PREPARE p AS SELECT '{CANARY}'"),
        written=written,
    )
    assert {text: call.parameters for text, call in found.items()} == {
        "SELECT a FROM t WHERE b = $1 OR c = $2": f"$1 = '{CANARY}', $2 = NULL",
        "SELECT 5": "",
    }


def test_another_databases_literals_are_not_kept() -> None:
    there = timed(500, find(0), database="ledger")
    digest = digested(there, timed(1, find(2)), Entry("duration: 9 ms  statement: SELECT 7", database=None))
    assert CANARY not in str(digest.calls().get("ledger"))
    assert {dbname: [call.text for call in found] for dbname, found in digest.calls().items()} == {
        "shop": [find(2)]
    }


@pytest.mark.parametrize("block", [40, 100_000])
def test_a_process_number_that_is_given_anew_brings_no_text_of_another_database(block: int) -> None:
    found = calls(
        Entry(f"statement: SELECT '{CANARY}'", pid=7, database="ledger"),
        Entry("duration: 800.000 ms", pid=7),
        Entry(f"execute S_1: {find(2)}", pid=8, detail=f"parameters: $1 = '{CANARY}'"),
        Entry("duration: 5.000 ms", pid=8),
        block=block,
    )
    assert {text: (call.seconds, call.parameters) for text, call in found.items()} == {
        find(2): (0.005, f"$1 = '{CANARY}'")
    }


def test_auto_explain_tells_calls_too() -> None:
    text = (
        f"duration: 700 ms  plan:\nQuery Text: SELECT *\n  FROM t WHERE a = $1 AND b = '{CANARY}'\n"
        "Query Parameters: $1 = '42'\n"
        "Seq Scan on t  (cost=0.00..1.01 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)\n"
        "  Filter: (a = 42)"
    )
    json = (
        f'duration: 600 ms  plan:\n{{"Query Text": "SELECT max(a) FROM t WHERE b = \'{CANARY}\'", '
        '"Query Parameters": "$1 = \'7\'", "Plan": {"Node Type": "Seq Scan", "Relation Name": "t"}}'
    )
    xml = f"duration: 500 ms  plan:\n<explain><Query-Text>SELECT '{CANARY}' AS x</Query-Text></explain>"
    found = calls(
        Entry(text), Entry(json), Entry(xml), timed(650, f"SELECT max(a) FROM t WHERE b = '{CANARY} 2'")
    )
    assert {call.text: (call.seconds, call.parameters) for call in found.values()} == {
        f"SELECT *\n  FROM t WHERE a = $1 AND b = '{CANARY}'": (0.7, "$1 = '42'"),
        f"SELECT max(a) FROM t WHERE b = '{CANARY} 2'": (0.65, ""),
    }


def test_a_secret_is_not_kept_and_neither_is_the_next_slowest_call() -> None:
    digest = digested(
        timed(900, f"ALTER ROLE app PASSWORD '{CANARY}'"),
        timed(800, f"INSERT INTO jobs VALUES ('password={CANARY}')"),
        timed(700, "INSERT INTO jobs VALUES ('harmless')"),
        timed(600, f"SELECT 'it\\'s {CANARY}'"),
        timed(1, "SELECT now()"),
    )
    assert [call.text for call in digest.calls()["shop"]] == ["SELECT now()"]


def test_only_so_many_calls_are_kept_those_whose_statements_took_most_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slowest_calls, "MOST_CALLS", 3)
    often = [timed(30, f"SELECT often FROM t WHERE a = {number}") for number in range(10)]
    found = calls(*often, *(timed(100 + number, f"SELECT c{number} FROM t") for number in range(6)))
    assert list(found) == ["SELECT often FROM t WHERE a = 0", "SELECT c5 FROM t", "SELECT c4 FROM t"]


def test_parameters_have_a_bounded_length_and_a_text_that_is_longer_is_not_kept() -> None:
    found = calls(
        timed(9, "SELECT $1", "execute <unnamed>", detail=f"parameters: $1 = '{'x' * 9000}'"),
        timed(9, f"SELECT a FROM t WHERE b = '{'y' * 20_000}'"),
    )
    assert list(found) == ["SELECT $1"]
    assert len(found["SELECT $1"].parameters) == MOST_PARAMETERS + 1
    assert found["SELECT $1"].parameters.endswith("x…")


def test_what_is_folded_away_leaves_no_text_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digesting, "MOST_TEXTS", 10)
    digest = Digest(UTC, frozenset({"shop"}))
    entries = [timed(number, f"SELECT {'a' * number}, '{CANARY}'") for number in range(1, 101)]
    for at in range(0, 100, 10):
        read([jsonlog(*entries[at : at + 10])], JsonLog(), digest)
    found = digest.calls()["shop"]
    assert [call.text for call in found][:9] == [
        f"SELECT {'a' * number}, '{CANARY}'" for number in range(100, 91, -1)
    ]
    assert str(digest).count(f"'{CANARY}'") == len(found) < 20


def test_a_moment_is_told_in_utc() -> None:
    (call,) = calls(timed(9, "SELECT 1", stamp="2026-10-25 02:30:01.500 CET"), zone="Europe/Berlin").values()
    assert call.at == datetime(2026, 10, 25, 1, 30, 1, 500_000, tzinfo=UTC)
