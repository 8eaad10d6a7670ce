"""Tonight's findings against those of earlier nights: new, open, came back, fixed; did the advice help?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase

from dataops.inventory.reporting import Acknowledgement
from dataops.performance import baselines
from dataops.performance.finding import Acknowledged, Finding, Severity, Status
from dataops.performance.findings import Judgement
from dataops.performance.helped import helped
from dataops.performance.night import Night
from dataops.performance.window import Window

COMPARED = frozenset({"statement-slower", "more-calls", "table-reads-more", "cache-hit-drop"})
"""Codes of rules that compare with earlier days: what stays so long enough is the usual in the end."""
FORGOTTEN = timedelta(weeks=baselines.WEEKS)
LOOK_BACK = 60
"""Nights in which an earlier appearance is looked for."""


def judged(
    judgement: Judgement,
    nights: Sequence[Night],
    acknowledgements: Sequence[Acknowledgement] = (),
    *,
    today: date,
    tonight: Window,
    earlier: Sequence[Window] = (),
    owner: str = "",
) -> tuple[Finding, ...]:
    """Tonight's findings with status, since when, and who knows of them; then those that are fixed.

    ``nights`` are earlier reports, ``earlier`` windows that tonight's is compared with, both newest first: by
    them a finding that is gone says whether that helped. A finding of the last night that is not there any
    more is fixed only where its rule could look at everything tonight; else it stays open, as it was last
    seen. An acknowledgement without a name is the ``owner``'s.
    """
    now = tonight.until
    recent = list(nights)[:LOOK_BACK]
    last = (
        {each.key: each for each in recent[0].findings if each.status is not Status.FIXED} if recent else {}
    )
    found = {each.key: each for each in judgement.findings}
    told = [_dated(each, last.get(each.key), recent, now) for each in found.values()]
    for key, before in last.items():
        if key not in found:
            unseen = before.code in judgement.blind
            told.append(_unseen(before) if unseen else _fixed(before, tonight, earlier))
    return tuple(_acknowledged(each, acknowledgements, today, owner) for each in told)


def open_since(nights: Sequence[Night]) -> Mapping[str, datetime]:
    """Since when the findings of the last night are open, by their keys; ``nights`` are newest first."""
    last = nights[0].findings if nights else ()
    return {each.key: each.since for each in last if each.since and each.status is not Status.FIXED}


def _dated(finding: Finding, last: Finding | None, nights: Sequence[Night], now: datetime) -> Finding:
    if last is not None:
        return finding.model_copy(update={"status": Status.OPEN, "since": last.since or finding.since or now})
    seen = any(each.key == finding.key for night in nights for each in night.findings)
    status = Status.CAME_BACK if seen else Status.NEW
    return finding.model_copy(update={"status": status, "since": finding.since or now})


def _unseen(before: Finding) -> Finding:
    """What could not be looked for tonight is as it was."""
    note = "It could not be looked for tonight: "
    sentence = before.sentence if before.sentence.startswith(note) else note + before.sentence
    return before.model_copy(update={"status": Status.OPEN, "sentence": sentence})


def _fixed(before: Finding, tonight: Window, earlier: Sequence[Window]) -> Finding:
    told, figures = helped(before, tonight, earlier)
    if before.code in COMPARED and before.since and tonight.until - before.since >= FORGOTTEN:
        told = f"It has been so for {baselines.WEEKS} weeks, which tonight is compared with. {told}".rstrip()
    return before.model_copy(
        update={
            "status": Status.FIXED,
            "severity": Severity.NOTICE,
            "sentence": f"Gone tonight: {before.sentence} {told}".rstrip(),
            "evidence": figures or before.evidence,
            "impact": 0.0,
            "acknowledged": None,
        }
    )


def _acknowledged(finding: Finding, known: Sequence[Acknowledgement], today: date, owner: str) -> Finding:
    for each in known:
        pattern = each.object or "*"
        if each.code == finding.code and today <= each.until and fnmatchcase(finding.object, pattern):
            said = Acknowledged(until=each.until, reason=each.reason, by=each.by or owner)
            return finding.model_copy(update={"acknowledged": said})
    return finding
