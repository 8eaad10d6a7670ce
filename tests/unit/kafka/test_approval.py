"""What a person is shown before answering: the worst case first."""

from __future__ import annotations

from dataclasses import replace

from dataops.kafka import approval
from dataops.kafka.changes import Change, DeleteTopic, Part, Plan, Risk, SetConfig
from dataops.kafka.observed import Stake

PLAN = Plan("main", "id", "prod", "", "f" * 64)
DELETION = Change(
    DeleteTopic("flights.old", "id-old"),
    Risk.DESTRUCTIVE,
    "All of it goes.",
    "irreversible",
    stake=Stake(messages=1200, written=1200, bytes=5_000_000, groups=()),
)
SLOWER = Change(
    SetConfig("flights.delays", "id", "min.insync.replicas", "1", "2"),
    Risk.DISRUPTIVE,
    "Writes.",
    "Set it back.",
)


def test_the_worst_case_comes_first_and_names_what_would_be_lost() -> None:
    shown = approval.request(replace(PLAN, gated=Part((DELETION, SLOWER), "a" * 64)), link="http://x/dags/y")
    first = shown.splitlines()[0]
    assert first.startswith("**Worst case: data is lost for good: topic flights.old")
    assert "1,200" in first
    assert "`aaaaaaaaaaaa`" in shown
    assert "http://x/dags/y" in shown
    assert "flights.delays" in shown


def test_without_a_destructive_change_no_data_is_at_risk() -> None:
    assert "No data is lost" in approval.worst_case(replace(PLAN, gated=Part((SLOWER,), "a" * 64)))
