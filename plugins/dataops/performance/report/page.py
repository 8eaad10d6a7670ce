"""The page that people read: one static file, without scripts, images or fonts from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from dataops.evidence.units import duration
from dataops.performance.finding import Finding, Status
from dataops.performance.logged_call import LoggedCall
from dataops.performance.report.coverage import cost_of_sampling, is_blind, why_blind
from dataops.performance.report.document import Area, Digest, Report, Unit
from dataops.performance.report.headline import is_open, is_warned, verdict_line
from dataops.performance.report.numbers import counted, instant, measured, moment, share, written
from dataops.performance.report.plot import plot, rows_behind
from dataops.performance.report.tables import STATEMENTS
from dataops.performance.report.wording import call_of, is_sql, proof_word, short_statement, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

LARGEST = 480_000
"""Bytes of a page; what does not fit is in report.json, and the page says so."""


@dataclass(frozen=True)
class Extent:
    """How much the page tells: open findings ``in_full``, then ``in_lines``; of the ``others``, fixed,
    acknowledged and data checks; of a text so many characters; so many ``remarks`` of a kind."""

    in_full: int = 40
    in_lines: int = 150
    others: int = 60
    text: int = 4000
    remarks: int = 30


EXTENTS = (Extent(), Extent(25, 100, 25, 1500, 10), Extent(15, 60, 12, 500, 5), Extent(8, 25, 5, 200, 3))
"""From all that is wished for to what always fits."""


def render(report: Report) -> str:
    """The report as HTML that stands alone: offline, printable, light and dark, readable without colour.

    It tells as much as fits into ``LARGEST`` bytes.
    """
    page = ""
    for extent in EXTENTS:
        page = _rendered(report, extent)
        if len(page.encode()) <= LARGEST:
            break
    return page


def _rendered(report: Report, extent: Extent) -> str:
    open_ones = [finding for finding in report.findings if is_open(finding)]
    full, lined = extent.in_full, extent.in_full + extent.in_lines
    return (
        environment()
        .get_template("page.html")
        .render(
            report=report,
            length=duration((report.until - report.since).total_seconds()),
            version=version(report.server_version),
            extent=extent,
            told=open_ones[:full],
            lines=open_ones[full:lined],
            untold=max(len(open_ones) - lined, 0),
            accepted=[
                each for each in report.findings if each.acknowledged and each.status is not Status.FIXED
            ],
            fixed=[each for each in report.findings if each.status is Status.FIXED],
            warned=is_warned(report.verdict, report.findings),
            verdict_line=verdict_line(report.verdict, report.findings),
            anchors=anchors(open_ones[:full]),
            calls={call.statement: call for call in report.slowest_calls},
            calls_elsewhere=calls_elsewhere(report),
            blind=blind(report.areas),
            cost=cost_of_sampling({each.name: each.value for each in report.figures}),
        )
    )


def render_digest(digest: Digest) -> str:
    """Two days compared, a week or a month, as HTML that stands alone."""
    return environment().get_template("digest.html").render(digest=digest)


def blind(areas: Sequence[Area]) -> list[tuple[str, str, bool]]:
    """What could not be measured: titles with one reason together, the reason, and whether it is declared."""
    reasons: dict[tuple[str, bool], list[str]] = {}
    for area in areas:
        if is_blind(area) or area.declared:
            reasons.setdefault((coverage_of(area), area.declared), []).append(area.title)
    return [(", ".join(titles), why, declared) for (why, declared), titles in reasons.items()]


def anchors(findings: Sequence[Finding]) -> Mapping[str, str]:
    """From a finding's key, and its object where only one is about it, to its place on the page."""
    found = {finding.key: f"finding-{number}" for number, finding in enumerate(findings, start=1)}
    objects = [finding.object for finding in findings]
    for number, finding in enumerate(findings, start=1):
        if objects.count(finding.object) == 1:
            found.setdefault(finding.object, f"finding-{number}")
    return found


def calls_elsewhere(report: Report) -> list[LoggedCall]:
    """The slowest calls of statements that are not in the table of statements."""
    shown = {row[-1] for table in report.tables if table.name == STATEMENTS for row in table.rows}
    return [call for call in report.slowest_calls if call.statement not in shown]


def version(number: int) -> str:
    """PostgreSQL's version as people say it: 150014 is 15.14."""
    return f"{number // 10000}.{number % 10000}" if number else "of unknown version"


def cut(text: str, longest: int) -> str:
    """The text, or its beginning where it is longer."""
    return text if len(text) <= longest else f"{text[:longest]}… (whole in report.json)"


def impact(seconds: float) -> str:
    """What a finding costs, in the database's own time."""
    return f"{duration(seconds)} of the database's time a day" if seconds > 0 else ""


def coverage_of(area: Area) -> str:
    """One line on how well an area was measured."""
    if area.missing:
        return area.missing
    if is_blind(area):
        return why_blind(area)
    return " ".join((f"Measured over {share(area.covered)} of the window.", *area.notes))


@cache
def environment() -> Environment:
    """The templates of this folder, with the words and numbers that they use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("dataops.performance.report", package_path="templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = (files("dataops.evidence") / "page.css", files(__package__) / "templates" / "page.css")
    made.filters |= {
        "moment": moment,
        "instant": instant,
        "written": _written,
        "share": share,
        "short": short_statement,
        "impact": impact,
        "spoken": spoken,
        "cut": cut,
        "call_of": call_of,
        "counted": counted,
    }
    made.globals |= {
        "human": measured,
        "plot": plot,
        "rows_behind": rows_behind,
        "css": "\n".join(style.read_text(encoding="utf-8") for style in styles),
        "proof_word": proof_word,
        "is_sql": is_sql,
    }
    return made


def _written(value: Any, unit: Unit) -> str:
    return written(value, unit)
