"""The harness itself is broken, one thing at a time: no such round may ever pass."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.driver import Rejoined
from dataops.failover.round import proving

from tests.integration.failover.bent import bent, claimed
from tests.integration.failover.catalogue.repeated import row
from tests.integration.failover.cell import Cell
from tests.integration.failover.round.rounds import check_of, red, rehearse, verdicts, watched


def crash(cell: Cell, **actions: Any) -> Any:
    """A crash with this driver; the way back would only take time."""
    cell.write_scenario("drill", mode="crash", failback=False, objectives={"rpo": "5s"})
    with watched(cell):
        return rehearse(cell, "drill", build=bent(**actions))


@row(light=True)
def test_a_fault_that_does_nothing_proves_nothing(cell: Cell, attempt: int) -> None:
    outcome = crash(cell, inject=lambda real, fault, node: None)
    assert verdicts(outcome)["fault took effect"] is Verdict.INCONCLUSIVE
    assert outcome.record.verdict is Verdict.INCONCLUSIVE
    assert cell.primaries() == ["alpha"]
    assert cell.execute("alpha", "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)") == [("00000001",)]


@row()
def test_an_acknowledged_row_that_is_deleted_is_missed(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", mode="crash", failback=False)
    deleted: list[int] = []

    def route(real: Any, node: str) -> None:
        gone = "DELETE FROM dataops_canary.writes WHERE n = 20 AND session = 1 RETURNING id"
        deleted.extend(row[0] for row in cell.execute(node, gone))
        real.route(node)

    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(route=route))
    (missed,) = deleted
    found = check_of(outcome, "no acknowledged write lost")
    assert found.verdict is Verdict.FAILED
    assert missed in found.observed["ids"]  # type: ignore[operator, index, call-overload]
    assert outcome.record.verdict is Verdict.FAILED


@row()
def test_promoting_while_the_primary_lives_is_seen_as_a_split_brain(cell: Cell, attempt: int) -> None:
    outcome = crash(
        cell,
        inject=lambda real, fault, node: None,
        effect=lambda real, fault, node: claimed("fault took effect"),
        dead=lambda real, node: True,
        fence=lambda real, node: claimed("fenced"),
    )
    found = check_of(outcome, "one writable primary")
    assert found.verdict is Verdict.FAILED
    assert "Split brain" in found.reason
    assert outcome.record.verdict is Verdict.FAILED


@row()
def test_a_ledger_that_was_edited_is_not_believed(cell: Cell, attempt: int) -> None:
    def route(real: Any, node: str) -> None:
        ledgers = Path(tempfile.gettempdir()).glob("dataops-failover-*/*/writer-1.ledger")
        ledger = max(ledgers, key=lambda path: path.stat().st_mtime)
        before = ledger.read_bytes()
        place = before.index(b"acknowledged", len(before) // 2)
        with ledger.open("r+b") as file:
            file.seek(place)
            file.write(b"failed      ")
        real.route(node)

    outcome = crash(cell, route=route)
    assert outcome.record.verdict in {Verdict.INCONCLUSIVE, Verdict.FAILED}
    assert "ledger" in str([check.reason for check in outcome.record.checks if check.name in red(outcome)])


@row()
def test_a_rejoin_that_only_says_so_is_found_out(
    cell: Cell, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "CATCH_UP", 10.0)
    outcome = crash(cell, rejoin=lambda real, node, upstream, rebuild=False: Rejoined("rewind", 0.1))
    assert verdicts(outcome)["old primary rejoined"] in {Verdict.FAILED, Verdict.INCONCLUSIVE}
    assert outcome.record.verdict is not Verdict.PASSED
    assert cell.primaries() == ["beta"]


@row()
def test_a_fence_that_cannot_be_proven_promotes_nobody(cell: Cell, attempt: int) -> None:
    outcome = crash(
        cell,
        fence=lambda real, node: claimed("fenced").model_copy(
            update={"verdict": Verdict.INCONCLUSIVE, "reason": "its machine does not answer"}
        ),
    )
    assert verdicts(outcome)["old primary fenced"] is Verdict.INCONCLUSIVE
    assert outcome.record.verdict is not Verdict.PASSED
