"""What earlier drills covered: the newest record that has coverage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from dataops.drill.checks import earlier
from dataops.evidence.chain import Link
from dataops.evidence.verdict import Verdict

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def link(number: int) -> Link:
    return Link(
        sequence=number,
        capability="restore_drill",
        subject="shop",
        key=f"record {number}",
        page_key="",
        sha256="",
        page_sha256="",
        previous=None,
        verdict=Verdict.PASSED,
        reason="",
        started=NOW,
        finished=NOW,
    )


def covered(monkeypatch: Any, *details: dict[str, Any]) -> Any:
    """Of records, the newest first."""
    bodies = {f"record {number}": json.dumps({"details": each}) for number, each in enumerate(details)}
    monkeypatch.setattr(earlier, "newest", lambda *of: (link(number) for number in range(len(details))))
    store: Any = SimpleNamespace(get=bodies.__getitem__)
    return earlier.earlier_coverage(store, "shop")


def test_the_newest_is_taken(monkeypatch: Any) -> None:
    assert covered(monkeypatch, {"coverage": {"at": "b"}}, {"coverage": {"at": "a"}}) == {"at": "b"}


def test_a_drill_that_broke_before_its_checks_is_passed_over(monkeypatch: Any) -> None:
    assert covered(monkeypatch, {}, {"coverage": {"at": "a"}}) == {"at": "a"}


def test_without_drills_nothing_is_covered(monkeypatch: Any) -> None:
    assert covered(monkeypatch) == {}
