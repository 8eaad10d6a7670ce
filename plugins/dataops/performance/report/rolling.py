"""A week or a month in one page, from the reports of its nights: what stayed open, what was fixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from dataops.evidence.verdict import Verdict
from dataops.performance.finding import Finding, Status
from dataops.performance.report.coverage import is_blind
from dataops.performance.report.document import Chart, Column, Curve, Digest, Report, Shape, Table, Unit
from dataops.performance.report.headline import RANKS
from dataops.performance.report.numbers import counted, moment, share
from dataops.performance.report.wording import short_statement

DAILY = (
    ("time in statements", "Time in statements, a day", Unit.SECONDS),
    ("database size", "Size of the database", Unit.BYTES),
    ("WAL generated", "WAL generated, a day", Unit.BYTES),
    ("transactions", "Transactions, a day", Unit.COUNT),
    ("temporary files", "Temporary files, a day", Unit.BYTES),
    ("most connections", "Most connections of the server", Unit.SESSIONS),
)
"""Figures of the nights that are drawn day by day."""
SHOWN = 40


@dataclass
class _Story:
    """One finding over the nights: as it was told last, and on which nights."""

    last: Finding
    nights: list[datetime] = field(default_factory=list)
    open_at: datetime | None = None
    """The last night on which it was open."""


def week_of(day: date) -> tuple[date, date]:
    """The Monday of the day's week, and the Monday after (ISO 8601)."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def month_of(day: date) -> tuple[date, date]:
    """The first of the day's month, and of the next."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def roll_up(kind: str, database: str, since: date, until: date, reports: Sequence[Report]) -> Digest:
    """The days from ``since`` until before ``until``, by the last report of each; in any order.

    A night belongs to the day on which most of its window lies.
    """
    nights = sorted(reports, key=lambda report: report.until)
    stories = _stories(nights)
    days = [since + timedelta(days=number) for number in range((until - since).days)]
    by_day = {day_of(report): report for report in nights}
    lacking = [day for day in days if day not in by_day]
    begin, end = (datetime(each.year, each.month, each.day, tzinfo=UTC) for each in (since, until))
    return Digest(
        kind=kind,
        database=database,
        title=f"{database}: {_title(kind, since)}",
        since=begin,
        until=end,
        made=datetime.now(UTC),
        sentence=_sentence(database, nights, stories, len(days)),
        notes=tuple(_notes(lacking, nights)),
        charts=tuple(_daily(days, by_day, figure, title, unit, end) for figure, title, unit in DAILY),
        tables=(_findings(stories, len(nights)), _statements(nights), _verdicts(nights)),
    )


def day_of(report: Report) -> date:
    """The day on which most of a report's window lies, UTC."""
    middle = report.since + (report.until - report.since) / 2
    return middle.astimezone(UTC).date()


def _title(kind: str, since: date) -> str:
    if kind == "month":
        return f"{since:%B %Y}"
    year, week, _ = since.isocalendar()
    return f"week {week} of {year}, from {since:%Y-%m-%d}"


def _stories(nights: Sequence[Report]) -> list[_Story]:
    """Every finding, the ones still open first, then by severity and by how many nights told it."""
    stories: dict[str, _Story] = {}
    for report in nights:
        for finding in report.findings:
            story = stories.setdefault(finding.key, _Story(finding))
            story.last = finding
            if finding.status is not Status.FIXED:
                story.nights.append(report.until)
                story.open_at = report.until
    return sorted(
        stories.values(),
        key=lambda story: (
            story.last.status is Status.FIXED,
            RANKS[story.last.severity],
            -len(story.nights),
            story.last.key,
        ),
    )


def _sentence(database: str, nights: Sequence[Report], stories: Sequence[_Story], days: int) -> str:
    if not nights:
        return f"Nobody can tell how {database} was: no night of these {days} days has a report."
    last = nights[-1].until
    still = [story for story in stories if story.open_at == last]
    fixed = [story for story in stories if story.last.status is Status.FIXED]
    passed = sum(report.verdict is Verdict.PASSED for report in nights)
    remain = counted(len(still), "finding is", "findings are")
    return f"{passed} of {counted(len(nights), 'night')} passed; {remain} still open, {len(fixed)} fixed."


