"""Days compared, weeks and months rolled up: what differs, what stayed open, and what nobody measured."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
from dataops.evidence.verdict import Verdict
from dataops.performance.finding import Cause, Finding, Severity, Status
from dataops.performance.report.assembling import Told, assemble
from dataops.performance.report.comparing import compare
from dataops.performance.report.document import Digest
from dataops.performance.report.markdown import markdown_of_digest
from dataops.performance.report.page import render_digest
from dataops.performance.report.rolling import month_of, roll_up, week_of
from dataops.performance.window import Quality, SectionName

from tests.unit.performance.report.days import quiet_day, section, unmeasurable

MADE = datetime(2026, 11, 28, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def later(window, days=1):
    return replace(
        window, since=window.since + timedelta(days=days), until=window.until + timedelta(days=days)
    )


def slower(window, factor=3.0):
    statements = window.sections[SectionName.STATEMENTS]
    first = pl.col("statement") == "0" * 16
    grown = pl.when(first).then(pl.col("exec_seconds") * factor).otherwise(pl.col("exec_seconds"))
    return quiet_day(
        statements=replace(statements, totals=statements.totals.with_columns(exec_seconds=grown))
    )


def table(digest: Digest, name: str):
    return next(each for each in digest.tables if each.name == name)


def night(day: date, findings=(), window=None):
    window = window or quiet_day()
    until = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=22)
    window = replace(window, since=until - timedelta(days=1), until=until)
    return assemble(window, findings, Told(owner="shop", environment="test", made=until))


def finding(code="slow-statement", **more):
    told = {
        "object": "public.orders",
        "severity": Severity.WARNING,
        "cause": Cause.GREW,
        "sentence": f"{code} of orders.",
    }
    return Finding(**{"code": code, **told, **more})


def test_the_statement_that_changed_most_stands_first_and_in_the_sentence():
    digest = compare(quiet_day(), later(slower(quiet_day())), MADE)

    first = table(digest, "statements").rows[0]
    assert first[1] == "+200 %"
    assert "most of the change is UPDATE stock SET amount" in digest.sentence
    assert "+64 % against 2026-11-26" in digest.sentence


def test_equal_days_differ_in_nothing():
    digest = compare(quiet_day(), later(quiet_day()), MADE)

    assert "+0 % against" in digest.sentence
    assert table(digest, "tables").rows == ()
    assert table(digest, "settings").says == "None differs."


def test_a_setting_that_differs_is_shown_with_both_values():
    rows = [{"name": "work_mem", "scope": "", "value": value} for value in ("4096", "64")]
    days = [quiet_day(settings=section(SectionName.SETTINGS, [row])) for row in rows]

    assert table(compare(days[0], later(days[1]), MADE), "settings").rows == (
        ("work_mem", "server", "4096", "64"),
    )


def test_load_is_that_of_the_time_which_was_measured():
    """Half of the second day was lost to a reset, and with it half of its seconds: it was as busy as ever."""
    whole = quiet_day().sections[SectionName.STATEMENTS]
    halved = whole.totals.with_columns(pl.col("exec_seconds") / 2)
    half = quiet_day(statements=replace(whole, totals=halved, quality=Quality(0.5)))

    digest = compare(quiet_day(), later(half), MADE)

    assert "+0 % against" in digest.sentence
    assert "On 2026-11-27 only a part was measured: statements 50 %." in digest.notes


def test_a_night_that_was_hardly_measured_has_no_sum_and_is_named():
    whole = quiet_day().sections[SectionName.STATEMENTS]
    hardly = quiet_day(statements=replace(whole, quality=Quality(0.3)))
    nights = [night(MONDAY), night(MONDAY + timedelta(days=1), window=hardly)]

    digest = roll_up("week", "shop", *week_of(MONDAY), nights)

    busy = next(each for each in digest.charts if each.name == "time-in-statements")
    assert [value is not None for value in busy.curves[0].values] == [True] + [False] * 6
    assert "statements: not measurable on 1 night." in digest.notes


def test_what_one_of_the_days_did_not_measure_is_not_compared():
    blind = quiet_day(statements=unmeasurable(SectionName.STATEMENTS, "pg_stat_statements is missing."))

    digest = compare(blind, later(quiet_day()), MADE)

    assert "Nobody can tell" in digest.sentence
    assert table(digest, "statements").missing == "pg_stat_statements is missing."
    assert "On 2026-11-26 not measurable: statements." in digest.notes
    assert "pg_stat_statements is missing." in render_digest(digest)


def test_a_week_tells_what_stayed_open_and_what_was_fixed():
    lasting, fixed = finding(), finding("deadlocks")
    nights = [
        night(MONDAY, [lasting, fixed]),
        night(MONDAY + timedelta(days=1), [lasting, fixed.model_copy(update={"status": Status.FIXED})]),
        night(MONDAY + timedelta(days=2), [lasting]),
    ]

    digest = roll_up("week", "shop", *week_of(MONDAY), nights)

    assert digest.sentence == "3 of 3 nights passed; 1 finding is still open, 1 fixed."
    rows = table(digest, "findings").rows
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("slow-statement of orders.", "new", 3),
        ("deadlocks of orders.", "fixed", 1),
    ]
    assert digest.title == "shop: week 48 of 2026, from 2026-11-23"


def test_a_night_without_report_is_a_gap_and_said_so():
    digest = roll_up("week", "shop", *week_of(MONDAY), [night(MONDAY), night(MONDAY + timedelta(days=3))])

    size = next(chart for chart in digest.charts if chart.name == "database-size")
    assert [value is None for value in size.curves[0].values] == [False, True, True, False, True, True, True]
    assert digest.notes[0].startswith("5 days have no report and are not in these numbers: 2026-11-24")


def test_times_of_the_nights_add_up():
    one = roll_up("week", "shop", *week_of(MONDAY), [night(MONDAY)])
    two = roll_up("week", "shop", *week_of(MONDAY), [night(MONDAY), night(MONDAY + timedelta(days=1))])

    first, both = table(one, "statements").rows[0], table(two, "statements").rows[0]
    assert both[2] == 2 * first[2]
    assert (first[4], both[4]) == (1, 2)
    assert both[1] == first[1]


def test_a_month_without_any_night_tells_nothing():
    digest = roll_up("month", "shop", *month_of(date(2026, 2, 14)), [])

    assert digest.title == "shop: February 2026"
    assert digest.sentence == "Nobody can tell how shop was: no night of these 28 days has a report."
    assert all(chart.missing for chart in digest.charts)
    assert "Nobody can tell" in markdown_of_digest(digest)


def test_a_digest_needs_nothing_from_elsewhere():
    red = night(MONDAY, [finding(severity=Severity.CRITICAL, sentence="<b>danger</b>")])
    page = render_digest(roll_up("week", "shop", *week_of(MONDAY), [red]))

    assert red.verdict is Verdict.FAILED
    assert "&lt;b&gt;danger" in page
    assert "<script" not in page
    assert "://" not in page
