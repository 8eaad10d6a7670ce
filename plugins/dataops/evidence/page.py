"""The page that people read: one static file, without scripts, images or fonts from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.evidence.record import Record
from dataops.evidence.units import duration, human
from dataops.evidence.verdict import Check, Part, Verdict, overall

if TYPE_CHECKING:
    from jinja2 import Template

_LONGEST = 1500
"""Characters of a value that the page shows; the rest is in evidence.json."""
_WORST_FIRST = (Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED, Verdict.NOT_APPLICABLE)
_RED = {Verdict.FAILED, Verdict.INCONCLUSIVE}
_TITLES = {
    "backup": "Backup of",
    "backup_watch": "Watch over backups in",
    "sweep": "Sweep of",
    "restore_drill": "Restore drill of",
    "rehearsal": "Rehearsal in",
}
_GUIDES = {
    "backup": "docs/operations.md says what each red step means.",
    "backup_watch": "docs/operations.md says what each red check means.",
    "sweep": "docs/operations.md says what each red check means.",
    "restore_drill": "docs/drills.md says what each red check means.",
    "rehearsal": "docs/drills.md says what a fault that nobody noticed means.",
    "performance_report": "docs/reports.md says what turns a report red.",
}
"""What to do about a red run that names no runbook of its own: one that Airflow did not start."""
_OBJECTIVES = {
    "rto": ("Recovery time (RTO)", "Service is promised back within", "restore drills do"),
    "rpo": ("Recovery point (RPO)", "The promise is to lose no more than the last", "the watch does"),
}


@dataclass(frozen=True)
class Bar:
    """One step of the timeline: where it begins and how long it is, in percent of the run."""

    name: str
    verdict: Verdict
    left: float
    width: float
    label: str


@dataclass(frozen=True)
class Group:
    """A check with the parts that it consists of: those that are red, and the others, each in its order."""

    check: Check
    red: tuple[Part, ...]
    others: tuple[Part, ...]
    tally: str


@dataclass(frozen=True)
class Promise:
    """An objective, and what this run measured of it, where it did; widths in percent of the bar."""

    name: str
    meaning: str
    tested_by: str
    promised: str
    measured: str
    kept: bool | None
    promised_width: float
    measured_width: float


def render(record: Record) -> str:
    """The record as HTML that stands alone: offline, printable, light and dark, readable without colour."""
    return _template().render(
        record=record,
        title=f"{_TITLES.get(record.capability, record.capability.replace('_', ' ').capitalize() + ' of')}"
        f" {record.subject}",
        took=duration((record.finished - record.started).total_seconds()),
        promises=promises(record),
        bars=timeline(record),
        checks=sorted(record.checks, key=lambda check: _WORST_FIRST.index(check.verdict)),
        tally=tally(record.checks),
        groups=groups(record.checks),
        is_red=record.verdict in _RED,
        what_to_do=record.runbook or _GUIDES.get(record.capability, ""),
        lineage={
            name.replace("_", " "): value for name, value in record.lineage.model_dump().items() if value
        },
        agrees=not record.checks or overall(record.checks) is record.verdict,
    )


def timeline(record: Record) -> list[Bar]:
    """The steps on the run's own time axis; even the shortest can be seen."""
    total = (record.finished - record.started).total_seconds() or 1.0
    bars = []
    for step in record.steps:
        seconds = (step.finished - step.started).total_seconds()
        left = min(max((step.started - record.started).total_seconds() / total * 100, 0.0), 99.0)
        width = min(max(seconds / total * 100, 0.6), 100.0 - left)
        bars.append(Bar(step.name, step.verdict, round(left, 2), round(width, 2), duration(seconds)))
    return bars


def promises(record: Record) -> list[Promise]:
    """Objectives against the run's figures of the same name, in seconds."""
    measured = {figure.name.lower(): figure.value for figure in record.figures if figure.unit == "seconds"}
    found = []
    for name, promised in (("rto", record.objectives.rto_seconds), ("rpo", record.objectives.rpo_seconds)):
        if promised is None:
            continue
        value = measured.get(name)
        longest = max(promised, value or 0.0) or 1.0
        title, meaning, tested_by = _OBJECTIVES[name]
        found.append(
            Promise(
                name=title,
                meaning=meaning,
                tested_by=tested_by,
                promised=duration(promised),
                measured="" if value is None else duration(value),
                kept=None if value is None else value <= promised,
                promised_width=round(promised / longest * 100, 2),
                measured_width=round((value or 0.0) / longest * 100, 2),
            )
        )
    return found


def groups(checks: Sequence[Check]) -> list[Group]:
    """The checks that have parts, the red ones first."""
    found = []
    for check in sorted(checks, key=lambda check: _WORST_FIRST.index(check.verdict)):
        if check.parts:
            red = [part for part in check.parts if part.verdict in _RED]
            red.sort(key=lambda part: _WORST_FIRST.index(part.verdict))
            others = [part for part in check.parts if part.verdict not in _RED]
            found.append(Group(check, tuple(red), tuple(others), tally(check.parts)))
    return found


def tally(checks: Sequence[Check | Part]) -> str:
    """Such as ``7 passed, 1 failed``."""
    counts = {verdict: sum(check.verdict is verdict for check in checks) for verdict in _WORST_FIRST}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def shown(value: JsonValue) -> str:
    """A JSON value as a reader wants it: words bare, a list of words by line, the rest as JSON."""
    if value is None or value in ([], {}, ""):
        return "-" if value is None else "none"
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        text = "\n".join(str(item) for item in value)
    else:
        text = json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, dict) else None)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … (all of it in evidence.json)"


def nested(value: JsonValue) -> bool:
    """Whether a value is for programs: the page folds it."""
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
    )


def abbreviated(name: str) -> str:
    """``RTO`` and ``RPO`` as everybody writes them; any other name as it is."""
    return name.upper() if name in _OBJECTIVES else name


def moment(at: datetime) -> str:
    """Such as ``2026-11-23 14:15:00 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    here = files(__package__)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "shown": shown,
        "moment": moment,
        "duration": duration,
        "abbreviated": abbreviated,
    }
    environment.tests["nested"] = nested
    environment.globals |= {"human": human, "css": (here / "page.css").read_text(encoding="utf-8")}
    return environment.from_string((here / "page.html").read_text(encoding="utf-8"))
