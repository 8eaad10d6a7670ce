"""Budgeted mode: relations take turns, and one that is never seen makes the check of coverage red."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from dataops.drill.checks import coverage
from dataops.drill.checks.coverage import Rotation
from dataops.drill.checks.finding import passed
from dataops.drill.checks.parts import of_part
from dataops.drill.checks.registry import Item, Registered
from dataops.drill.checks.rows import RowCheck
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import Drill

KEYS = Registered(
    "keys", "database", ("logical",), "none", items=lambda look: [], look_at_item=lambda look, i: []
)
TABLES = [Item(f"t{number}", f"t{number}", size=number) for number in range(10)]


def rotation(earlier: Any = None, *, within: int = 4, budget: float = 600, trouble: str = "") -> Rotation:
    settings = Drill(
        mode="budgeted", covered_within=within, time_budget=timedelta(seconds=budget), point="latest"
    )
    server: Any = SimpleNamespace(settings=settings, databases=())
    told = json.loads(json.dumps(earlier)) if earlier else {}
    return Rotation(server, budgeted=True, earlier=told, trouble=trouble)


def night(earlier: Any, tables: list[Item], room: int, **options: Any) -> tuple[Any, list[str], Check]:
    """One drill that sees so many relations; its coverage, what it saw, and the check."""
    turn = rotation(earlier, **options)
    look: Any = SimpleNamespace(dbname="shop")
    rows = RowCheck(KEYS, tables, look, turn)
    for item in rows.to_do[:room]:
        rows.look_at(look, item)
    for item in rows.to_do[room:]:
        rows.skip(item)
    (check,) = turn.checks()
    assert rows.finished
    seen = [f"{item.name}/{item.part[0]}" for item in rows.to_do[:room]]
    return {"turns": turn.turns}, seen, check


def test_all_relations_are_seen_within_the_stated_number_of_drills() -> None:
    earlier, seen = None, set()
    for _ in range(4):
        earlier, now, check = night(earlier, TABLES, room=3)
        assert check.verdict is Verdict.PASSED, check
        seen.update(now)
    assert len(seen) == 10


def test_too_small_a_budget_is_told() -> None:
    earlier, check = None, Check(name="", verdict=Verdict.PASSED)
    for _ in range(4):
        earlier, _, check = night(earlier, TABLES, room=2)
    assert check.verdict is Verdict.FAILED
    assert "raise time_budget or covered_within" in check.reason


def test_a_new_relation_comes_first() -> None:
    earlier, _, _ = night(None, TABLES, room=10)
    _, seen, _ = night(earlier, [*TABLES, Item("new", "new")], room=1)
    assert seen == ["new/0"]


def test_a_relation_that_is_called_otherwise_does_not_begin_anew() -> None:
    """Or a name that changes every night would hide for ever."""
    earlier: Any = None
    for number in range(4):
        earlier, _, check = night(earlier, [Item(f"name{number}", "")], room=0)
    assert check.verdict is Verdict.FAILED


def test_a_large_relation_is_seen_in_parts() -> None:
    divisible = Registered(**{**vars(KEYS), "divisible": True})
    turn = rotation(budget=4)
    large = Item("large", "large", size=int(coverage.BYTES_PER_SECOND * 3))
    look: Any = SimpleNamespace(dbname="shop")
    parts = RowCheck(divisible, [large], look, turn).to_do
    assert sorted(item.part for item in parts) == [(0, 3), (1, 3), (2, 3)]


def test_parts_cover_every_page_once() -> None:
    conditions = [of_part(Item("t", "t", size=100 * 8192, part=(number, 3)), "t") for number in range(3)]
    assert "'(0,0)'" in conditions[0] and "'(33,0)'" in conditions[0]
    assert "'(33,0)'" in conditions[1] and "'(66,0)'" in conditions[1]
    assert "'(66,0)'" in conditions[2] and "<" not in conditions[2]
    assert not of_part(Item("t", "t"), "t")


def test_a_spent_budget_leaves_the_rest_for_the_next_drill() -> None:
    turn = rotation(budget=60)
    turn._started = -1e9
    look: Any = SimpleNamespace(dbname="shop")
    rows = RowCheck(KEYS, TABLES[:2], look, turn)
    for item in rows.to_do:
        rows.look_at(look, item)
    (finding,) = rows.findings()
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "not this time" in finding.reason


def test_coverage_that_cannot_be_known_is_inconclusive() -> None:
    turn = rotation(trouble="the store does not answer")
    (check,) = turn.checks()
    assert check.verdict is Verdict.INCONCLUSIVE


def test_full_mode_needs_no_turns() -> None:
    server: Any = SimpleNamespace(settings=Drill(), databases=())
    turn = Rotation(server, budgeted=False)
    assert turn.checks() == ()
    assert not turn.spent
    assert passed().verdict is Verdict.PASSED


@pytest.mark.parametrize("seen", [True, False])
def test_an_item_is_answered_for_once(seen: bool) -> None:
    server: Any = SimpleNamespace(settings=Drill(), databases=())
    look: Any = SimpleNamespace(dbname="shop")
    rows = RowCheck(KEYS, TABLES[:1], look, Rotation(server, budgeted=False))
    if seen:
        rows.look_at(look, TABLES[0])
    rows.could_not(TABLES[0], "too late")
    (finding,) = rows.findings()
    assert finding.verdict is (Verdict.PASSED if seen else Verdict.INCONCLUSIVE)
