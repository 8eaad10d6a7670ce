"""A plan as the comment of a pull request: what a reviewer must see first, the rest folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dataops.kafka.changes import Change, Finding, Part, Plan, Refusal, Risk
from dataops.kafka.render.wording import (
    by_resource,
    configs,
    gated_title,
    line,
    origin,
    sign,
    stake_line,
    summary,
)

LONGEST = 60_000
"""Characters: GitHub refuses a comment above 65,536."""


def markdown(plan: Plan, *, now: datetime | None = None) -> str:
    """The plan in GitHub's Markdown, short enough for one comment."""
    lines = [f"### Kafka plan for {_plain(origin(plan))}", "", summary(plan)]
    lines += _refusals(plan.refusals, now)
    lines += _gated(gated_title(plan), plan.gated, now)
    lines += _findings(plan.findings)
    lines += _safe(plan.safe)
    return _shortened(lines)


def _refusals(refusals: Sequence[Refusal], now: datetime | None) -> Iterator[str]:
    if not refusals:
        return
    yield from ("", "#### Refused", "")
    for each in refusals:
        yield f"- **{_plain(each.resource)}** {_code(each.field)} ({_code(each.source)})"
        yield f"  {_plain(each.reason)}"
        at_stake = stake_line(each.stake, now)
        if at_stake:
            yield f"  At stake: {_plain(at_stake)}."
        yield f"  {each.advice}"


def _gated(title: str, part: Part, now: datetime | None) -> Iterator[str]:
    if not part.changes:
        return
    yield from ("", f"#### {title} ({_code(part.hash[:12])})", "")
    yield "| what | change | risk | why | at stake | undo |"
    yield "|---|---|---|---|---|---|"
    for change in part.changes:
        risk = f"**{change.risk}**" if change.risk is Risk.DESTRUCTIVE else str(change.risk)
        cells = [
            _plain(change.resource),
            _code(line(change)),
            risk,
            _plain(change.reason),
            _plain(stake_line(change.stake, now)),
            _plain(change.undo),
        ]
        yield f"| {' | '.join(_cell(each) for each in cells)} |"


def _safe(part: Part) -> Iterator[str]:
    if not part.changes:
        return
    count = len(part.changes)
    yield from ("", f"<details><summary>{count:,} safe change{'s' * (count > 1)}</summary>", "")
    yield from ("```diff", *(each for group in by_resource(part.changes) for each in _diff(*group)), "```")
    yield from ("", "</details>")


def _diff(resource: str, changes: Sequence[Change]) -> Iterator[str]:
    marks = {"~": "!"}
    for change in changes:
        yield f"{marks.get(sign(change), sign(change))} {resource}: {line(change)}"
        for each in configs(change):
            yield f"{marks.get(sign(change), sign(change))}   {each}"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield from ("", "#### Noticed", "")
    for each in findings:
        yield f"- {each.cause}: **{_plain(each.resource)}**. {_plain(each.message)} {_plain(each.advice)}"


def _shortened(lines: Sequence[str]) -> str:
    text = "\n".join(lines) + "\n"
    if len(text) <= LONGEST:
        return text
    kept, size = [], 0
    for each in lines:
        size += len(each) + 1
        if size > LONGEST:
            break
        kept.append(each)
    # What is open is closed, or GitHub would show the note as part of it.
    closing = ["```", "", "</details>"] if kept.count("```diff") > kept.count("```") else []
    note = f"{len(lines) - len(kept):,} more lines are left out: `dataops kafka plan` shows them."
    return "\n".join([*kept, *closing, "", note]) + "\n"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`" if text else ""


def _plain(text: str) -> str:
    """Names hold _ and *, which Markdown would read as emphasis."""
    return text.replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
