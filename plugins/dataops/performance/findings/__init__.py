"""From windows to findings: what is wrong, why, and what to do. Pure functions over frozen values."""

from dataops.performance.findings.judging import Judgement, find, judge
from dataops.performance.findings.registry import RULES, rule
from dataops.performance.findings.rule import Gap, Rule
from dataops.performance.findings.view import View

__all__ = ["RULES", "Gap", "Judgement", "Rule", "View", "find", "judge", "rule"]
