"""The report of a day: its verdict, its sentence, what is well, and what it says where it could not look."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import jsonschema
import polars as pl
import pytest
from dataops.evidence.verdict import Check, Figure, Part, Verdict
from dataops.performance.finding import Acknowledged, Advice, Cause, Finding, Proof, Severity, Status
from dataops.performance.findings import RULES
from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs.normalising import LONGEST
from dataops.performance.logs.slowest_calls import MOST_CALLS
from dataops.performance.logs.slowest_entries import MOST_PARAMETERS
from dataops.performance.report import headline, schema
from dataops.performance.report.assembling import Told, assemble, night_of
from dataops.performance.report.coverage import cost_of_sampling, quality_line
from dataops.performance.report.document import Report, Unseen
from dataops.performance.report.markdown import markdown
from dataops.performance.report.page import render
from dataops.performance.window import Quality, SectionName
from markupsafe import escape

from tests.unit.performance.report.days import large_day, quiet_day, section, unmeasurable

MADE = datetime(2026, 11, 27, 22, 5, tzinfo=UTC)


def finding(severity=Severity.WARNING, **more):
    told = {
        "code": "slow-statement",
        "object": "public.orders",
        "severity": severity,
        "cause": Cause.GREW,
        "sentence": "A statement on orders got slower.",
        "impact": 100.0,
    }
    return Finding(**{**told, **more})


def report(window=None, findings=(), **more) -> Report:
    told = Told(**{"owner": "shop", "environment": "test", "made": MADE, **more})
    return assemble(window or quiet_day(), findings, told)


def without_text(html: str) -> str:
    return " ".join(html.split())


def test_a_quiet_day_passes_and_says_what_is_well():
    told = report()

    assert told.verdict is Verdict.PASSED
    assert told.sentence == "shop is well: nothing got slower, and nothing will break soon."
    assert "No deadlock." in told.well
    assert "At most 41 of 97 connections were used." in told.well
    assert any("found in shared buffers" in sentence for sentence in told.well)


def test_what_nothing_was_compared_with_is_not_called_as_fast_as_before():
    told = report(
        unseen=[Unseen(code=headline.SLOWER, title="A statement got slower", why="There is no earlier day.")]
    )

    assert told.verdict is Verdict.PASSED
    assert "nothing got slower" not in told.sentence
    assert "Whether anything got slower cannot be told yet" in told.sentence
    assert headline.SLOWER in {rule.code for rule in RULES}


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.FAILED])
@pytest.mark.parametrize("name", ["data", "proof of unused-index:orders_idx", "rules"])
def test_a_check_that_is_red_is_never_well(name, verdict):
    told = report(checks=[Check(name=name, verdict=verdict, reason="It was ended.")])

    assert told.verdict is verdict
    assert "is well" not in told.sentence
    assert f"{name} is {verdict}: It was ended" in told.sentence


def test_danger_fails_the_night_and_stands_first():
    danger = finding(Severity.CRITICAL, object="shop", sentence="The transaction ids end in 4 days.")

    told = report(findings=[finding(impact=9000.0), danger])

    assert told.verdict is Verdict.FAILED
    assert told.sentence == "shop is in danger: The transaction ids end in 4 days."
    assert told.findings[0] == danger


def test_a_warning_is_told_and_is_no_failure():
    told = report(findings=[finding(), finding(object="public.lines", impact=50.0)])

    assert told.verdict is Verdict.PASSED
    assert "somebody should look: A statement on orders got slower (and 1 more)" in told.sentence
    page = render(told)
    assert 'class="verdict warned"' in page
    assert "Passed, with 2 warnings" in page
    assert markdown(told).startswith("## 🟠 ")
    assert "passed, with 2 warnings." in markdown(told)


@pytest.mark.parametrize(
    ("found", "kind", "mark"),
    [
        ((), "passed", "✅"),
        ((finding(Severity.NOTICE),), "passed", "✅"),
        ((finding(Severity.CRITICAL), finding(object="b")), "failed", "❌"),
    ],
)
def test_only_a_night_without_a_warning_is_green(found, kind, mark):
    told = report(findings=found)
    assert f'class="verdict {kind}"' in render(told)
    assert markdown(told).startswith(f"## {mark} ")


@pytest.mark.parametrize(
    "settled",
    [
        {"acknowledged": Acknowledged(until=date(2026, 12, 24), reason="known")},
        {"status": Status.FIXED},
    ],
)
def test_what_is_accepted_or_fixed_fails_nothing(settled):
    told = report(findings=[finding(Severity.CRITICAL, **settled)])

    assert told.verdict is Verdict.PASSED
    assert "is well" in told.sentence


def test_what_could_not_be_measured_is_never_well():
    window = quiet_day(database=unmeasurable(SectionName.DATABASE, "The role may not read it."))

    told = report(window)

    assert told.verdict is Verdict.INCONCLUSIVE
    assert "is well" not in told.sentence
    assert "No deadlock." not in told.well
    assert (
        next(chart for chart in told.charts if chart.name == "cache").missing == "The role may not read it."
    )
    assert "The role may not read it." in render(told)


def test_a_section_that_was_hardly_sampled_is_not_well_either():
    whole = quiet_day()
    database = replace(whole.sections[SectionName.DATABASE], quality=Quality(covered=0.3))

    told = report(quiet_day(database=database))

    assert told.verdict is Verdict.INCONCLUSIVE
    assert "No deadlock." not in told.well


@pytest.mark.parametrize(
    ("name", "chart"),
    [("statements", "load"), ("blocking", "locks"), ("sessions", "connections"), ("sessions", "waits")],
)
def test_hours_in_which_a_section_was_not_measured_are_a_gap_and_no_calm(name, chart):
    window = quiet_day()
    whole = window.sections[SectionName(name)]
    noon = window.since + timedelta(hours=12)
    half = Quality(0.5, ("The role lost its rights at 10:00.",), intervals=((noon, 12 * 3600.0),))
    morning = whole.series.filter(pl.col("at") <= noon)

    told = report(quiet_day(**{name: replace(whole, series=morning, quality=half)}))
    drawn = next(each for each in told.charts if each.name == chart)

    assert drawn.curves
    for curve in drawn.curves:
        middle = len(curve.values) // 2
        assert set(curve.values[middle:]) == {None}
        assert None not in curve.values[:middle]
    assert drawn.quality == "Measured over 50 % of the window. The role lost its rights at 10:00."
    page = without_text(render(told))
    assert f"Not all was seen.</span> {drawn.quality}" in page
    assert page.count("Not all was seen.") >= 2  # the section's table says so too


def test_the_report_says_what_looking_cost():
    whole = quiet_day().sections[SectionName.DATABASE]
    totals = whole.totals.with_columns(sampling_seconds=pl.lit(4.2), active_seconds=pl.lit(7_200.0))

    told = report(quiet_day(database=replace(whole, totals=totals)))

    assert "Sampling took 4.2 s, below 0.1 % of the 2 h in which sessions ran statements." in render(told)
    assert cost_of_sampling({"time of sampling": 4.2}).endswith("of which the time is known.")
    assert not cost_of_sampling({})


def test_numbers_that_are_whole_have_no_remark():
    told = report()
    assert {each.quality for each in (*told.charts, *told.tables)} == {""}


def test_a_section_with_many_remarks_tells_the_first():
    many = Quality(0.9, tuple(f"The server was restarted at {hour}:00." for hour in range(9)))
    assert quality_line(many).endswith("restarted at 2:00. And 6 more remarks, below.")
    assert not quality_line(Quality(0.0, missing="Nobody may read it."))


def test_a_section_that_the_inventory_gives_up_stands_outside_of_the_verdict():
    window = quiet_day(logs=unmeasurable(SectionName.LOGS, "A managed service keeps its log."))

    assert report(window).verdict is Verdict.INCONCLUSIVE
    declared = report(window, declared=("logs",))
    assert declared.verdict is Verdict.PASSED
    assert "The inventory says so." in render(declared)


def test_a_late_load_stands_beside_the_check_that_it_explains():
    failed = Check(
        name="data: public.orders_1",
        verdict=Verdict.FAILED,
        reason="newest placed_at: expected within 2 h",
        parts=(Part(name="newest placed_at", verdict=Verdict.FAILED, expected="2 h", observed="7 h"),),
    )
    slow_load = finding(
        object="0000000000000001",
        advice=Advice(sentence="Index it.", statement="INSERT INTO orders_1 (id) SELECT id FROM staging"),
    )

    told = report(findings=[slow_load], checks=[failed])

    (data,) = told.data_checks
    assert told.verdict is Verdict.FAILED
    assert "500,000 rows were inserted into it in this window, between 2026-11-27 02:10" in data.explained_by
    assert data.finding == slow_load.key
    assert 'href="#finding-1"' in render(told)


@pytest.mark.parametrize("where", ["object", "related"])
def test_a_finding_of_the_table_itself_explains_its_check(where):
    """Found by the very name that rules give a table."""
    failed = Check(name="data: orders_1", verdict=Verdict.FAILED, reason="too few rows")
    name = "table public.orders_1"
    bloated = finding(object=name) if where == "object" else finding(related=(name,))
    other = finding(object="table public.orders_2", impact=900.0)

    told = report(findings=[bloated, other], checks=[failed])

    assert told.data_checks[0].finding == bloated.key


def test_a_load_that_never_came_is_said_so():
    failed = Check(name="data: public.orders_1", verdict=Verdict.FAILED, reason="too few rows")
    row = {"oid": 1, "schema": "public", "name": "orders_1", "rows_inserted": 0, "dropped": False}

    told = report(quiet_day(tables=section(SectionName.TABLES, [row])), checks=[failed])

    assert "the load did not come" in told.data_checks[0].explained_by


def test_advice_that_does_not_help_has_no_sql_to_copy():
    withdrawn = Advice(
        sentence="Index it.",
        sql="CREATE INDEX CONCURRENTLY x ON orders (id);",
        proof=Proof(by="a restored backup", helps=False, sentence="812 ms before, 815 ms after."),
    )

    told = report(findings=[finding(advice=withdrawn)])

    assert "CREATE INDEX" not in render(told)
    assert "815 ms after." in render(told)
    assert "CREATE INDEX" not in markdown(told)


def test_the_page_needs_nothing_from_elsewhere_and_no_script():
    page = render(report(findings=[finding(sentence='<script>alert("x")</script> is slow')]))

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert " src=" not in page


def test_what_the_page_draws_is_styled_by_its_own_sheet_alone():
    """Evidence has charts of another build: its sheet made the swatches of legends as wide as the page."""
    of_evidence = set(re.findall(r"\.([a-z-]+)", (files("dataops.evidence") / "page.css").read_text("utf-8")))
    page = render(report())
    assert 'class="drawing"' in page
    assert not of_evidence & {"drawing", "plot", "plane", "values", "moments", "legend"}


def test_code_in_a_sentence_is_code_on_the_page_and_in_markdown():
    advice = Advice(sentence="Look at `a_b`.", sql="SELECT 1;", undo="None is needed.", verify="SELECT 2;")
    told = report(findings=[finding(sentence="`SELECT a FROM b_c. X` got <slower>.", advice=advice)])

    page = render(told)
    assert "<code>SELECT a FROM b_c. X</code> got &lt;slower&gt;." in page
    assert "<dd>None is needed.</dd>" in page
    assert "<dd><code>SELECT 2;</code></dd>" in page
    assert "`SELECT a FROM b_c. X` got \\<slower\\>." in markdown(told)
    assert "Undo: None is needed." in markdown(told)
    assert "SELECT a FROM b_c. X</code> got &lt;slower&gt;.</p>" in without_text(page)


def test_the_verdict_is_one_sentence():
    danger = finding(Severity.CRITICAL, sentence="Archiving failed at `a. B`, 1.5 times. It still fails.")
    told = report(findings=[danger, finding(Severity.CRITICAL, object="b", impact=0.0)])
    assert told.sentence == (
        "shop is in danger: Archiving failed at `a. B`, 1.5 times, and 1 more critical finding."
    )


def test_a_large_count_keeps_its_digits():
    figures = (Figure(name="blocks an execution", value=1770.25, unit="count"),)
    assert "<dd>1,770</dd>" in render(report(findings=[finding(evidence=figures)]))


def test_behind_every_chart_stands_a_table():
    told = report()
    page = render(told)

    drawn = [chart for chart in told.charts if not chart.missing]
    assert len(drawn) >= 12
    for chart in drawn:
        assert f"{escape(chart.title)} as a table" in page


def test_a_large_database_fits_into_500_kilobytes():
    many = [
        finding(object=f"public.orders_{index}", advice=Advice(sentence="Index it.")) for index in range(400)
    ]

    page = render(report(large_day(statements=300, tables=100), many))

    assert len(page.encode()) < 500_000
    assert "210 more findings in report.json" in page


def test_the_worst_of_databases_fits_too_and_the_page_says_what_it_leaves_out():
    """Long texts and names that are not ASCII, literals, a server that restarts all day, everything red."""
    day, long, name = large_day(statements=300, tables=100), "SELECT ä, " * 1000, "ü" * 31
    restarts = tuple(day.since + timedelta(minutes=10 * number) for number in range(140))
    notes = tuple(f"The server was restarted at {at:%H:%M}, and again." for at in restarts)
    sections = {
        each: replace(
            found,
            totals=found.totals.with_columns(
                pl.lit(long).alias(column) for column in ("text", "blocked_text") if column in found.totals
            ),
            quality=Quality(0.6, notes),
        )
        for each, found in day.sections.items()
    }
    window = replace(day, sections=sections, restarts=restarts, notes=notes)
    proof = Proof(by="HypoPG", helps=True, sentence="faster " * 40)
    advice = Advice(sentence="Index it. " * 20, sql="CREATE INDEX x;\n" * 9, statement=long, proof=proof)
    bad = finding(sentence=f"`{long[:119]}…` is slow. " * 2, advice=advice, related=(name,) * 50)
    known = Acknowledged(until=date(2026, 12, 24), reason="known " * 80)
    many = [
        bad.model_copy(update={"object": f"table {name}.{number}", **changes})
        for changes in ({}, {"status": Status.FIXED}, {"acknowledged": known})
        for number in range(300)
    ]
    parts = tuple(Part(name=name, verdict=Verdict.FAILED, observed="o" * 80) for _ in range(60))
    checks = [
        Check(name=f"data: public.{name}{number}", verdict=Verdict.FAILED, reason="bad " * 50, parts=parts)
        for number in range(60)
    ]

    statements = [row[-1] for row in report(window).tables[0].rows]
    # Each character of a literal may take five of the page.
    calls = [
        slowest_call(str(statement), "'" * LONGEST, parameters="'" * MOST_PARAMETERS)
        for statement in (*statements, *range(MOST_CALLS - len(statements)))
    ]
    many += [finding(object=f"statement {statement}", impact=9e9) for statement in statements]

    page = render(report(window, many, checks=checks, slowest_calls=calls))

    assert len(page.encode()) < 500_000
    assert "slowest call, as logged" in page
    assert "more in report.json." in page
    assert "more findings in report.json" in page
    assert "more marks" in page


def slowest_call(statement, text="SELECT 'c4n4ry'", **more):
    return LoggedCall(**{"statement": statement, "text": text, "seconds": 5.25, "at": MADE, **more})


def test_the_slowest_call_stands_with_its_finding_and_in_the_table_of_statements():
    """In Markdown too, where neither a backtick nor a parameter of several lines ends the block."""
    call = slowest_call(f"{1:016x}", "SELECT 1 AS `a``` <b>", parameters="$1 = 'x\nDROP TABLE t;'")
    other = slowest_call("f" * 16, "SELECT 'elsewhere'")

    told = report(findings=[finding(object=f"statement {1:016x}")], slowest_calls=[call, other])

    page = render(told)
    shown = "SELECT 1 AS `a``` &lt;b&gt;</pre>"
    assert page.count(shown) == 2
    assert page.index('class="finding"') < page.index(shown) < page.index('id="table-statements"')
    assert page.count("slowest call, as logged: 5.2 s, 2026-11-27 22:05:00 UTC") == 3
    assert page.index('id="calls"') < page.index("elsewhere")
    assert "This page shows literals" in page
    chat = markdown(told)
    assert "  ````sql\n  SELECT 1 AS `a``` <b>\n  -- parameters: $1 = 'x DROP TABLE t;'\n  ````\n" in chat
    assert "elsewhere" not in chat


def test_a_finding_of_a_table_shows_the_slowest_call_of_a_statement_that_it_names():
    readers = (f"statement {77:016x}", f"statement {3:016x}")
    told = report(
        findings=[finding(object="table public.t", related=readers)],
        slowest_calls=[slowest_call(f"{3:016x}")],
    )
    assert "&#39;c4n4ry&#39;" in render(told).partition('id="table-statements"')[0]


def test_without_a_call_nothing_speaks_of_literals():
    page = render(report(findings=[finding(object=f"statement {1:016x}")]))
    assert "as logged" not in page
    assert "literals" not in page


def test_the_json_is_what_its_schema_says_and_reads_back():
    told = report(
        findings=[finding(advice=Advice(sentence="Index it."))], slowest_calls=[slowest_call("f" * 16)]
    )

    jsonschema.validate(json.loads(told.to_bytes()), schema.committed())
    assert Report.model_validate_json(told.to_bytes()) == told
    assert schema.generated() == schema.committed()


def test_the_load_of_all_statements_is_the_sum_of_the_layers():
    window = quiet_day()
    load = report(window).charts[0]
    seconds = [(end - begin).total_seconds() for begin, end in zip(load.steps, load.steps[1:], strict=False)]

    drawn = sum(
        value * length
        for curve in load.curves
        for value, length in zip(curve.values, seconds, strict=True)
        if value is not None
    )

    measured = window.sections[SectionName.STATEMENTS].series["exec_seconds"].sum()
    assert drawn == pytest.approx(measured, rel=1e-3)


def test_time_inside_functions_is_not_counted_twice():
    window = quiet_day()
    statements = window.sections[SectionName.STATEMENTS]
    inner = replace(
        statements,
        totals=statements.totals.with_columns(toplevel=pl.lit(value=False)),
        series=statements.series.with_columns(toplevel=pl.lit(value=False)),
    )

    told = report(quiet_day(statements=inner))

    assert told.charts[0].missing
    assert next(table for table in told.tables if table.name == "statements").rows == ()


def test_growth_is_foretold_from_four_nights_on():
    tonight = report()
    nights = [
        replace(
            night_of(tonight),
            until=tonight.until - timedelta(days=days),
            figures={"database size": 52e9 - days * 1e9},
        )
        for days in range(1, 8)
    ]

    growing = report(nights=nights).charts[-1]
    alone = report(nights=nights[:2]).charts[-1]

    assert growing.curves[1].forecast
    assert "changed by +1 GB a day over 8 nights" in growing.says
    assert "the disk is full by 2027-02-25" in growing.says
    assert len(alone.curves) == 1
    assert "A trend needs 4 nights" in alone.says


def test_markdown_says_what_nobody_can_tell_and_what_advice_costs():
    window = quiet_day()
    half = replace(window.sections[SectionName.TABLES], quality=Quality(0.8))
    advice = Advice(sentence="Index it.", sql="CREATE INDEX x;", cost="A scan.", undo="DROP INDEX x;")
    known = Acknowledged(until=date(2026, 12, 24), reason="known")

    text = markdown(
        report(
            quiet_day(tables=half),
            [finding(advice=advice), finding(object="b", acknowledged=known)],
            unseen=[Unseen(code="checksum-failures", title="Wrong checksums", why="There are none.")],
        )
    )

    assert "measured over a part of the window: tables (80 %)" in text
    assert "1 rule could not look, or only in part: Wrong checksums" in text
    assert "  Costs: A scan.\n  Undo: `DROP INDEX x;`" in text
    assert "- 1 finding acknowledged" in text


def test_markdown_shows_names_as_they_are():
    text = markdown(report(findings=[finding(sentence="a_b *c* [d](e) | f got slower.")]), link="/dataops/x")

    assert r"a\_b \*c\* \[d\](e) \| f got slower." in text
    assert "[The whole report](/dataops/x)" in text
