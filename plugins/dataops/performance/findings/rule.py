"""A rule: a stable code, the sections that it needs, and the function that judges a night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dataops.performance.finding import Finding
from dataops.performance.findings.view import View
from dataops.performance.window import SectionName


@dataclass(frozen=True)
class Gap:
    """A rule that could not look, or not at everything, and why: what it did not find is not healthy.

    ``broke``: by a fault of the rule itself, which nobody could declare.
    """

    code: str
    title: str
    reason: str
    broke: bool = False


Judge = Callable[[View], Iterator[Finding | str]]
"""Yields findings, and sentences that say what could not be judged. May raise ``Unmeasurable``."""


@dataclass(frozen=True)
class Rule:
    """One code. ``title`` says in a few words what is wrong where it is found; ``needs`` what it reads."""

    code: str
    title: str
    needs: tuple[SectionName, ...]
    judge: Judge

    @property
    def page(self) -> str:
        """Its page in the repository."""
        return f"docs/findings/{self.code}.md"
