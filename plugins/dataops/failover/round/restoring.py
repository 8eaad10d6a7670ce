"""A region is lost: the database comes back from the other one, and is held against the canary's ledger."""

from __future__ import annotations

import time

from dataops.failover.canary.ledger import Ledger
from dataops.failover.round.breaking import break_it
from dataops.failover.round.clients import served_again
from dataops.failover.round.leg import Leg
from dataops.failover.round.stage import Stage
from dataops.failover.undoing import undo_all


def restore(stage: Stage, leg: Leg) -> None:
    """Every node is gone; a restore that knows nothing of the first bucket brings the database back.

    Then the nodes are started again: the disaster was a test, and they are what they were.
    """
    from dataops.failover.region.recovering import recover

    findings = stage.findings
    stage.serving = stage.plan.primary

    def ledger() -> Ledger:
        assert leg.canary is not None
        return leg.canary.ledger()

    with findings.part("break"):
        break_it(stage, leg)
    assert leg.marks.fault is not None
    with findings.part("restore"):
        recovery = recover(
            stage.job,
            run=leg.run,
            load=stage.scenario.load,
            ledger=ledger,
            fault=leg.marks.fault,
            folder=stage.folder,
            say=findings.say,
        )
        findings.add(*recovery.checks)
        for each in recovery.figures:
            findings.measure(_NAMES.get(each.name, each.name), each.value, each.unit)
        findings.data["backup_id"] = recovery.backup_id
    with findings.part("heal"):
        findings.add(*undo_all(stage.driver, stage.journal.round.undo, findings.say))
        stage.journal.note(undo=())
        served_again(stage, leg, since=time.monotonic())


_NAMES = {"rpo rows": "rows lost", "rpo bytes": "WAL lost"}
