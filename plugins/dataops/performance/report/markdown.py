"""The report in Markdown, short enough for a chat and a ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dataops.evidence.verdict import Verdict
from dataops.performance.finding import Finding, Status
from dataops.performance.logged_call import LoggedCall
from dataops.performance.report.coverage import NEARLY_ALL, is_blind, why_blind
from dataops.performance.report.document import Digest, Report
from dataops.performance.report.headline import is_open, is_warned, verdict_line
from dataops.performance.report.numbers import counted, instant, measured, moment, share, written
from dataops.performance.report.wording import call_of, is_sql, proof_word, short_statement, spoken

SHOWN = 10
"""Findings that are told; the rest is counted."""
LONGEST_CALL = 600
"""Characters of a call and of its parameters: a chat shows little more."""
_MARKS = {"critical": "🔴", "warning": "🟠", "notice": "⚪"}
_VERDICTS = {
    Verdict.PASSED: "✅",
    Verdict.FAILED: "❌",
    Verdict.INCONCLUSIVE: "❔",
    Verdict.NOT_APPLICABLE: "⚪",
}


def markdown(report: Report, *, link: str = "") -> str:
    """GitHub's Markdown. ``link`` leads to the whole report."""
    open_ones = [finding for finding in report.findings if is_open(finding)]
    fixed = [finding for finding in report.findings if finding.status is Status.FIXED]
    accepted = [each for each in report.findings if each.acknowledged and each.status is not Status.FIXED]
    mark = _MARKS["warning"] if is_warned(report.verdict, report.findings) else _VERDICTS[report.verdict]
    lines = [
        f"## {mark} {escaped(report.sentence)}",
        "",
        f"{report.database}, {moment(report.since)} to {moment(report.until)} UTC: "
        f"{verdict_line(report.verdict, report.findings)}."
        + (f" [The whole report]({link})" if link else ""),
        "",
        *_findings(open_ones, {call.statement: call for call in report.slowest_calls}),
        *(f"- ✔ fixed: {escaped(each.sentence)}" for each in fixed),
        *([f"- {counted(len(accepted), 'finding')} acknowledged"] if accepted else []),
        *_data(report),
        *_blind(report),
        *(["", "**Well:** " + " ".join(escaped(each) for each in report.well)] if report.well else []),
    ]
    return "\n".join(lines).rstrip() + "\n"


def markdown_of_digest(digest: Digest) -> str:
    """Two days compared, a week or a month: its sentence, and its tables as far as a chat shows them."""
    lines = [f"## {escaped(digest.title)}", "", escaped(digest.sentence), ""]
    lines += [f"- {escaped(note)}" for note in digest.notes]
    for table in digest.tables:
        lines += ["", f"### {escaped(table.title)}", ""]
        if table.missing or not table.rows:
            lines.append(f"Not measurable: {escaped(table.missing)}" if table.missing else table.says)
            continue
        lines.append("| " + " | ".join(escaped(column.name) for column in table.columns) + " |")
        lines.append("|" + "---|" * len(table.columns))
        lines += [
            "| "
            + " | ".join(
                escaped(short_statement(written(cell, column.unit), 80))
                for cell, column in zip(row, table.columns, strict=True)
            )
            + " |"
            for row in table.rows[:SHOWN]
        ]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: names are full of underscores and stars. Code stays code."""
    return "".join(f"`{_in_line(part)}`" if code else _plain(part) for code, part in spoken(text)).strip()


def _in_line(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    for character in "\\`*_{}[]<>|#":
        text = text.replace(character, f"\\{character}")
    return re.sub(r"\s+", " ", text)


def _findings(findings: Sequence[Finding], calls: Mapping[str, LoggedCall]) -> list[str]:
    if not findings:
        return ["No finding is open."]
    lines = []
    for finding in findings[:SHOWN]:
        since = f", since {moment(finding.since)}" if finding.since else f", {finding.status}"
        lines.append(
            f"- {_MARKS[finding.severity]} **{finding.severity}** {escaped(finding.sentence)} "
            f"(cause: {finding.cause}{since}; `{finding.code}`)"
        )
        lines += _called(call_of(finding, calls))
        lines += _advice(finding)
    if len(findings) > SHOWN:
        lines.append(f"- and {counted(len(findings) - SHOWN, 'more finding')}")
    return lines


def _called(call: LoggedCall | None) -> list[str]:
    """The slowest call, as it was logged, in a block of code that it cannot end itself."""
    if call is None:
        return []
    said = _cut(call.text)
    if call.parameters:  # on one line, so that no part of them is SQL where somebody copies the block
        said += f"\n-- parameters: {_in_line(_cut(call.parameters))}"
    longest = max((len(ticks) for ticks in re.findall(r"`+", said)), default=0)
    fence = "`" * max(3, longest + 1)
    return [
        f"  Slowest call, as logged: {measured(call.seconds, 'seconds')}, {instant(call.at)} UTC",
        "",
        f"  {fence}sql",
        *(f"  {line}" for line in said.splitlines()),
        f"  {fence}",
        "",
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CALL else f"{text[:LONGEST_CALL]}… (whole in report.json)"


def _advice(finding: Finding) -> list[str]:
    advice = finding.advice
    if advice is None:
        return []
    proof = advice.proof
    if proof is not None and proof.helps is False:
        return [f"  Advice withdrawn: {escaped(proof.sentence)}"]
    lines = [f"  {escaped(advice.sentence)}"]
    if advice.sql:
        lines += ["", "  ```sql", *(f"  {line}" for line in advice.sql.splitlines()), "  ```", ""]
    lines += [
        f"  {label}: {told}"
        for label, told in (("Costs", escaped(advice.cost)), ("Undo", _undo(advice.undo)))
        if told
    ]
    if proof is not None and proof.helps:
        figures = ", ".join(f"{each.name} {measured(each.value, each.unit)}" for each in proof.figures)
        told = f"  {proof_word(proof)}, by {escaped(proof.by)}: {escaped(proof.sentence)}"
        lines.append(f"{told} ({figures})" if figures else told)
    return lines


def _undo(text: str) -> str:
    """SQL on one line as code, whatever quotes it holds; words as words."""
    if not is_sql(text):
        return escaped(text)
    line = _in_line(text)
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def _data(report: Report) -> list[str]:
    red = [check for check in report.data_checks if check.verdict is not Verdict.PASSED]
    return [
        f"- {_VERDICTS[check.verdict]} data of `{check.table}`: {escaped(check.says)} "
        f"{escaped(check.explained_by)}".rstrip()
        for check in red
    ]


def _blind(report: Report) -> list[str]:
    """What nobody can tell: silence of these is no health."""
    lines = [
        f"- ❔ not measurable: {area.title}: {escaped(why_blind(area))}"
        for area in report.areas
        if is_blind(area)
    ]
    partly = [
        f"{area.title} ({share(area.covered)})"
        for area in report.areas
        if not area.missing and not is_blind(area) and area.covered < NEARLY_ALL
    ]
    if partly:
        lines.append(f"- ❔ measured over a part of the window: {', '.join(partly)}")
    unseen = list(dict.fromkeys(each.title for each in report.unseen))
    if unseen:
        rest = f" and {len(unseen) - SHOWN} more" if len(unseen) > SHOWN else ""
        lines.append(
            f"- ❔ {counted(len(unseen), 'rule')} could not look, or only in part: "
            f"{escaped(', '.join(unseen[:SHOWN]))}{rest}"
        )
    return lines
