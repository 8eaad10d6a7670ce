"""All rules over one night: what they found, and what they could not see."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dataops.inventory.reporting import Thresholds
from dataops.performance.finding import Finding, Severity
from dataops.performance.findings.registry import RULES
from dataops.performance.findings.rule import Gap, Rule
from dataops.performance.findings.view import Unmeasurable, View
from dataops.performance.window import Window

log = logging.getLogger(__name__)

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}


@dataclass(frozen=True)
class Judgement:
    """What a night's rules say together. ``looked`` are the codes that could look at everything."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def blind(self) -> frozenset[str]:
        """Codes of rules that could not look, or not at everything."""
        return frozenset(gap.code for gap in self.gaps)


def judge(
    window: Window,
    baselines: Sequence[Window] = (),
    thresholds: Thresholds | None = None,
    open_since: Mapping[str, datetime] | None = None,
) -> Judgement:
    """The findings of a window, the worst and most expensive first, and the gaps of every rule.

    ``baselines`` are earlier windows, newest first; ``open_since`` says since when findings of the last night
    are open, by their keys. A rule that breaks becomes a gap, never silence.
    """
    view = View(window, tuple(baselines), thresholds or Thresholds(), open_since or {})
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for rule in RULES:
        found, unseen = _asked(rule, view)
        findings += found
        gaps += unseen
    return Judgement(tuple(sorted(findings, key=_order)), tuple(gaps))


def find(
    window: Window, baselines: Sequence[Window] = (), thresholds: Thresholds | None = None
) -> tuple[Finding, ...]:
    """The findings alone."""
    return judge(window, baselines, thresholds).findings


def _asked(rule: Rule, view: View) -> tuple[list[Finding], list[Gap]]:
    found: list[Finding] = []
    broke = ""
    reasons = [
        f"Only {view.window.section(name).quality.covered:.0%} of the window was seen of {name}."
        for name in rule.needs
        if view.window.section(name).quality.measurable and not view.window.section(name).quality.well_covered
    ]
    try:
        for each in rule.judge(view):
            if isinstance(each, Finding):
                found.append(each)
            else:
                reasons.append(each)
    except Unmeasurable as reason:
        reasons.append(str(reason))
    except Exception as error:
        log.exception("The rule %s broke", rule.code)
        broke = f"The rule broke: {type(error).__name__}. The log has the details."
    gaps = [Gap(rule.code, rule.title, reason) for reason in dict.fromkeys(reasons)]
    return found, [*gaps, *([Gap(rule.code, rule.title, broke, broke=True)] if broke else [])]


def _order(finding: Finding) -> tuple[float | str, ...]:
    return (_RANK[finding.severity], -finding.impact, finding.code, finding.object)
