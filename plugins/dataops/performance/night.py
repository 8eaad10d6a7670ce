"""What an earlier report said, as far as tonight's needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dataops.performance.finding import Finding


@dataclass(frozen=True)
class Night:
    """An earlier report: the end of its window (UTC), what it found, and its figures by name.

    ``measurable`` are the names of the sections that it could measure: what it did not find elsewhere was
    not absent, only unseen.
    """

    until: datetime
    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    measurable: frozenset[str] = frozenset()
