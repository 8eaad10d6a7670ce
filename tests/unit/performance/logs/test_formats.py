"""The three formats tell the same entries, and none is thrown by what is torn, foreign or no UTF-8."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dataops.errors import ConfigurationError
from dataops.performance.logs.entries import Format
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.line_prefix import expression
from dataops.performance.logs.formats.stderr import StderrLog

from tests.unit.performance.logs.writing import PREFIX, STAMP, Entry, csvlog, jsonlog, stderr

ENTRIES = (
    Entry("checkpoint starting: time", database=None),
    Entry('duration: 1.5 ms  statement: select "a",\n\'{"b": 1}\'\n2026-11-27 15:06:09.123 UTC,not a start'),
    Entry(
        'relation "x" does not exist',
        severity="ERROR",
        code="42P01",
        detail="said\nin two lines",
        context="PL/pgSQL function f() line 1 at SQL statement",
        statement="select *\nfrom x",
    ),
    Entry("duration: 2 ms  statement: select 'ä'", queryid=-5),
)
FORMATS = [
    pytest.param(JsonLog(), jsonlog, id="jsonlog"),
    pytest.param(CsvLog(), csvlog, id="csvlog"),
    pytest.param(StderrLog(PREFIX), stderr, id="stderr"),
]
Write = Callable[..., bytes]


@pytest.mark.parametrize(("written_as", "write"), FORMATS)
def test_entries_are_read_as_they_were_written(written_as: Format, write: Write) -> None:
    parsed = written_as.parse(write(*ENTRIES))
    assert parsed.damaged == 0
    for entry, row in zip(ENTRIES, parsed.entries.iter_rows(named=True), strict=True):
        for name in ("stamp", "database", "severity", "message", "detail", "context", "statement"):
            assert (row[name] or "") == (getattr(entry, name) or ""), name
        assert row["pid"] == "4711"
        assert row["code"] in {entry.code, None}


@pytest.mark.parametrize(("written_as", "write"), FORMATS)
def test_a_text_is_cut_where_an_entry_ends_wherever_reading_stopped(written_as: Format, write: Write) -> None:
    whole = write(*ENTRIES)
    edges = {len(write(*ENTRIES[:count])) for count in range(len(ENTRIES) + 1)}
    for end in range(len(whole) + 1):
        assert written_as.cut(whole[:end]) in edges


@pytest.mark.parametrize(("written_as", "write"), FORMATS)
def test_reading_may_begin_anywhere(written_as: Format, write: Write) -> None:
    whole = write(ENTRIES[0], ENTRIES[2], ENTRIES[3])
    start = 10 + written_as.begin(whole[10:])
    messages = written_as.parse(whole[start:]).entries["message"]
    assert list(messages) == [ENTRIES[2].message, ENTRIES[3].message]


@pytest.mark.parametrize(("written_as", "write"), FORMATS)
def test_bytes_that_are_no_utf8_are_no_obstacle(written_as: Format, write: Write) -> None:
    text = write(Entry("duration: 1 ms  statement: select 'X'"), ENTRIES[0]).replace(b"X", b"\xff\xfe")
    assert len(written_as.parse(text).entries) == 2


@pytest.mark.parametrize("write", [jsonlog, csvlog])
def test_a_torn_entry_costs_itself_alone(write: Write) -> None:
    written_as = JsonLog() if write is jsonlog else CsvLog()
    torn = write(Entry("duration: 9 ms  statement: select 'torn'")).partition(b"torn")[0] + b"\n"
    parsed = written_as.parse(write(*ENTRIES) + torn + write(*ENTRIES))
    assert list(parsed.entries["message"]) == [entry.message for entry in ENTRIES] * 2
    assert parsed.damaged == 1


def test_a_quote_that_is_never_closed_does_not_stop_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops.performance.logs.formats.csvlog._HOPELESS", 1000)
    torn = csvlog(Entry("duration: 9 ms  statement: select 'torn'")).partition(b"torn")[0] + b"\n"
    text = torn + csvlog(*[Entry("duration: 1 ms  statement: select 1")] * 20)
    end = CsvLog().cut(text)
    assert len(text) - 500 < end < len(text)
    assert len(CsvLog().parse(text[:end]).entries) == 19


def test_lines_of_other_programs_are_counted_and_left_out() -> None:
    text = stderr(ENTRIES[0]) + b"cp: cannot create regular file\n" + stderr(ENTRIES[2])
    parsed = StderrLog(PREFIX).parse(text)
    assert len(parsed.entries) == 2
    assert parsed.damaged == 1


def test_a_verbose_message_has_its_state_before_it() -> None:
    text = b'2026-11-27 15:06:09.123 UTC [1] app@shop ERROR:  42P01: relation "x" does not exist\n'
    entry = StderrLog("%m [%p] %u@%d ").parse(text).entries.row(0, named=True)
    assert (entry["code"], entry["message"]) == ("42P01", 'relation "x" does not exist')


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        (
            "%t [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
            "2026-11-27 15:06:09 CET [7]: [3-1] db=shop,user=,app=a b,client=::1 ",
        ),
        ("%n %-6p %d ", "1764255969.123 7      shop "),
        ("%m:%r:%u@%d:[%p]:", "2026-11-27 15:06:09.123 +03:10.0.0.1(5):app@shop:[7]:"),
        (
            "%m %p %i %b %s %v %x %c %Q %q%d%%",
            "2026-11-27 15:06:09.123 UTC 7 SELECT client backend 2026-11-27 15:00:00 UTC 3/1 0 6.a -5 shop%",
        ),
    ],
)
def test_prefixes_are_read_by_their_escapes(prefix: str, line: str) -> None:
    entry = StderrLog(prefix).parse(f"{line}LOG:  hello: world\n".encode()).entries.row(0, named=True)
    assert (entry["database"], entry["pid"], entry["message"]) == ("shop", "7", "hello: world")
    assert entry["stamp"].startswith("202")


@pytest.mark.parametrize(("prefix", "lacks"), [("[%p] %d", "%m"), ("%m %d", "%p"), ("%m [%p] ", "%d")])
def test_a_prefix_that_cannot_tell_when_or_where_is_refused(prefix: str, lacks: str) -> None:
    with pytest.raises(ConfigurationError, match=lacks):
        expression(prefix)


def test_stamps_are_told_as_written() -> None:
    assert JsonLog().parse(jsonlog(ENTRIES[0])).entries["stamp"].to_list() == [STAMP]
