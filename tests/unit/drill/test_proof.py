"""What a drill says of its backup, which may be another thing than whether the drill was green."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dataops.drill.proof import PREPARE, STORE, verdict_of
from dataops.evidence.record import Record
from dataops.evidence.recording import record_of_steps
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PASSED, FAILED, UNKNOWN = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE


def drill(prepared: dict[str, Verdict], drilled: dict[str, Verdict]) -> Record:
    reports = [
        StepReport(
            step=step,
            started=NOW,
            finished=NOW,
            checks=tuple(Check(name=name, verdict=verdict, reason="so") for name, verdict in checks.items()),
        )
        for step, checks in ((PREPARE, prepared), ("drill", drilled))
    ]
    return record_of_steps("restore_drill", "orders", reports, environment="test")


@pytest.mark.parametrize(
    ("prepared", "drilled", "expected"),
    [
        ({STORE: PASSED}, {"row counts": PASSED}, PASSED),
        ({STORE: PASSED}, {"row counts": FAILED}, FAILED),
        ({STORE: PASSED}, {"row counts": UNKNOWN}, UNKNOWN),
        ({"disk": FAILED}, {"drill": UNKNOWN}, UNKNOWN),
        ({STORE: UNKNOWN}, {"drill": UNKNOWN}, UNKNOWN),
        ({STORE: FAILED}, {"drill": UNKNOWN}, FAILED),
        ({"keys": FAILED, STORE: FAILED}, {"drill": UNKNOWN}, FAILED),
    ],
    ids=str,
)
def test_a_backup_whose_objects_are_gone_is_not_one_that_nobody_looked_at(
    prepared: dict[str, Verdict], drilled: dict[str, Verdict], expected: Verdict
) -> None:
    assert verdict_of(drill(prepared, drilled)) is expected