def _notes(lacking: Sequence[date], nights: Sequence[Report]) -> list[str]:
    notes = []
    if lacking:
        named = ", ".join(f"{day:%Y-%m-%d}" for day in lacking[:10])
        notes.append(
            f"{counted(len(lacking), 'day has', 'days have')} no report and "
            f"{'is' if len(lacking) == 1 else 'are'} not in these numbers: {named}."
        )
    unseen: dict[str, int] = defaultdict(int)
    for report in nights:
        for area in report.areas:
            if is_blind(area):
                unseen[area.title] += 1
    notes += [f"{title}: not measurable on {counted(nights, 'night')}." for title, nights in unseen.items()]
    return notes


def _daily(
    days: Sequence[date], by_day: dict[date, Report], figure: str, title: str, unit: Unit, end: datetime
) -> Chart:
    values: list[float | None] = []
    for day in days:
        report = by_day.get(day)
        told = {each.name: each.value for each in report.figures} if report else {}
        values.append(told.get(figure))
    name = figure.replace(" ", "-").lower()
    if all(value is None for value in values):
        return Chart(name=name, title=title, unit=unit, missing="No night measured it.")
    steps = (*(datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days), end)
    return Chart(
        name=name,
        title=title,
        unit=unit,
        shape=Shape.LINES,
        steps=steps,
        curves=(Curve(name=figure, values=tuple(values)),),
    )


def _findings(stories: Sequence[_Story], nights: int) -> Table:
    rows = tuple(
        (
            story.last.sentence,
            story.last.severity.value,
            "acknowledged" if story.last.acknowledged else story.last.status.value,
            len(story.nights),
            story.last.since.isoformat() if story.last.since else None,
            story.last.code,
        )
        for story in stories[:SHOWN]
    )
    return Table(
        name="findings",
        title="Findings",
        columns=(
            Column(name="finding"),
            Column(name="severity"),
            Column(name="at the end"),
            Column(name=f"nights of {nights}", unit=Unit.COUNT),
            Column(name="since", unit=Unit.MOMENT),
            Column(name="code"),
        ),
        rows=rows,
        of=len(stories),
        says="" if rows else "No night found anything.",
    )


def _statements(nights: Sequence[Report]) -> Table:
    """The nights' busiest statements, their times added up; one that no night's table shows is not in it."""
    seconds: dict[str, float] = defaultdict(float)
    calls: dict[str, float] = defaultdict(float)
    seen: dict[str, int] = defaultdict(int)
    texts: dict[str, str] = {}
    whole = 0.0
    for report in nights:
        whole += next((each.value for each in report.figures if each.name == "time in statements"), 0.0)
        table = next((each for each in report.tables if each.name == "statements"), None)
        if table is None or table.missing:
            continue
        place = {column.name: index for index, column in enumerate(table.columns)}
        for row in table.rows:
            key = str(row[place["fingerprint"]])
            seconds[key] += float(row[place["time"]] or 0.0)
            calls[key] += float(row[place["calls"]] or 0.0)
            seen[key] += 1
            texts[key] = str(row[place["statement"]])
    ranked = sorted(seconds, key=lambda key: -seconds[key])
    told = sum(seconds.values())
    rows = tuple(
        (
            texts[key],
            round(seconds[key] / whole, 4) if whole else None,
            round(seconds[key], 3),
            int(calls[key]),
            seen[key],
            key,
        )
        for key in ranked[:SHOWN]
    )
    return Table(
        name="statements",
        title="Statements by time",
        columns=(
            Column(name="statement", unit=Unit.CODE),
            Column(name="share", unit=Unit.SHARE),
            Column(name="time", unit=Unit.SECONDS),
            Column(name="calls", unit=Unit.COUNT),
            Column(name="nights", unit=Unit.COUNT),
            Column(name="fingerprint"),
        ),
        rows=rows,
        of=len(ranked),
        says=f"From the nights' own tables, which show {share(min(told / whole, 1.0))} of the time."
        if whole
        else "",
    )


def _verdicts(nights: Sequence[Report]) -> Table:
    return Table(
        name="nights",
        title="The nights",
        columns=(Column(name="until (UTC)"), Column(name="verdict"), Column(name="in one sentence")),
        rows=tuple(
            (moment(report.until), report.verdict.value, short_statement(report.sentence, 300))
            for report in nights
        ),
        of=len(nights),
        says="" if nights else "There is none.",
    )
