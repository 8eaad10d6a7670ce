"""The console's pages as HTML: pictures first, and every picture also in words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dataops.airflow.console.state import RUNS_SHOWN
from dataops.backup.freshness import spell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from markupsafe import Markup

    from dataops.airflow.console.failover_state import FailoverState, Played
    from dataops.airflow.console.report_state import ReportState
    from dataops.airflow.console.state import State
    from dataops.evidence.chain import Link

GLYPHS = {"passed": "✓", "failed": "✕", "inconclusive": "?", "missing": ""}
"""A verdict is told by its colour, its shape and its word: no reader depends on one of them."""

PAGES = (("Backups", ""), ("Reports", "reports/"), ("Failover", "failover/"))
"""Each page of cards and where it lies below the console."""

TOP_AND_HEIGHT = {"passed": (6.5, 15), "missing": (19, 2.5)}


def render(state: State, prefix: str) -> str:
    """The page; ``prefix`` is where the console is mounted."""
    return _cards("Backups", state, prefix)


def render_reports(state: ReportState, prefix: str) -> str:
    """The page *Reports*."""
    return _cards("Reports", state, prefix)


def render_failover(state: FailoverState, prefix: str) -> str:
    """The page *Failover*."""
    return _cards("Failover", state, prefix)


def _cards(page: str, state: State | ReportState | FailoverState, prefix: str) -> str:
    """One of ``PAGES``, with the way to the others."""
    template = _environment().get_template(f"{page.lower()}.html")
    drawing = {"spell": spell, "shape": shape, "strip": strip, "trend": trend}
    return template.render(page=page, pages=PAGES, state=state, link=lambda key: f"{prefix}/{key}", **drawing)


def trend(played: Played) -> Markup:
    """The time without service of the last tests from left to right, below the line of what is promised.

    Where a test is far above or below the promise, the scale follows the tests: the line may be out of sight.
    """
    from markupsafe import Markup

    times = [(verdict.value, seconds) for verdict, seconds in played.outages]
    promised = played.scenario.objectives.rto.total_seconds()
    longest = max(seconds for _, seconds in times)
    top = 1.15 * (max(longest, promised) if promised < 4 * longest else longest) or 1.0
    places = [
        (verdict, 100 * (index + 0.5) / len(times), 50 - 46 * seconds / top)
        for index, (verdict, seconds) in enumerate(times)
    ]
    path = " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (_, x, y) in enumerate(places))
    dots = Markup("").join(
        Markup('<ellipse class="{}" cx="{:.1f}" cy="{:.1f}" rx="1.1" ry="3.5"/>').format(verdict, x, y)
        for verdict, x, y in places
    )
    line = Markup('<line x1="0" x2="100" y1="{0:.1f}" y2="{0:.1f}"/>').format(50 - 46 * promised / top)
    spoken = ", ".join(f"{seconds:.2f}" for _, seconds in times)
    return Markup(
        '<svg class="trend" role="img" viewBox="0 0 100 52" preserveAspectRatio="none" '
        'aria-label="Seconds without service: {}"><path d="{}"/>{}{}</svg>'
    ).format(spoken, path, line if promised <= top else "", dots)


def render_trouble(sentence: str) -> str:
    """A page that says why there is nothing to show."""
    return _environment().get_template("trouble.html").render(sentence=sentence)


def shape(verdict: str, size: int) -> Markup:
    """A disc, a square or a diamond with the verdict's glyph."""
    from markupsafe import Markup

    drawn = {
        "passed": '<circle class="passed" cx="10" cy="10" r="9"/>',
        "failed": '<rect class="failed" x="1.5" y="1.5" width="17" height="17" rx="2"/>',
        "inconclusive": '<path class="inconclusive" d="M10 0 20 10 10 20 0 10Z"/>',
    }.get(verdict, '<circle class="missing" cx="10" cy="10" r="8.5"/>')
    label = "no run yet" if verdict == "missing" else verdict
    return Markup(
        '<svg role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 20 20">'
        '{}<text x="10" y="14">{}</text></svg>'
    ).format(label, size, size, Markup(drawn), GLYPHS.get(verdict, ""))


def strip(runs: Sequence[Link]) -> Markup:
    """The last runs from left to right; red ones stand out by height as well as by colour."""
    from markupsafe import Markup

    said = [run.verdict.value for run in reversed(runs)]
    padded = ["missing"] * (RUNS_SHOWN - len(said)) + said
    marks = Markup("").join(
        Markup('<rect class="{}" x="{}" y="{}" width="5.6" height="{}" rx="1"/>').format(
            verdict, index * 7 + 0.7, *TOP_AND_HEIGHT.get(verdict, (0.5, 21))
        )
        for index, verdict in enumerate(padded)
    )
    red = sum(verdict != "passed" for verdict in said)
    return Markup(
        '<svg class="strip" role="img" viewBox="0 0 98 22" preserveAspectRatio="none" '
        'aria-label="The last {} runs, {} of them red">{}</svg>'
    ).format(len(said), red, marks)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("dataops.airflow.console"), autoescape=True, undefined=StrictUndefined
    )
