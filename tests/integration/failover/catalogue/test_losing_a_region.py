"""Primary, standby and first bucket are gone: a whole round, from preflight to evidence."""

from __future__ import annotations

from dataops.evidence.verdict import Verdict

from tests.integration.failover.catalogue.repeated import MakeCell, row
from tests.integration.failover.round.rounds import figure, red, rehearse, verdicts, watched


@row()
def test_a_lost_region_comes_back_from_the_others_bucket(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(archive=True, segment_mb=1)
    cell.serve_backups()
    cell.back_up(verify=False)
    cell.prove()
    cell.write_scenario("drill", mode="region_loss", objectives={"rto": "120s", "rpo": "30s"})
    with watched(cell) as pager:
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert verdicts(outcome)["restored from the other region"] is Verdict.PASSED
    assert verdicts(outcome)["first bucket not used"] is Verdict.PASSED
    assert 0 < figure(outcome, "rto") < 120
    assert cell.primaries() == ["alpha"]
    assert cell.caught_up()
    assert pager.pages == []
