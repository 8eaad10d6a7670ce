"""A primary is killed under load: a standby serves, nothing acknowledged is lost unseen, roles go back."""

from __future__ import annotations

from collections.abc import Callable

from dataops.evidence.verdict import Verdict

from tests.integration.failover.cell import Cell
from tests.integration.failover.round.rounds import figure, red, rehearse, verdicts, watched


def test_a_killed_primary_is_followed_by_its_standby_and_comes_back(make_cell: Callable[..., Cell]) -> None:
    cell = make_cell(synchronous=True)
    cell.write_scenario("crash")

    with watched(cell) as pager:
        outcome = rehearse(cell)

    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert cell.primary == "alpha"
    assert figure(outcome, "rows lost") == 0
    assert verdicts(outcome)["old primary rejoined"] is Verdict.PASSED
    assert verdicts(outcome)["one line of history (failback)"] is Verdict.PASSED
    assert [picture.title for picture in outcome.record.pictures]
    assert pager.titles == []
    assert cell.execute("alpha", "SELECT count(*) FROM pg_tables WHERE schemaname = 'dataops_canary'") == [
        (0,)
    ]
