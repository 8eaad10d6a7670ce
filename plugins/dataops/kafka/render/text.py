"""A plan for a terminal: calm, one colour a meaning, and readable without any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dataops.kafka.changes import Change, Finding, Part, Plan, Refusal, Risk
from dataops.kafka.render.wording import (
    ADDED,
    REMOVED,
    by_resource,
    configs,
    gated_title,
    line,
    origin,
    sign,
    stake_line,
    summary,
)

SHOWN = 40
"""So many safe resources are shown; what must be approved or is refused is shown whole."""

_CODES = {"green": "32", "yellow": "33", "red": "31", "dim": "2", "bold": "1"}
_OF_RISK = {Risk.SAFE: "dim", Risk.DISRUPTIVE: "yellow", Risk.DESTRUCTIVE: "red"}


class _Pen:
    def __init__(self, *, coloured: bool) -> None:
        self.coloured = coloured

    def __call__(self, colour: str, text: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.coloured and text else text


def text(plan: Plan, *, coloured: bool = False, whole: bool = False, now: datetime | None = None) -> str:
    """The plan in lines. ``whole`` shows every safe change, ``now`` adds how long ago moments are."""
    pen = _Pen(coloured=coloured)
    lines = [f"Plan for {pen('bold', origin(plan))}", summary(plan)]
    most = None if whole else SHOWN
    lines += _part(pen, "Safe, applied without waiting", plan.safe, most, now)
    lines += _part(pen, gated_title(plan), plan.gated, None, now)
    lines += _refusals(pen, plan.refusals, now)
    lines += _findings(pen, plan.findings)
    return "\n".join(lines) + "\n"


def _part(pen: _Pen, title: str, part: Part, most: int | None, now: datetime | None) -> Iterator[str]:
    if not part.changes:
        return
    yield ""
    yield f"{pen('bold', title)} {pen('dim', f'[plan {part.hash[:12]}]')}"
    groups = by_resource(part.changes)
    for resource, changes in groups[:most]:
        yield from _group(pen, resource, changes, now)
    if most is not None and len(groups) > most:
        yield pen("dim", f"  … and {len(groups) - most:,} more")


def _group(pen: _Pen, resource: str, changes: Sequence[Change], now: datetime | None) -> Iterator[str]:
    signs = {sign(change) for change in changes}
    mark = signs.pop() if len(signs) == 1 else "~"
    colour = {ADDED: "green", REMOVED: "red"}.get(mark, "yellow")
    yield f"  {pen(colour, mark)} {pen('bold', resource)}  {pen('dim', changes[0].source)}"
    for change in changes:
        risk = "" if change.risk is Risk.SAFE else f"  {pen(_OF_RISK[change.risk], change.risk)}"
        yield f"      {line(change)}{risk}"
        yield from (f"      {each}" for each in configs(change))
        if change.risk is not Risk.SAFE:
            yield f"        {change.reason}"
            yield f"        {pen('dim', f'undo: {change.undo}')}"
        if change.acknowledged:
            yield f"        {pen('dim', f'acknowledged in the file: {change.acknowledged}')}"
    at_stake = stake_line(changes[0].stake, now)
    if at_stake and any(change.risk is not Risk.SAFE for change in changes):
        yield f"      {pen('dim', f'at stake: {at_stake}')}"


def _refusals(pen: _Pen, refusals: Sequence[Refusal], now: datetime | None) -> Iterator[str]:
    if not refusals:
        return
    yield ""
    yield pen("bold", "Refused: nothing of these is changed")
    for each in refusals:
        yield f"  {pen('red', 'x')} {pen('bold', each.resource)} {each.field}  {pen('dim', each.source)}"
        yield f"      {each.reason}"
        at_stake = stake_line(each.stake, now)
        if at_stake:
            yield f"      {pen('dim', f'at stake: {at_stake}')}"
        yield f"      {each.advice}"


def _findings(pen: _Pen, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield pen("bold", "Noticed")
    for each in findings:
        yield f"  {pen('yellow', each.cause)}: {each.resource}  {pen('dim', each.source)}"
        yield f"      {each.message} {each.advice}"
