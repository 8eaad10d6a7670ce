"""The primary goes: in order, at once, frozen, cut off, or with its disk full. Its standby serves."""

from __future__ import annotations

from dataops.evidence.verdict import Verdict

from tests.integration.failover.catalogue.repeated import MakeCell, row
from tests.integration.failover.cell import Cell
from tests.integration.failover.round.rounds import check_of, figure, red, rehearse, verdicts, watched


def plays(cell: Cell, **scenario: object) -> None:
    """The whole round passes, and roles are as they were before it."""
    cell.write_scenario("drill", **scenario)
    with watched(cell) as pager:
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert cell.primaries() == ["alpha"]
    assert pager.pages == []


@row()
def test_a_planned_switchover_loses_nothing(cell: Cell, attempt: int) -> None:
    cell.write_scenario("drill", mode="switchover")
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert red(outcome) == []
    assert figure(outcome, "rows lost") == 0
    assert verdicts(outcome)["old primary rejoined"] is Verdict.PASSED


@row()
def test_a_killed_asynchronous_primary_loses_no_more_than_was_promised(cell: Cell, attempt: int) -> None:
    plays(cell, mode="crash", objectives={"rpo": "5s", "rto": "30s"})


@row()
def test_a_killed_synchronous_primary_loses_nothing(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(synchronous=True)
    cell.write_scenario("drill", mode="crash")
    with watched(cell):
        outcome = rehearse(cell, "drill")
    assert figure(outcome, "rows lost") == 0
    assert verdicts(outcome)["no acknowledged write lost"] is Verdict.PASSED
    assert red(outcome) == []


@row()
def test_a_frozen_primary_is_fenced_before_its_standby_is_promoted(cell: Cell, attempt: int) -> None:
    plays(cell, mode="crash", fault="hang", objectives={"rpo": "5s"})


@row()
def test_a_frozen_postmaster_whose_sessions_go_on_is_fenced_too(cell: Cell, attempt: int) -> None:
    plays(cell, mode="crash", fault="hang_postmaster", objectives={"rpo": "5s"})


@row()
def test_a_primary_that_nobody_reaches_is_fenced(cell: Cell, attempt: int) -> None:
    plays(cell, mode="partition", objectives={"rpo": "5s"})


@row()
def test_a_primary_whose_wal_disk_is_full_is_failed_over(make_cell: MakeCell, attempt: int) -> None:
    cell = make_cell(
        wal_disk_mb=64,
        segment_mb=1,
        settings={"min_wal_size": "4MB", "max_wal_size": "16MB", "wal_keep_size": "0"},
        server={"failover": {"lag": "8MB"}},
    )
    plays(cell, mode="crash", fault="wal_disk_full", objectives={"rpo": "5s"})


@row()
def test_it_fails_back_and_fails_over_a_second_time(cell: Cell, attempt: int) -> None:
    for _ in range(2):
        plays(cell, mode="crash", objectives={"rpo": "5s"})
    # Two promotions a round: there and back.
    timeline = cell.execute("alpha", "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")[0][0]
    assert int(timeline, 16) == 5
    assert cell.caught_up()
    rows = "SELECT count(*), sum(hashtext(orders::text)) FROM orders"
    assert cell.execute("alpha", rows) == cell.execute("beta", rows)


@row()
def test_the_old_primary_started_again_behind_our_back_stays_fenced(cell: Cell, attempt: int) -> None:
    from tests.integration.failover.bent import bent

    cell.write_scenario("drill", mode="crash", objectives={"rpo": "5s"})

    def promote(real: object, node: str) -> None:
        real.promote(node)  # type: ignore[attr-defined]
        cell.start("alpha")  # as its machine's boot would

    with watched(cell):
        outcome = rehearse(cell, "drill", build=bent(promote=promote))
    assert verdicts(outcome)["one writable primary"] is Verdict.PASSED
    assert "read only" in str(check_of(outcome, "one writable primary").parts)
    assert red(outcome) == []
